import { CONTAINER } from './container.ts';
import type { Convention } from './convention.ts';
import { DOTNET } from './dotnet.ts';
import { GO } from './go.ts';
import { JAVA } from './java.ts';
import { LSB } from './lsb.ts';
import { NODEJS } from './nodejs.ts';
import { CPP, PERL, RUBY, RUST } from './other-languages.ts';
import { PHP } from './php.ts';
import { PYTHON } from './python.ts';
import { SHELL } from './shell.ts';
import { SYSEXITS } from './sysexits.ts';
import { SYSTEMD } from './systemd.ts';
import { TOOLS } from './tools.ts';

/** Every table of conventions, in the order in which meanings are told. A new convention is one file and one line here. */
export const CONVENTIONS: readonly Convention[] = [
  CONTAINER,
  SHELL,
  SYSEXITS,
  JAVA,
  NODEJS,
  PYTHON,
  GO,
  PHP,
  DOTNET,
  CPP,
  RUST,
  RUBY,
  PERL,
  TOOLS,
  SYSTEMD,
  LSB,
];
