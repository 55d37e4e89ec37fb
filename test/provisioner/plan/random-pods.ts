/**
 * Random Deployments: shapes of Pods with every constraint that kube-scheduler filters by, each in a few replicas.
 *
 * Returns fast-check arbitraries. Labels, keys and ports come from short lists, so that Pods select, seek and refuse each other.
 * Every spec is one that the API server accepts, since the same cases run on the real kube-scheduler.
 */
import fc from "../../support/properties.ts";
import { archLabel, capacityTypeLabel, hostnameLabel, instanceTypeLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { LabelSelector } from "../../../src/api/object.ts";
import type {
  Affinity,
  Container,
  NodeSelectorTerm,
  Pod,
  PodAffinityTerm,
  PodSpec,
  Toleration,
  TopologySpreadConstraint,
} from "../../../src/api/pod.ts";
import { categoryLabel, cpuLabel, gpuLabel, gpuResource, sizeLabel, teamLabel } from "./random-offers.ts";

const apps = ["red", "green", "blue"] as const;
/** The namespaces of every case, with their labels. */
export const namespaces: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map([
  ["shop", { "kubernetes.io/metadata.name": "shop", tier: "front" }],
  ["bank", { "kubernetes.io/metadata.name": "bank", tier: "back" }],
]);
/** The overhead that a RuntimeClass of this name stands for. */
export const sandbox = { runtimeClassName: "sandbox", overhead: { cpu: "50m", memory: "64Mi" } } as const;

/** Pods of one template. */
export interface DeploymentCase {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly spec: PodSpec;
}

/** What a run of cases leaves out, for checks that are about something else. */
export interface PodLimits {
  readonly replicasMax: number;
  /** No rule about other Pods: no spread, no Pod affinity of either sign. */
  readonly alone?: boolean;
}

/** Stands for the label of the Pods that have the rule themselves, as most rules of Deployments do. */
const ownApp = "own";
const selector: fc.Arbitrary<LabelSelector> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ matchLabels: { app: ownApp } }) },
  { weight: 4, arbitrary: fc.constantFrom(...apps).map((app) => ({ matchLabels: { app } })) },
  fc.constant({ matchExpressions: [{ key: "app", operator: "In" as const, values: ["red", "blue"] }] }),
  fc.constant({ matchExpressions: [{ key: "app", operator: "NotIn" as const, values: ["red"] }] }),
  fc.constant({ matchExpressions: [{ key: "version", operator: "Exists" as const }] }),
);

/** The API server takes no key that the selector has already. */
function isAboutVersion({ matchExpressions = [] }: LabelSelector): boolean {
  return matchExpressions.some(({ key }) => key === "version");
}

const spread: fc.Arbitrary<TopologySpreadConstraint> = fc
  .record({
    topologyKey: fc.constantFrom(zoneLabel, zoneLabel, zoneLabel, hostnameLabel, hostnameLabel, capacityTypeLabel),
    maxSkew: fc.constantFrom(1, 1, 2),
    whenUnsatisfiable: fc.constantFrom("DoNotSchedule" as const, "DoNotSchedule" as const, "ScheduleAnyway" as const),
    labelSelector: selector,
    minDomains: fc.constantFrom(undefined, undefined, undefined, 2, 3),
    nodeTaintsPolicy: fc.constantFrom(undefined, undefined, "Honor" as const),
    nodeAffinityPolicy: fc.constantFrom(undefined, undefined, "Ignore" as const),
    byVersion: fc.constantFrom(false, false, true),
  })
  .map(({ minDomains, nodeTaintsPolicy, nodeAffinityPolicy, byVersion, ...rest }) => ({
    ...rest,
    ...(minDomains === undefined || rest.whenUnsatisfiable === "ScheduleAnyway" ? {} : { minDomains }),
    ...(nodeTaintsPolicy === undefined ? {} : { nodeTaintsPolicy }),
    ...(nodeAffinityPolicy === undefined ? {} : { nodeAffinityPolicy }),
    ...(byVersion && !isAboutVersion(rest.labelSelector) ? { matchLabelKeys: ["version"] } : {}),
  }));

