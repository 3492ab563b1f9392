import { Command, CommanderError } from 'commander';
import * as z from 'zod/mini';
import { Why137Error } from '../lib/errors.ts';
import type { ExitFilter } from './agent-client.ts';
import { exitsOfCluster } from './exits.ts';
import type { Kubectl } from './kubectl.ts';
import { kubectlFlags, LIST_OPTIONS, type Options, OPTIONS, optionsSchema } from './options.ts';
import { askAboutPod } from './pod.ts';
import { exitStatusOf, type Paper, printGaps, printJson, printPod, printTable } from './print.ts';
import type { Context } from './survey.ts';
import { podTarget } from './target.ts';
import { agentToken, HOME_OF_AGENTS } from './token.ts';
import type { TokenDoor } from './token-door.ts';
import { clusterError } from './words.ts';
import { sayThrown } from '../lib/thrown.ts';

/** What the plugin works with: the process's own, or a test's. */
export interface Surroundings {
  /** A kubectl that gets these flags with everything it is asked. */
  readonly kubectl: (flags: readonly string[]) => Kubectl;
  /** The same, as a way to the agents on which a token goes along. */
  readonly tokenDoor: (flags: readonly string[], token: string) => Promise<TokenDoor>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly color: boolean;
  /** Of the terminal; null: there is none. */
  readonly columns: number | null;
  readonly timeZone: string;
  readonly version: string;
}

/** `kubectl why137 …`: runs one command line and gives its exit status. */
export async function runPlugin(args: readonly string[], around: Surroundings): Promise<number> {
  let status = 0;
  const program = new Command('kubectl why137')
    .description("What really killed the containers of this cluster: asks every node's why137 agent, with your own kubeconfig.\nWithout a command it lists exits, newest first.")
    .version(around.version)
    .showHelpAfterError('(kubectl why137 --help shows what is there)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: around.out, writeErr: around.err })
    .allowExcessArguments(true)
    .exitOverride();
  for (const option of OPTIONS) program.addOption(option);

  program.action(async () => {
    const unknown = program.args[0];
    if (unknown !== undefined) throw new Why137Error('W137_USAGE', `There is no command ${JSON.stringify(unknown)}; allowed: pod, node, or none for a list.`);
    const { options, kubectl, flags } = given(program);
    const namespace = options.allNamespaces ? undefined : (options.namespace ?? (await kubectl.namespace()));
    status = await list(kubectl, flags, options, namespace, null);
  });
  program
    .command('node')
    .description('list the exits of one node')
    .argument('<name>', 'as kubectl get nodes prints it')
    .action(async (name: string, _: unknown, command: Command) => {
      const { options, kubectl, flags } = given(command);
      status = await list(kubectl, flags, options, options.allNamespaces ? undefined : options.namespace, name);
    });
  program
    .command('pod')
    .description('explain what killed a pod, also one that is gone')
    .argument('<name>', 'name of the pod, or namespace/name')
    .option('-c, --container <name>', 'only this container')
    .option('--all-nodes', 'ask every agent, also where the node of the pod knows of it (its namesake may have run elsewhere)')
    .action(async (name: string, _: unknown, command: Command) => {
      const { options, kubectl, flags, raw } = given(command);
      const needless = LIST_OPTIONS.find((option) => raw[option.attributeName()] !== undefined);
      if (needless) throw new Why137Error('W137_USAGE', `${needless.flags} is for lists; it does not go with "pod".`);
      status = await pod(kubectl, flags, options, name);
    });

  function given(command: Command): { options: Options; kubectl: Kubectl; flags: readonly string[]; raw: Record<string, unknown> } {
    const raw: Record<string, unknown> = command.optsWithGlobals();
    const flags = kubectlFlags(raw);
    return { options: z.parse(optionsSchema, raw), kubectl: around.kubectl(flags), flags, raw };
  }

  /** Asks with the token, where there is one. It is given to nobody but agents in the namespace where they belong. */
  async function withDoor<T>(kubectl: Kubectl, flags: readonly string[], options: Options, node: string | null, ask: (context: Context) => Promise<T>): Promise<T> {
    const token = agentToken(options.agentTokenFile, around.env);
    if (token === null) return ask(contextOf(kubectl, kubectl, options, node));
    const door = await around.tokenDoor(flags, token).catch((error: unknown) => {
      throw clusterError(error, 'open a way to the agents (kubectl proxy)', '');
    });
    try {
      return await ask(contextOf(kubectl, door, { ...options, agentNamespace: options.agentNamespace ?? HOME_OF_AGENTS }, node));
    } finally {
      door.close();
    }
  }

  async function pod(kubectl: Kubectl, flags: readonly string[], options: Options, name: string): Promise<number> {
    const target = await podTarget(name, options, () => kubectl.namespace());
    const outcome = await withDoor(kubectl, flags, options, null, (context) => askAboutPod(context, target, options.allNodes));
    const found = exitStatusOf(outcome);
    const said = [target.namespace, target.name, ...(target.container === null ? [] : [target.container])].join('/');
    const paper = paperOf(options, around);
    if (paper.format === 'json') printJson(outcome, paper);
    else if (found === 0) printPod(said, outcome, paper);
    if (found !== 0) around.err(`why137: No exit and no OOM kill is known of ${said}${outcome.answered === 0 ? ': no agent could be asked' : NOTHING[outcome.pod]}.\n`);
    printGaps(outcome, paper);
    return found;
  }

  async function list(kubectl: Kubectl, flags: readonly string[], options: Options, namespace: string | undefined, node: string | null): Promise<number> {
    const { code, cause, family, since, until, limit } = options;
    const filter: ExitFilter = { code, cause, family, namespace, since, until };
    const outcome = await withDoor(kubectl, flags, options, node, (context) => exitsOfCluster(context, filter, limit));
    const found = exitStatusOf(outcome);
    const paper = paperOf(options, around);
    if (paper.format === 'json') printJson(outcome, paper);
    else if (found === 0) printTable(outcome, paper);
    if (found !== 0) {
      const place = namespace === undefined ? '' : ` in namespace ${namespace}`;
      around.err(`why137: ${outcome.answered === 0 ? 'No agent could be asked' : `No exit that fits is known${place}`}.\n`);
    }
    printGaps(outcome, paper);
    return found;
  }

  try {
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    around.err(`why137: ${sayThrown(error)}\n`);
    return error instanceof Why137Error ? error.exitStatus : 1;
  }
}

const NOTHING = {
  here: '',
  gone: ', and there is no such pod now: its node may be gone, or it ended longer ago than the agents remember, or its name is another',
  hidden: '; whether there is such a pod you may not see',
};

function contextOf(kubectl: Kubectl, door: Context['door'], options: Options, node: string | null): Context {
  const { agentNamespace, agentSelector, agentPort, agentScheme, parallel, timeout } = options;
  const where = { namespace: agentNamespace ?? null, selector: agentSelector, node, port: agentPort ?? null, scheme: agentScheme ?? null };
  return { kubectl, door, where, parallel, timeoutMs: timeout };
}

function paperOf({ output }: Options, { color, columns, timeZone, out, err }: Surroundings): Paper {
  const width = Math.min(120, Math.max(80, columns ?? 100));
  return { format: output, color, timeZone, width: output === 'wide' ? (columns ?? width) : width, out, err };
}
