import { Why137Error } from '../lib/errors.ts';
import type { PodTarget } from './pod.ts';

/** Names as Kubernetes allows them; anything else would reach into another path of the API server. */
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** `NAME`, `NAMESPACE/NAME`, `pod/NAME` or `pods/NAME`, with -n and -c. Throws Why137Error W137_USAGE. */
export async function podTarget(
  text: string,
  { namespace, container }: { readonly namespace?: string | undefined; readonly container?: string | undefined },
  currentNamespace: () => Promise<string>,
): Promise<PodTarget> {
  const [first = '', second, ...rest] = text.split('/');
  const kind = second !== undefined && (first === 'pod' || first === 'pods' || first === 'po');
  const named = second === undefined || kind ? undefined : first;
  if (rest.length > 0) throw new Why137Error('W137_USAGE', `${JSON.stringify(text)} is not a pod; allowed: NAME or NAMESPACE/NAME (-c names a container).`);
  if (named !== undefined && namespace !== undefined && named !== namespace) {
    throw new Why137Error('W137_USAGE', `${JSON.stringify(text)} names another namespace than -n ${namespace}.`);
  }
  const target = { namespace: named ?? namespace ?? (await currentNamespace()), name: second ?? first, container: container ?? null };
  for (const part of [target.namespace, target.name]) {
    if (!NAME.test(part)) throw new Why137Error('W137_USAGE', `${JSON.stringify(part)} is not a name in Kubernetes: lower-case letters, digits, "-" and "." are allowed.`);
  }
  return target;
}
