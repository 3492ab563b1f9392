/** An agent that may be asked. */
export interface AgentPod {
  readonly node: string;
  readonly namespace: string;
  readonly name: string;
  readonly scheme: 'http' | 'https';
  readonly port: number;
  /** False: it has not read everything yet that happened before it started, or is ill. */
  readonly ready: boolean;
}
