/**
 * The 48 patterns of workloads that cannot be drained safely: each is found by one rule in words of its own, and its near-miss
 * twin, one step away, draws no finding of that rule.
 */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../src/api/object.ts";
import type { Container, PodSpec } from "../../../src/api/pod.ts";
import type { Deployment, Job } from "../../../src/api/workload.ts";
import type { WorkloadProfile } from "../../../src/api/workload-profile.ts";
import { applyJsonPatch } from "../../../src/kube/json-patch.ts";
import { validate } from "../../../src/policies/evaluate.ts";
import { contextOf, policySet, requestFor } from "../../support/admission.ts";
import { autoscaler, budget, deployment, job, nodePool, pod, profile, statefulSet } from "../../support/objects.ts";

const policies = policySet();
const everything = { matchLabels: { app: "web" } };

function findingsOf(judge: KubeObject, world: readonly KubeObject[]) {
  return validate({ policySet: policies, request: requestFor(judge), context: contextOf(world) }).findings;
}

interface Pattern {
  readonly rule: string;
  /** What is said, in part. */
  readonly says: string;
  readonly judge: KubeObject;
  readonly world?: readonly KubeObject[];
  readonly twin: KubeObject;
  readonly twinWorld?: readonly KubeObject[];
  readonly action?: "deny" | "warn" | "audit";
  readonly seeds?: string;
}

function check(number: number, what: string, row: Pattern): void {
  const { rule, judge, world = [], twin, twinWorld = world, action = "deny", seeds } = row;
  describe(`pattern ${number}: ${seeds === undefined ? "" : `${seeds}: `}${what}`, () => {
    it(`is ${rule}`, () => {
      const found = findingsOf(judge, world).filter((finding) => finding.rule === rule);
      expect(found.map(({ message }) => message)).toEqual([expect.stringContaining(row.says)]);
      expect(found[0]?.action).toBe(action);
      expect(found[0]?.message.length).toBeLessThanOrEqual(220);
    });
    it(`${rule} leaves its near-miss twin alone`, () => {
      expect(findingsOf(twin, twinWorld).filter((finding) => finding.rule === rule)).toEqual([]);
    });
    it("its patch, where it has one, removes it", () => {
      for (const finding of findingsOf(judge, world)) {
        if (finding.rule !== rule || finding.patch === undefined) continue;
        const patched = applyJsonPatch(judge, finding.patch);
        if (!patched.ok) throw new Error(patched.error);
        expect(findingsOf(patched.value, world).map(({ rule: id }) => id)).not.toContain(rule);
      }
    });
  });
}

const container = (fields: Partial<Container>): Partial<PodSpec> => ({
  containers: [{ name: "app", image: "example.com/app:1", resources: { requests: { cpu: "100m", memory: "128Mi" } }, ...fields }],
});
const withContainer = (fields: Partial<Container>, replicas = 2): Deployment => deployment({ replicas, podSpec: container(fields) });
const withPod = (podSpec: Partial<PodSpec>, replicas = 3): Deployment => deployment({ replicas, podSpec });
const annotated = (key: string, value: string): Deployment => deployment({ podAnnotations: { [key]: value } });
const strategy = (of: Deployment["spec"]["strategy"], replicas = 3): Deployment => {
  const made = deployment({ replicas });
  return { ...made, spec: { ...made.spec, ...(of === undefined ? {} : { strategy: of }) } };
};
const rolling = (maxSurge: number | string, maxUnavailable: number | string) => ({
  type: "RollingUpdate",
  rollingUpdate: { maxSurge, maxUnavailable },
});
const jobWith = (spec: Partial<Job["spec"]>): Job => ({ ...job(), spec: { ...job().spec, ...spec } });
const object = (kind: string, apiVersion: string, rest: object, name = "web"): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: "shop" },
  ...rest,
});
const clusterObject = (kind: string, apiVersion: string, name: string, rest: object): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name },
  ...rest,
});
const service = object("Service", "v1", { spec: { selector: { app: "web" } } });
const node = (name: string): KubeObject => clusterObject("Node", "v1", name, { spec: {} });
const threeNodes = [node("a"), node("b"), node("c")];
const daemonSet = object("DaemonSet", "apps/v1", { spec: { selector: everything, template: deployment().spec.template } }, "agent");
const owned = (apiVersion: string, kind: string): KubeObject =>
  pod({ labels: { app: "web" }, owner: { apiVersion, kind, name: "kafka", uid: "u", controller: true } });