const podTerm: fc.Arbitrary<PodAffinityTerm> = fc
  .record({
    topologyKey: fc.constantFrom(zoneLabel, zoneLabel, hostnameLabel, hostnameLabel, capacityTypeLabel),
    labelSelector: selector,
    where: fc.constantFrom<Partial<PodAffinityTerm>>(
      {},
      {},
      {},
      { namespaces: ["shop"] },
      { namespaceSelector: { matchLabels: { tier: "back" } } },
      { namespaceSelector: {} },
    ),
    keys: fc.constantFrom<Partial<PodAffinityTerm>>({}, {}, {}, { matchLabelKeys: ["version"] }, { mismatchLabelKeys: ["version"] }),
  })
  .map(({ where, keys, ...rest }) => ({ ...rest, ...where, ...(isAboutVersion(rest.labelSelector) ? {} : keys) }));

const oneOrTwo = fc.oneof({ weight: 3, arbitrary: fc.tuple(podTerm) }, fc.tuple(podTerm, podTerm));
const podAffinity: fc.Arbitrary<Affinity> = fc.oneof(
  { weight: 12, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: oneOrTwo.map((terms) => ({ podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } })) },
  { weight: 3, arbitrary: oneOrTwo.map((terms) => ({ podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } })) },
  podTerm.map((podAffinityTerm) => ({
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, podAffinityTerm }] },
  })),
);

const nodeTerm: fc.Arbitrary<NodeSelectorTerm> = fc
  .uniqueArray(
    fc.constantFrom(
      { key: zoneLabel, operator: "In" as const, values: ["zone-c"] },
      { key: zoneLabel, operator: "NotIn" as const, values: ["zone-a"] },
      { key: sizeLabel, operator: "In" as const, values: ["large", "xlarge"] },
      { key: cpuLabel, operator: "Gt" as const, values: ["2"] },
      { key: cpuLabel, operator: "Lt" as const, values: ["4"] },
      { key: gpuLabel, operator: "DoesNotExist" as const },
      { key: categoryLabel, operator: "NotIn" as const, values: ["c"] },
      { key: teamLabel, operator: "Exists" as const },
      { key: teamLabel, operator: "NotIn" as const, values: ["red"] },
      { key: instanceTypeLabel, operator: "In" as const, values: ["m1.large", "c1.2xlarge"] },
      { key: "example.com/tier", operator: "DoesNotExist" as const },
    ),
    { minLength: 1, maxLength: 2, selector: ({ key }) => key },
  )
  .map((matchExpressions) => ({ matchExpressions }));

const nodeSelector = fc.constantFrom<Readonly<Record<string, string>>>(
  { [zoneLabel]: "zone-a" },
  { [zoneLabel]: "zone-b" },
  { [capacityTypeLabel]: "on-demand" },
  { [archLabel]: "amd64" },
  { [teamLabel]: "red" },
);
const terms = fc.array(nodeTerm, { minLength: 1, maxLength: 3 });
const nodeRules: fc.Arbitrary<Pick<PodSpec, "nodeSelector" | "affinity">> = fc.oneof(
  { weight: 16, arbitrary: fc.constant({}) },
  { weight: 3, arbitrary: nodeSelector.map((labels) => ({ nodeSelector: labels })) },
  {
    weight: 3,
    arbitrary: terms.map((nodeSelectorTerms) => ({
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
    })),
  },
  nodeTerm.map((preference) => ({
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 50, preference }] } },
  })),
);

