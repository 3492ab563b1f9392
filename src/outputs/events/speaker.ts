import { HOUR, type Micros } from '../../lib/time.ts';
import type { Log, LogLevel } from '../log/log.ts';
import type { Trouble } from './answer.ts';
import type { Drop } from './counts.ts';

/** The same thing is said at most once in this time; the metrics count every one. */
const QUIET_US = HOUR;

const CURE: Readonly<Record<Trouble, string>> = {
  forbidden: 'Cure: where its service account "cannot", allow it to create and patch events, as the ClusterRole and ClusterRoleBinding why137-events of daemonset.yaml do; else see the quota or admission webhook that refuses',
  unauthorized: "Cure: see that the service account's token is mounted (automountServiceAccountToken: true) and not revoked",
  unreachable: 'Cure: see that this pod may reach the API server (network policies, proxies)',
  timeout: 'Cure: see that this pod may reach the API server, and how busy that is',
  throttled: 'It asked for patience',
  'server-error': 'The API server itself has trouble',
};

const WHY_DROPPED: Readonly<Record<Drop, string>> = {
  'queue-full': 'more of them waited than are kept',
  expired: 'they could not be written within an hour of the exit',
  'namespace-gone': 'the namespace is gone or being deleted',
  rejected: 'the API server did not take them',
  stopped: 'the agent was told to stop',
};

/** What the log says of writing Events: each kind of trouble once, with its cure, never a line for every Event. */
export class Speaker {
  readonly #log: Pick<Log, 'agent'>;
  readonly #now: () => Micros;
  readonly #quietUntil = new Map<string, Micros>();
  readonly #unsaid = new Map<Drop, number>();
  #saidTrouble = false;

  constructor(log: Pick<Log, 'agent'>, now: () => Micros) {
    this.#log = log;
    this.#now = now;
  }

  trouble(trouble: Trouble, why: string, waiting: number): void {
    const said = this.#say(trouble, `Kubernetes Events cannot be written for now, ${String(waiting)} wait: ${why}. ${CURE[trouble]}`);
    this.#saidTrouble ||= said;
  }

  refused(namespace: string, why: string): void {
    this.#say('forbidden', `the API server does not allow Kubernetes Events to be written (namespace ${namespace}): ${why}. ${CURE.forbidden}`);
  }

  rejected(why: string): void {
    this.#say('rejected', `the API server did not take a Kubernetes Event: ${why}`);
  }

  dropped(reason: Drop, count: number): void {
    const sum = count + (this.#unsaid.get(reason) ?? 0);
    const said = this.#say(`dropped ${reason}`, `${String(sum)} Kubernetes Event${sum === 1 ? '' : 's'} dropped: ${WHY_DROPPED[reason]}`, reason === 'namespace-gone' ? 'debug' : 'warn');
    this.#unsaid.set(reason, said ? 0 : sum);
  }

  wellAgain(): void {
    if (!this.#saidTrouble) return;
    this.#saidTrouble = false;
    this.#log.agent('agent.events', 'Kubernetes Events are written again');
  }

  #say(key: string, msg: string, level: LogLevel = 'warn'): boolean {
    if (this.#now() < (this.#quietUntil.get(key) ?? 0)) return false;
    this.#quietUntil.set(key, this.#now() + QUIET_US);
    this.#log.agent('agent.events', msg, {}, level);
    return true;
  }
}