const quorum = profile({ spec: { runtimeClass: "general", disruption: { quorum: true, maxUnavailable: 1 } } });
const regulars = (spec: WorkloadProfile["spec"]): WorkloadProfile => profile({ spec: { runtimeClass: "general", ...spec } });
const scaledObject = (spec: object): KubeObject =>
  object("ScaledObject", "keda.sh/v1alpha1", { spec: { scaleTargetRef: { name: "web" }, ...spec } }, "queue");
const priorityClass = (value: number): KubeObject => clusterObject("PriorityClass", "scheduling.k8s.io/v1", "low", { value });
const webhook = (failurePolicy: string): KubeObject =>
  clusterObject("ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1", "guard", {
    webhooks: [{ name: "guard.example.com", failurePolicy, clientConfig: { service: { namespace: "shop", name: "web" } } }],
  });
const hostSpread = [
  { maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" as const, labelSelector: everything },
];
const apart = (kind: "required" | "preferred"): Partial<PodSpec> => {
  const term = { topologyKey: "kubernetes.io/hostname", labelSelector: everything };
  const podAntiAffinity =
    kind === "required"
      ? { requiredDuringSchedulingIgnoredDuringExecution: [term] }
      : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }] };
  return { affinity: { podAntiAffinity } };
};
const inNamespace = (namespace: string): Deployment => deployment({ namespace });
const status = (of: object): KubeObject => ({ ...budget({ maxUnavailable: 1 }), ...{ status: of } });