const cpu = fc.constantFrom("100m", "250m", "500m", "900m", "1500m", "3");
const memory = fc.constantFrom("128Mi", "512Mi", "1Gi", "3Gi", "6Gi");
const small = { requests: { cpu: "100m", memory: "100Mi" } };
/** What stands beside the main container, or above all containers. */
const extras: fc.Arbitrary<Partial<PodSpec>> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  fc.record({ cpu, memory }).map((requests) => ({ initContainers: [{ name: "init", image: "init", resources: { requests } }] })),
  fc.record({ cpu, memory }).map((requests) => ({
    initContainers: [
      { name: "sidecar", image: "sidecar", restartPolicy: "Always", resources: small },
      { name: "init", image: "init", resources: { requests } },
    ],
  })),
  fc.constant({ resources: { requests: { cpu: "3500m", memory: "7Gi" } } }),
  fc.constant(sandbox),
);
const storage = fc.constantFrom({}, {}, {}, {}, {}, { "ephemeral-storage": "6Gi" });
const gpus = fc.oneof({ weight: 19, arbitrary: fc.constant({}) }, fc.constant({ [gpuResource]: 1 }));
const ports = fc.constantFrom<NonNullable<Container["ports"]>>(
  ...Array.from({ length: 16 }, () => []),
  [{ containerPort: 80, hostPort: 8080 }],
  [{ containerPort: 80, hostPort: 8080, hostIP: "127.0.0.1" }],
  [{ containerPort: 53, hostPort: 8080, protocol: "UDP" }],
);

const main: fc.Arbitrary<Container> = fc
  .record({ cpu, memory, storage, gpus, ports })
  .map(({ storage: disk, gpus: gpu, ports: opened, ...requests }) => ({
    name: "main",
    image: "main",
    resources: { requests: { ...requests, ...disk, ...gpu }, ...(Object.keys(gpu).length === 0 ? {} : { limits: gpu }) },
    ...(opened.length === 0 ? {} : { ports: opened }),
  }));

const tolerations = fc.constantFrom<readonly Toleration[]>(
  [],
  [],
  [{ key: "team", operator: "Exists" }],
  [{ key: "team", operator: "Equal", value: "batch", effect: "NoSchedule" }],
  [{ key: "team", value: "other" }],
  [{ operator: "Exists" }],
);

/** One Deployment. */
export function deploymentCase({ replicasMax, alone = false }: PodLimits): fc.Arbitrary<DeploymentCase> {
  const spreads = fc.oneof(
    { weight: 3, arbitrary: fc.constant<TopologySpreadConstraint[]>([]) },
    fc.uniqueArray(spread, {
      minLength: 1,
      maxLength: 2,
      selector: ({ topologyKey, whenUnsatisfiable }) => topologyKey + whenUnsatisfiable,
    }),
  );
  return fc
    .record({
      namespace: fc.constantFrom("shop", "shop", "bank"),
      app: fc.constantFrom(...apps),
      version: fc.constantFrom(undefined, undefined, "1", "2"),
      replicas: fc.integer({ min: 1, max: replicasMax }),
      main,
      extras,
      tolerations,
      nodeRules,
      podAffinity: alone ? fc.constant<Affinity>({}) : podAffinity,
      spreads: alone ? fc.constant<TopologySpreadConstraint[]>([]) : spreads,
    })
    .map((drawn) => ({
      namespace: drawn.namespace,
      labels: { app: drawn.app, ...(drawn.version === undefined ? {} : { version: drawn.version }) },
      replicas: drawn.replicas,
      spec: {
        containers: [drawn.extras.resources === undefined ? drawn.main : { ...drawn.main, resources: small }],
        ...drawn.extras,
        ...drawn.nodeRules,
        affinity: { ...drawn.nodeRules.affinity, ...withOwnApp(drawn.podAffinity, drawn.app) },
        tolerations: drawn.tolerations,
        topologySpreadConstraints: withOwnApp(drawn.spreads, drawn.app),
      },
    }));
}

function withOwnApp<T>(rules: T, app: string): T {
  return JSON.parse(JSON.stringify(rules).replaceAll(`"app":"${ownApp}"`, `"app":"${app}"`)) as T;
}

/** The Pods of Deployments; names begin with the prefix. */
export function podsOf(deployments: readonly DeploymentCase[], prefix: string): readonly Pod[] {
  return deployments.flatMap(({ namespace, labels, replicas, spec }, index) =>
    Array.from({ length: replicas }, (_, replica): Pod => {
      const name = `${prefix}${index}-${replica}`;
      return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace, uid: `${namespace}-${name}`, labels }, spec };
    }),
  );
}
