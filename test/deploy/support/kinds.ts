import * as z from 'zod/mini';

// The parts of the Kubernetes API that the manifests use, strictly: a field that is not here is a mistake, or belongs here.
// Names and shapes: the API reference of core/v1, apps/v1 and rbac.authorization.k8s.io/v1.
const dnsLabel = z.string().check(z.regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/));
const dnsName = z.string().check(z.regex(/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/));
const labelKey = z.string().check(z.regex(/^([a-z0-9.-]+\/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/));
const labelValue = z.string().check(z.regex(/^([A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$/));
const labels = z.record(labelKey, labelValue);
const metadata = z.strictObject({ name: dnsName, namespace: z.optional(dnsLabel), labels: z.optional(labels), annotations: z.optional(z.record(labelKey, z.string())) });
const absolute = z.string().check(z.regex(/^\/[^:]*$/));
const count = z.int().check(z.minimum(0));
const seconds = z.optional(z.int().check(z.minimum(1)));
const cpu = z.string().check(z.regex(/^\d+m?$/));
const bytes = z.string().check(z.regex(/^\d+(Ki|Mi|Gi)$/));
const resources = z.strictObject({ cpu: z.optional(cpu), memory: bytes });
const portName = z.string().check(z.regex(/^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/));
const portNumber = z.int().check(z.minimum(1), z.maximum(65_535));
const percentOrCount = z.union([count, z.string().check(z.regex(/^\d{1,3}%$/))]);

const probe = z.strictObject({
  httpGet: z.strictObject({ path: absolute, port: z.union([portName, portNumber]), scheme: z.optional(z.enum(['HTTP', 'HTTPS'])) }),
  initialDelaySeconds: z.optional(count),
  periodSeconds: seconds,
  timeoutSeconds: seconds,
  failureThreshold: seconds,
});

const envVar = z.union([
  z.strictObject({ name: z.string().check(z.regex(/^[A-Z][A-Z0-9_]*$/)), value: z.string() }),
  z.strictObject({
    name: z.string().check(z.regex(/^[A-Z][A-Z0-9_]*$/)),
    valueFrom: z.strictObject({ fieldRef: z.strictObject({ apiVersion: z.optional(z.literal('v1')), fieldPath: z.enum(['spec.nodeName', 'status.podIP', 'status.hostIP', 'metadata.name', 'metadata.namespace', 'metadata.uid']) }) }),
  }),
]);

const container = z.strictObject({
  name: dnsLabel,
  image: z.string().check(z.regex(/^[a-z0-9./-]+(:\d+\/[a-z0-9./-]+)?:[\w.-]+(@sha256:[0-9a-f]{64})?$/)),
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']),
  command: z.array(z.string()),
  args: z.array(z.string()),
  env: z.array(envVar),
  ports: z.array(z.strictObject({ name: portName, containerPort: portNumber, protocol: z.optional(z.literal('TCP')) })),
  readinessProbe: probe,
  livenessProbe: probe,
  startupProbe: z.optional(probe),
  resources: z.strictObject({ requests: resources, limits: resources }),
  securityContext: z.strictObject({
    runAsUser: count,
    runAsGroup: z.optional(count),
    runAsNonRoot: z.optional(z.boolean()),
    allowPrivilegeEscalation: z.boolean(),
    privileged: z.optional(z.boolean()),
    readOnlyRootFilesystem: z.boolean(),
    capabilities: z.strictObject({ drop: z.array(z.string()), add: z.optional(z.array(z.string())) }),
    seccompProfile: z.strictObject({ type: z.enum(['RuntimeDefault', 'Localhost', 'Unconfined']) }),
  }),
  volumeMounts: z.array(z.strictObject({ name: dnsLabel, mountPath: absolute, readOnly: z.optional(z.boolean()) })),
});

const hostPath = z.strictObject({ path: absolute, type: z.enum(['Directory', 'DirectoryOrCreate', 'File', 'Socket']) });
/** A service-account token with the cluster's CA, as the kubelet renews them. */
const projected = z.strictObject({
  defaultMode: z.optional(count),
  sources: z.array(
    z.union([
      z.strictObject({ serviceAccountToken: z.strictObject({ path: z.string(), expirationSeconds: z.optional(z.int().check(z.minimum(600))), audience: z.optional(z.string()) }) }),
      z.strictObject({ configMap: z.strictObject({ name: dnsName, items: z.optional(z.array(z.strictObject({ key: z.string(), path: z.string() }))) }) }),
    ]),
  ),
});
const secret = z.strictObject({ secretName: dnsName, defaultMode: z.optional(count) });
const emptyDir = z.strictObject({ sizeLimit: z.optional(bytes), medium: z.optional(z.literal('Memory')) });
const volume = z.union([z.strictObject({ name: dnsLabel, emptyDir }), z.strictObject({ name: dnsLabel, hostPath }), z.strictObject({ name: dnsLabel, secret }), z.strictObject({ name: dnsLabel, projected })]);

const podSpec = z.strictObject({
  serviceAccountName: dnsName,
  automountServiceAccountToken: z.optional(z.boolean()),
  dnsPolicy: z.literal('Default'),
  enableServiceLinks: z.literal(false),
  priorityClassName: dnsName,
  tolerations: z.array(z.strictObject({ operator: z.literal('Exists') })),
  nodeSelector: labels,
  terminationGracePeriodSeconds: count,
  securityContext: z.strictObject({ runAsNonRoot: z.optional(z.boolean()), fsGroup: z.optional(count), supplementalGroups: z.array(count), seLinuxOptions: z.optional(z.strictObject({ type: z.string() })) }),
  containers: z.tuple([container]),
  volumes: z.array(volume),
});
const podTemplate = z.strictObject({ metadata: z.strictObject({ labels, annotations: z.record(labelKey, z.string()) }), spec: podSpec });

export const daemonSet = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('DaemonSet'),
  metadata,
  spec: z.strictObject({
    selector: z.strictObject({ matchLabels: labels }),
    updateStrategy: z.strictObject({ type: z.literal('RollingUpdate'), rollingUpdate: z.strictObject({ maxUnavailable: percentOrCount }) }),
    template: podTemplate,
  }),
});
export type DaemonSet = z.infer<typeof daemonSet>;

export const service = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Service'),
  metadata,
  spec: z.strictObject({
    clusterIP: z.literal('None'),
    publishNotReadyAddresses: z.boolean(),
    selector: labels,
    ports: z.array(z.strictObject({ name: portName, port: portNumber, targetPort: z.union([portName, portNumber]) })),
  }),
});

