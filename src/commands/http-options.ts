import type { AgentConfig } from '../config/schema.ts';
import { isLoopbackAddress } from '../outputs/http/guard.ts';
import type { HttpSecurity } from '../outputs/http/security.ts';

/** An empty host, as in `:9137`, is every address of the machine. */
export function listenAddress(listen: string): { host: string; port: number } {
  const at = listen.lastIndexOf(':');
  return { host: listen.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(listen.slice(at + 1)) };
}

export function securityOf(config: AgentConfig): HttpSecurity {
  const { tokenFile, tlsCertFile: cert, tlsKeyFile: key, tlsClientCaFile: clientCa, corsOrigin } = config;
  const tls = cert !== null && key !== null ? { cert, key, clientCa } : null;
  return { tokenFile, tls, protectMetrics: config.protectMetrics === 'on', corsOrigins: corsOrigin };
}

/** Who can read what, where that is more than this machine may expect; null: nothing is open to others unasked. */
export function exposure(config: AgentConfig): string | null {
  const { tokenFile, tlsCertFile, tlsClientCaFile, listen } = config;
  if (isLoopbackAddress(listenAddress(listen).host)) return null;
  if (tokenFile === null && tlsClientCaFile === null) {
    return `whoever reaches ${listen} can read which containers died of what: no token is asked for (--token-file), so let a NetworkPolicy or a firewall say who may`;
  }
  return tlsCertFile === null ? `tokens come to ${listen} unencrypted: whoever sees the traffic can use them (--tls-cert-file)` : null;
}