check(1, "S015, S144: maxUnavailable 0", {
  rule: "DRAIN-004",
  says: "sets maxUnavailable: 0; it blocks every drain",
  judge: budget({ maxUnavailable: 0 }),
  twin: budget({ maxUnavailable: "1%" }),
  world: [deployment()],
});
check(2, "S144: minAvailable 100%", {
  rule: "DRAIN-002",
  says: "(minAvailable: 100%) leaves 0 evictions at any number of replicas",
  judge: budget({ minAvailable: "100%" }),
  twin: budget({ minAvailable: "99%" }),
});
check(3, "a budget without bounds", {
  rule: "DRAIN-002",
  says: "(neither minAvailable nor maxUnavailable) leaves 0 evictions",
  judge: budget({}),
  twin: budget({ minAvailable: 0 }),
});
check(4, "S015, S023, S144, S196: minAvailable equal to the replicas", {
  rule: "DRAIN-002",
  says: "(minAvailable: 3) leaves 0 evictions at 3 replicas",
  judge: budget({ minAvailable: 3 }),
  twin: budget({ minAvailable: 2 }),
  world: [deployment({ replicas: 3 })],
});
check(5, "a percentage that rounds up to all replicas", {
  rule: "DRAIN-002",
  says: "(minAvailable: 67%) leaves 0 evictions at 3 replicas",
  judge: budget({ minAvailable: "67%" }),
  twin: budget({ minAvailable: "66%" }),
  world: [deployment({ replicas: 3 })],
});
check(6, "an autoscaler that goes down to where the budget blocks", {
  rule: "DRAIN-002",
  says: 'leaves 0 evictions at 2 replicas, the minReplicas of HorizontalPodAutoscaler "web"',
  judge: autoscaler({ minReplicas: 2 }),
  twin: autoscaler({ minReplicas: 3 }),
  world: [deployment({ replicas: 6 }), budget({ minAvailable: 2 })],
});
check(7, "S101: one replica under minAvailable 1", {
  rule: "DRAIN-002",
  says: "(minAvailable: 1) leaves 0 evictions at 1 replica",
  judge: deployment({ replicas: 1 }),
  twin: deployment({ replicas: 2 }),
  world: [budget({ minAvailable: 1 })],
});
check(8, "S015: two budgets on one Pod", {
  rule: "DRAIN-005",
  says: 'PodDisruptionBudgets "one" and "two" both select pods of Deployment web',
  judge: budget({ name: "two", maxUnavailable: 1, selector: everything }),
  twin: budget({ name: "two", maxUnavailable: 1, selector: { matchLabels: { app: "web", tier: "db" } } }),
  world: [deployment(), budget({ name: "one", maxUnavailable: 1, selector: everything })],
});
check(9, "S015: an empty selector", {
  rule: "DRAIN-006",
  says: "has an empty selector and would cover every pod in namespace shop",
  judge: budget({ maxUnavailable: 1, selector: {} }),
  twin: budget({ maxUnavailable: 1, selector: { matchExpressions: [{ key: "app", operator: "Exists" }] } }),
});
check(10, "a budget that selects nobody", {
  rule: "DRAIN-015",
  says: "selects no pod of any workload in namespace shop",
  judge: budget({ maxUnavailable: 1, selector: { matchLabels: { app: "wbe" } } }),
  twin: budget({ maxUnavailable: 1 }),
  world: [deployment()],
  action: "audit",
});
check(11, "a budget over several workloads", {
  rule: "DRAIN-016",
  says: "selects 2 workloads (Deployment api, Deployment web)",
  judge: deployment({ name: "api", podLabels: { app: "web" } }),
  twin: deployment({ name: "api" }),
  world: [deployment(), budget({ maxUnavailable: 1 })],
  action: "warn",
});
check(12, "a budget over Pods of a Job", {
  rule: "JOB-002",
  says: "selects Job pods: a Job has no scale",
  judge: budget({ maxUnavailable: 1 }),
  twin: budget({ maxUnavailable: 1 }),
  world: [deployment(), job({ podLabels: { app: "web" } })],
  twinWorld: [deployment(), job()],
});
check(13, "a budget over Pods of a DaemonSet", {
  rule: "DRAIN-017",
  says: "also selects pods of DaemonSet agent, which has no scale",
  judge: budget({ maxUnavailable: 1 }),
  twin: budget({ minAvailable: 1 }),
  world: [deployment(), daemonSet],
});
check(14, "a budget over Pods that nobody scales", {
  rule: "DRAIN-018",
  says: "selects pods of StrimziPodSet kafka, which has no scale",
  judge: budget({ maxUnavailable: 1 }),
  twin: budget({ minAvailable: 0 }),
  world: [owned("core.strimzi.io/v1beta2", "StrimziPodSet")],
});
check(15, "a budget that lets crashing Pods hold their node", {
  rule: "DRAIN-019",
  says: "has no unhealthyPodEvictionPolicy AlwaysAllow",
  judge: budget({ maxUnavailable: 1 }),
  twin: {
    ...budget({ maxUnavailable: 1 }),
    ...{ spec: { maxUnavailable: 1, selector: everything, unhealthyPodEvictionPolicy: "AlwaysAllow" } },
  },
  action: "audit",
});
check(16, "a bare Pod", {
  rule: "BARE-001",
  says: "nothing recreates it after a drain",
  judge: pod(),
  twin: owned("example.com/v1", "Shepherd"),
});
check(17, "an emptyDir on disk", {
  rule: "DRAIN-020",
  says: 'volume "data" is an emptyDir on disk',
  judge: statefulSet({ podSpec: { volumes: [{ name: "data", emptyDir: {} }] } }),
  twin: statefulSet({
    podSpec: { volumes: [{ name: "data", emptyDir: {} }] },
    podAnnotations: { "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes": "data" },
  }),
  action: "warn",
});
check(18, "a hostPath", {
  rule: "STOR-003",
  says: 'volume "data" is hostPath',
  judge: withPod({ volumes: [{ name: "data", hostPath: { path: "/data" } }] }),
  twin: withPod({ volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] }),
});
check(19, "safe-to-evict false", {
  rule: "DRAIN-021",
  says: "keeps cluster-autoscaler from ever removing its nodes",
  judge: annotated("cluster-autoscaler.kubernetes.io/safe-to-evict", "false"),
  twin: job({ podAnnotations: { "cluster-autoscaler.kubernetes.io/safe-to-evict": "false" } }),
  action: "warn",
});
check(20, "S141: do-not-disrupt on a service", {
  rule: "DRAIN-014",
  says: "annotation karpenter.sh/do-not-disrupt on a service with 2 replicas pins its nodes until expiry",
  judge: annotated("karpenter.sh/do-not-disrupt", "true"),
  twin: job({ podAnnotations: { "karpenter.sh/do-not-disrupt": "true" } }),
});
check(21, "do-not-disrupt with a value that nobody reads", {
  rule: "DRAIN-022",
  says: '"4 hours" is neither "true" nor a duration',
  judge: annotated("karpenter.sh/do-not-disrupt", "4 hours"),
  twin: annotated("karpenter.sh/do-not-disrupt", "4h"),
  action: "warn",
});
check(22, "S138: a grace period beyond what a drain waits", {
  rule: "DRAIN-023",
  says: 'terminationGracePeriodSeconds 601 is more than the 600 s that class "general" allows a drain',
  judge: withPod({ terminationGracePeriodSeconds: 601 }),
  twin: withPod({ terminationGracePeriodSeconds: 600 }),
  action: "warn",
});
check(23, "S138: a preStop as long as the grace period", {
  rule: "DRAIN-024",
  says: "preStop takes 30 s of the 30 s grace period",
  judge: withContainer({ lifecycle: { preStop: { exec: { command: ["/bin/sh", "-c", "sleep 30"] } } } }),
  twin: withContainer({ lifecycle: { preStop: { exec: { command: ["/bin/sh", "-c", "sleep 10"] } } } }),
  action: "warn",
});
check(24, "S138: a grace period of 0", {
  rule: "DRAIN-025",
  says: "terminationGracePeriodSeconds 0 kills the pod",
  judge: withPod({ terminationGracePeriodSeconds: 0 }),
  twin: withPod({ terminationGracePeriodSeconds: 1 }),
  action: "warn",
});
check(25, "S024, S152, S198: traffic and no preStop", {
  rule: "DRAIN-010",
  says: "no preStop hook and gracePeriodSeconds 30; in-flight requests may be cut during a drain",
  judge: deployment(),
  twin: withContainer({ lifecycle: { preStop: { sleep: { seconds: 5 } } } }),
  world: [service],
  action: "warn",
});
check(26, "S025, S154, S197: a budget and no readinessProbe", {
  rule: "DRAIN-011",
  says: 'container "app" has no readinessProbe; PDB "web" counts replacements as healthy at once',
  judge: deployment(),
  twin: withContainer({ readinessProbe: { tcpSocket: { port: 8080 } } }),
  world: [budget({ maxUnavailable: 1 })],
  action: "warn",
});
check(27, "a readinessProbe that asks a database", {
  rule: "DRAIN-026",
  says: "its readinessProbe depends on orders-db",
  judge: withContainer({ readinessProbe: { exec: { command: ["pg_isready", "-h", "orders-db"] } } }),
  twin: withContainer({ readinessProbe: { exec: { command: ["pg_isready", "-h", "localhost"] } } }),
  action: "warn",
});
check(28, "one replica a node, and no node to spare", {
  rule: "DRAIN-027",
  says: "leaves no room for 3 replicas on 3 nodes once one of them is drained",
  judge: withPod(apart("required")),
  twin: withPod(apart("preferred")),
  world: threeNodes,
  action: "warn",
});
check(29, "a spread over more zones than the pools have", {
  rule: "TOPO-003",
  says: "zones, but class pools offer",
  judge: withPod({
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable: "DoNotSchedule",
        minDomains: 3,
        labelSelector: everything,
      },
    ],
  }),
  twin: withPod({
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable: "DoNotSchedule",
        minDomains: 2,
        labelSelector: everything,
      },
    ],
  }),
  world: [
    nodePool({
      requirements: [{ key: "topology.kubernetes.io/zone", operator: "In", values: ["ap-southeast-1a", "ap-southeast-1b"] }],
    }),
  ],
});
check(30, "a Pod pinned to one node", {
  rule: "PLACE-005",
  says: "pins the pod to one node",
  judge: withPod({ nodeSelector: { "kubernetes.io/hostname": "node-1" } }),
  twin: withPod({ nodeSelector: { "kubernetes.io/os": "linux" } }),
});
check(31, "a port of the host on every node", {
  rule: "DRAIN-028",
  says: "port 80 of the host lets a node take one of 3 replicas, and there are 3 nodes",
  judge: withContainer({ ports: [{ containerPort: 80, hostPort: 80 }] }, 3),
  twin: withContainer({ ports: [{ containerPort: 80, hostPort: 80 }] }, 2),
  world: threeNodes,
  action: "warn",
});
const zonalVolume = (zone: string): readonly KubeObject[] => [
  object("PersistentVolumeClaim", "v1", { spec: { accessModes: ["ReadWriteOnce"], volumeName: "pv-1" } }, "data"),
  clusterObject("PersistentVolume", "v1", "pv-1", {
    spec: {
      claimRef: { namespace: "shop", name: "data" },
      csi: { driver: "ebs.csi.aws.com" },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: "topology.kubernetes.io/zone", operator: "In", values: [zone] }] }],
        },
      },
    },
  }),
  nodePool({ requirements: [{ key: "topology.kubernetes.io/zone", operator: "In", values: ["ap-southeast-1a"] }] }),
];
check(32, "a volume of a zone that has no capacity", {
  rule: "STOR-001",
  says: "lives in zone ap-southeast-1d",
  judge: withPod({ volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] }),
  twin: withPod({ volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] }),
  world: zonalVolume("ap-southeast-1d"),
  twinWorld: zonalVolume("ap-southeast-1a"),
});
check(33, "an even number of voters", {
  rule: "DRAIN-029",
  says: "4 voting replicas lose their quorum by one drain and one failure",
  judge: statefulSet({ replicas: 4 }),
  twin: statefulSet({ replicas: 5 }),
  world: [quorum],
  action: "warn",
});
check(34, "a budget that may break the quorum", {
  rule: "DRAIN-030",
  says: "(maxUnavailable: 3) lets 3 of 5 voting replicas go at once; more than 2 lose the quorum",
  judge: budget({ maxUnavailable: 3 }),
  twin: budget({ maxUnavailable: 2 }),
  world: [quorum, statefulSet({ replicas: 5 })],
  action: "warn",
});
check(35, "Recreate under a budget", {
  rule: "DRAIN-031",
  says: "strategy Recreate takes all 3 replicas down in a rollout",
  judge: strategy({ type: "Recreate" }),
  twin: strategy({ type: "RollingUpdate" }),
  world: [budget({ maxUnavailable: 1 })],
  action: "warn",
});
check(36, "a rollout whose bounds come to nothing", {
  rule: "DRAIN-032",
  says: "maxSurge 0 and maxUnavailable 25% of 3 come to nothing",
  judge: strategy(rolling(0, "25%")),
  twin: strategy(rolling(0, "34%")),
  action: "warn",
});
check(37, "a rollout and a drain that take all but one", {
  rule: "DRAIN-033",
  says: 'a rollout may take 1 and a drain 1 (PodDisruptionBudget "web" (maxUnavailable: 1)) of 3 replicas, each before it sees the other\'s',
  judge: strategy(rolling(1, 1)),
  twin: strategy(rolling(1, 1), 4),
  world: [budget({ maxUnavailable: 1 })],
  action: "audit",
});
check(38, "a toleration of every taint", {
  rule: "DRAIN-034",
  says: "toleration of every taint lets pods return to a node that is being drained",
  judge: withPod({ tolerations: [{ operator: "Exists" }] }),
  twin: withPod({ tolerations: [{ key: "dedicated", operator: "Exists" }] }),
  action: "warn",
});
check(39, "a toleration of dead nodes without an end", {
  rule: "DRAIN-035",
  says: "node.kubernetes.io/unreachable without tolerationSeconds keeps pods on a dead node for ever",
  judge: withPod({ tolerations: [{ key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" }] }),
  twin: withPod({
    tolerations: [{ key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }],
  }),
  action: "warn",
});
check(40, "a Job that never retries", {
  rule: "JOB-001",
  says: "with backoffLimit 0 never retries",
  judge: jobWith({ backoffLimit: 0 }),
  twin: jobWith({ backoffLimit: 3 }),
  world: [profile({ name: "report", spec: { runtimeClass: "batch", disruption: { idempotent: true } } })],
});
check(41, "S141: a Job that outlives its nodes", {
  rule: "DRAIN-036",
  says: "activeDeadlineSeconds 2592001 is longer than its nodes live: 720h0m0s (expireAfter of NodePool general-flex)",
  judge: jobWith({ activeDeadlineSeconds: 2_592_001 }),
  twin: jobWith({ activeDeadlineSeconds: 2_592_000 }),
  world: [nodePool()],
  action: "warn",
});
check(42, "a finalizer on the Pod template", {
  rule: "DRAIN-037",
  says: "finalizer example.com/cleanup on the Pod template keeps each pod Terminating",
  judge: {
    ...deployment(),
    ...{
      spec: {
        ...deployment().spec,
        template: { ...deployment().spec.template, metadata: { ...everything.matchLabels, finalizers: ["example.com/cleanup"] } },
      },
    },
  },
  twin: { ...deployment(), metadata: { ...deployment().metadata, finalizers: ["example.com/cleanup"] } },
});
check(43, "the lowest priority and no budget", {
  rule: "DRAIN-038",
  says: "priorityClassName low (-10) is below the usual 0 and no PodDisruptionBudget guards it",
  judge: withPod({ priorityClassName: "low" }),
  twin: withPod({ priorityClassName: "low" }),
  world: [priorityClass(-10)],
  twinWorld: [priorityClass(-10), budget({ maxUnavailable: 1 })],
  action: "warn",
});
check(44, "kube-system without a budget", {
  rule: "DRAIN-039",
  says: "Deployment web of kube-system has no PodDisruptionBudget",
  judge: inNamespace("kube-system"),
  twin: inNamespace("kube-system"),
  twinWorld: [budget({ maxUnavailable: 1, namespace: "kube-system" })],
  action: "audit",
});
check(45, "a webhook of failurePolicy Fail that one drain takes down", {
  rule: "DRAIN-040",
  says: "webhook guard.example.com (failurePolicy Fail) lacks a second replica, a PodDisruptionBudget, a spread over nodes",
  judge: deployment({ replicas: 1 }),
  twin: withPod({ topologySpreadConstraints: hostSpread }),
  world: [webhook("Fail"), service],
  twinWorld: [webhook("Fail"), service, budget({ maxUnavailable: 1 })],
  action: "warn",
});
check(46, "replicas that may all stand on one node", {
  rule: "DRAIN-041",
  says: "all 3 replicas may stand on one node",
  judge: withPod({}),
  twin: withPod({ topologySpreadConstraints: hostSpread }),
  action: "audit",
});
check(46, "replicas that are kept from other Pods alone", {
  rule: "DRAIN-041",
  says: "all 3 replicas may stand on one node: its spread and podAntiAffinity select other pods than its own",
  judge: withPod({ topologySpreadConstraints: hostSpread.map((one) => ({ ...one, labelSelector: { matchLabels: { app: "wbe" } } })) }),
  twin: withPod({ topologySpreadConstraints: hostSpread }),
  action: "audit",
});
check(47, "S196, S203: replicas without a budget", {
  rule: "DRAIN-042",
  says: "no PodDisruptionBudget guards the 2 replicas of Deployment web",
  judge: deployment(),
  twin: deployment({ replicas: 1 }),
  action: "audit",
});
check(48, "a budget that fails to sync", {
  rule: "DRAIN-043",
  says: "fails to sync and allows 0 evictions: jobs.batch does not implement the scale subresource",
  judge: status({
    disruptionsAllowed: 0,
    conditions: [
      { type: "DisruptionAllowed", status: "False", reason: "SyncFailed", message: "jobs.batch does not implement the scale subresource" },
    ],
  }),
  twin: status({ disruptionsAllowed: 1, currentHealthy: 3, desiredHealthy: 2, expectedPods: 3, observedGeneration: 1 }),
  action: "audit",
});

describe("scenario 12: KEDA from 0 under minAvailable 1", () => {
  const world = [deployment({ replicas: 1 }), scaledObject({ minReplicaCount: 0, maxReplicaCount: 20 })];
  it("is refused at the budget, which is to say maxUnavailable: 1", () => {
    const [found] = findingsOf(budget({ minAvailable: 1 }), world).filter(({ rule }) => rule === "DRAIN-002");
    expect(found).toMatchObject({
      action: "deny",
      message:
        'PodDisruptionBudget "web" (minAvailable: 1) leaves 0 evictions at 1 replica, the first of ScaledObject "queue" above its minReplicaCount 0: its nodes can never be drained',
      fix: "use maxUnavailable: 1, or delete the PDB",
    });
  });
  it("is proven at 0 and at 1 with maxUnavailable: 1", () => {
    expect(findingsOf(budget({ maxUnavailable: 1 }), world).filter(({ action }) => action === "deny")).toEqual([]);
  });
  it("is refused at the ScaledObject too, if that comes last", () => {
    const rules = findingsOf(scaledObject({ minReplicaCount: 0 }), [deployment({ replicas: 3 }), budget({ minAvailable: 1 })]);
    expect(rules.map(({ rule, path }) => `${rule} ${path}`)).toEqual(["DRAIN-002 /spec/minReplicaCount"]);
  });
  it("S101: is nothing where KEDA keeps two, and names KEDA where it keeps one", () => {
    const judged = (minReplicaCount: number) =>
      findingsOf(scaledObject({ minReplicaCount }), [deployment({ replicas: 3 }), budget({ minAvailable: 1 })]);
    expect(judged(2)).toEqual([]);
    expect(judged(1).map(({ rule, fix }) => [rule, fix])).toEqual([
      ["DRAIN-001", expect.any(String)],
      ["DRAIN-002", "use maxUnavailable: 1, or set minReplicaCount 2 on ScaledObject queue, or delete the PDB"],
    ]);
  });
});

describe("profiles and drains", () => {
  it("S200: scenario 18: a grace period below the longest request is DRAIN-012, and the fix counts preStop in", () => {
    const [found] = findingsOf(regulars({ disruption: { gracePeriodSeconds: 30, maxRequestSeconds: 45 } }), []).filter(
      ({ rule }) => rule === "DRAIN-012",
    );
    expect(found).toMatchObject({
      action: "deny",
      message: "gracePeriodSeconds 30 is below maxRequestSeconds 45",
      fix: "set gracePeriodSeconds >= 50",
    });
    expect(findingsOf(regulars({ disruption: { gracePeriodSeconds: 45, maxRequestSeconds: 45 } }), [])).not.toContainEqual(
      expect.objectContaining({ rule: "DRAIN-012" }),
    );
  });
  it("S202: a slow start under a budget of several at once is DRAIN-013, with its arithmetic", () => {
    const slow = {
      ...regulars({ availability: { minReplicas: 10 }, scaling: { maxReplicas: 20 } }),
      status: { coldStart: { p95Seconds: 300, samples: 40 } },
    };
    const found = findingsOf(deployment({ replicas: 20 }), [slow]).filter(({ rule }) => rule === "DRAIN-013");
    expect(found.map(({ message }) => message)).toEqual([
      "cold start p95 300 s x evictions allowed at once would take 4 of 20 replicas out together",
    ]);
    const quick = { ...slow, status: { coldStart: { p95Seconds: 20, samples: 40 } } };
    expect(findingsOf(deployment({ replicas: 20 }), [quick]).filter(({ rule }) => rule === "DRAIN-013")).toEqual([]);
  });
  it("S026, S146: S196: a single replica is refused where a profile binds it, and warned of without", () => {
    const drain001 = (world: readonly KubeObject[]) =>
      findingsOf(deployment({ replicas: 1 }), world).filter(({ rule }) => rule === "DRAIN-001");
    expect(drain001([regulars({})]).map(({ action }) => action)).toEqual(["deny"]);
    expect(drain001([]).map(({ action }) => action)).toEqual(["warn"]);
  });
  it("S025: a profiled service without a readinessProbe is refused, and one without a profile warned of", () => {
    const drain011 = (world: readonly KubeObject[]) => findingsOf(deployment(), world).filter(({ rule }) => rule === "DRAIN-011");
    expect(drain011([regulars({}), service]).map(({ action }) => action)).toEqual(["deny"]);
    expect(drain011([service]).map(({ action }) => action)).toEqual(["warn"]);
    expect(drain011([service, budget({ maxUnavailable: 1 })]).map(({ message }) => message)).toEqual([
      'container "app" has no readinessProbe; a replacement would take traffic before it is ready',
    ]);
    expect(drain011([regulars({})])).toEqual([]);
  });
});

describe("a headless Service", () => {
  const headless = object("Service", "v1", { spec: { selector: { app: "web" }, clusterIP: "None" } }, "web-peers");
  const drain010 = (world: readonly KubeObject[]) =>
    findingsOf(deployment(), world)
      .filter(({ rule }) => rule === "DRAIN-010")
      .map(({ action }) => action);
  it("only records a missing preStop hook: its clients hold connections and reconnect", () => {
    expect(drain010([headless])).toEqual(["audit"]);
  });
  it("takes nothing from a Service that balances beside it", () => {
    expect(drain010([headless, service])).toEqual(["warn"]);
  });
});

describe("a Service whose ports are all named for metrics", () => {
  const named = (...names: readonly string[]) =>
    object("Service", "v1", { spec: { selector: { app: "web" }, ports: names.map((name, index) => ({ name, port: 8080 + index })) } });
  const drains = (world: readonly KubeObject[]) =>
    findingsOf(deployment(), world)
      .map(({ rule, action }) => `${rule} ${action}`)
      .filter((line) => line.startsWith("DRAIN-010") || line.startsWith("DRAIN-011"));
  it("sends a collector's scrapes and no requests: a missing preStop hook is only recorded, a missing probe no matter", () => {
    expect(drains([named("metrics")])).toEqual(["DRAIN-010 audit"]);
    expect(drains([named("tcp-prometheus-servicemonitor", "metrics")])).toEqual(["DRAIN-010 audit"]);
  });
  it("is one that answers requests as soon as a port is named otherwise, or not named", () => {
    expect(drains([named("metrics", "webhook")])).toEqual(["DRAIN-010 warn", "DRAIN-011 warn"]);
    expect(drains([named("http-metrics")])).toEqual(["DRAIN-010 warn", "DRAIN-011 warn"]);
    expect(drains([named("prometheus")])).toEqual(["DRAIN-010 warn", "DRAIN-011 warn"]);
    expect(drains([service])).toEqual(["DRAIN-010 warn", "DRAIN-011 warn"]);
  });
});

it("a plain Deployment without anything beside it is told of its missing profile and of nothing that drains ask", () => {
  const told = validate({ policySet: policies, request: requestFor(deployment()), context: contextOf() });
  expect(told.allowed).toBe(true);
  expect(told.findings.filter(({ rule, action }) => rule.startsWith("DRAIN") && action !== "audit")).toEqual([]);
});

it("behind a Service it is told of two things", () => {
  const told = validate({ policySet: policies, request: requestFor(deployment()), context: contextOf([service]) });
  expect(told.findings.filter(({ rule, action }) => rule.startsWith("DRAIN") && action !== "audit").map(({ rule }) => rule)).toEqual([
    "DRAIN-010",
    "DRAIN-011",
  ]);
});
