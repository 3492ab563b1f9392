import { it } from 'vitest';
import { CAUSES } from '../../src/model/cause.ts';
import { expectGenerated } from '../generated-part.ts';
import { REACHED } from './reached.ts';

const README = new URL('../../README.md', import.meta.url);
const BEGIN = '<!-- near-misses: what test/causes finds; `npm run golden` rewrites it -->\n';
const END = '<!-- /near-misses -->\n';

/** Every row is judged here: what why137 said is what it says. */
function table(): string {
  const rows = CAUSES.map((cause) => {
    const { what, verdict } = REACHED[cause].near;
    const said = verdict();
    return `| \`${cause}\` | ${what.replaceAll('|', '\\|')} | \`${said?.cause ?? 'nothing'}\`, ${said?.confidence ?? ''} |\n`;
  });
  return ['| Looks like | But | why137 says |\n', '| --- | --- | --- |\n', ...rows].join('');
}

it('the README shows what nearly is a cause and gets another, as it is judged', () => {
  expectGenerated(README, { begin: BEGIN, end: END }, table());
});