const rules = z.array(z.strictObject({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) }));
const rbac = { apiVersion: z.literal('rbac.authorization.k8s.io/v1'), metadata };
const roleRef = z.strictObject({ apiGroup: z.literal('rbac.authorization.k8s.io'), kind: z.enum(['Role', 'ClusterRole']), name: dnsName });
const subjects = z.array(z.strictObject({ kind: z.literal('ServiceAccount'), name: dnsName, namespace: dnsLabel }));

const others = [
  z.strictObject({ apiVersion: z.literal('v1'), kind: z.literal('Namespace'), metadata }),
  z.strictObject({ apiVersion: z.literal('v1'), kind: z.literal('ServiceAccount'), metadata, automountServiceAccountToken: z.boolean() }),
  z.strictObject({
    apiVersion: z.literal('v1'),
    kind: z.literal('ResourceQuota'),
    metadata,
    spec: z.strictObject({
      hard: z.record(z.string(), z.string()),
      scopeSelector: z.strictObject({ matchExpressions: z.array(z.strictObject({ scopeName: z.literal('PriorityClass'), operator: z.literal('In'), values: z.array(z.string()) })) }),
    }),
  }),
  z.strictObject({ ...rbac, kind: z.enum(['Role', 'ClusterRole']), rules }),
  z.strictObject({ ...rbac, kind: z.enum(['RoleBinding', 'ClusterRoleBinding']), roleRef, subjects }),
] as const;

/** Any object of the manifests. */
export const anyKind = z.union([daemonSet, service, ...others]);
