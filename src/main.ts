import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { TEXT_FORMATS } from './kernel/framing/text-line.ts';
import { parseDuration } from './lib/duration.ts';
import { Why137Error } from './lib/errors.ts';

declare const __VERSION__: string;

const out = (text: string): void => {
  process.stdout.write(text);
};
const err = (text: string): void => {
  process.stderr.write(text);
};

function integer(text: string): number {
  if (!/^\d{4}$/.test(text)) throw new InvalidArgumentError('A year has four digits.');
  return Number(text);
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('A duration is a number with a unit: 500ms, 3s, 2m, 1h.');
  return ms;
}

const program = new Command('why137')
  .description('What really killed the container.')
  .version(__VERSION__)
  .showHelpAfterError('(why137 --help shows what is there)')
  .exitOverride();

program
  .command('parse')
  .description('read kernel log text, print one OomKill a line (NDJSON)')
  .argument('[files...]', 'files, or - for stdin')
  .addOption(new Option('--format <format>', 'what the text is').choices([...TEXT_FORMATS]).default('auto'))
  .addOption(new Option('--raw <how>', 'lines to keep: without or with the memory tables').choices(['lines', 'full']).default('lines'))
  .option('--timezone <zone>', 'IANA zone of times that name none (else they stay unknown)')
  .option('--year <year>', 'year of the first line, where the lines name none', integer)
  .action(async (files: string[], options: { format: (typeof TEXT_FORMATS)[number]; raw: string; timezone?: string; year?: number }) => {
    const { parse } = await import('./commands/parse.ts');
    const { format, timezone = null, year = null } = options;
    parse(files, { format, fullRaw: options.raw === 'full', timezone, year }, out, err);
  });

program
  .command('replay')
  .description('replay a recording through the agent\'s own pipeline, print one Verdict a line (NDJSON)')
  .argument('<dir>', 'directory of a recording')
  .option('--settle <duration>', 'how long to wait for late evidence', duration, 3_000)
  .action(async (dir: string, options: { settle: number }) => {
    const { replay } = await import('./commands/replay.ts');
    replay(dir, options.settle * 1_000, out);
  });

async function main(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof Why137Error) {
      err(`why137: ${error.message}\n`);
      process.exitCode = error.exitStatus;
    } else if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
    } else throw error;
  }
}

void main();
