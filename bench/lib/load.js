import { Agent, get } from 'node:http';

const PATHS = ['/healthz', '/readyz', '/metrics', '/v1/exits', '/v1/exits?code=137&limit=5', '/v1/oom-kills', '/v1/sources', '/v1/exit-codes/137', '/v1/explain?target=none', '/openapi.json'];
const CONNECTIONS = 4;

/** So many requests over all endpoints, on few connections that are kept open. */
export async function load(url, requests) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let next = 0;
  const one = async () => {
    while (next < requests) await request(new URL(PATHS[next++ % PATHS.length], url), agent);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  agent.destroy();
}

function request(url, agent) {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      // Not found and not ready are answers too.
      if (response.statusCode >= 500 && response.statusCode !== 503) reject(new Error(`${url.pathname} answered ${response.statusCode}`));
      response.resume().once('end', resolve);
    }).once('error', reject);
  });
}
