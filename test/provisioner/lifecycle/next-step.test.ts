/**
 * The lifecycle of a NodeClaim as a table: in each state, what each event makes the next step.
 */
import { describe, expect, test } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import type { PodDisruptionBudget } from "../../../src/api/pod-disruption-budget.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { CloudInstance } from "../../../src/api/ports.ts";
import { cameTrue, claimStatusAfter, type ConditionChange, type RootCondition } from "../../../src/provisioner/lifecycle/claim-status.ts";
import type { PodRemoval } from "../../../src/provisioner/lifecycle/drain.ts";
import {
  launchTimeoutMs,
  lifecycleStateOf,
  nextLifecycleStep,
  registrationTimeoutMs,
  type LifecycleState,
  type LifecycleStep,
  type ObservedClaim,
} from "../../../src/provisioner/lifecycle/next-step.ts";
import { pod } from "../../support/objects.ts";

const createdAt = Date.parse("2026-01-01T00:00:00Z");
const soon = createdAt + 1_000;
const [launchRequestAnnotation, plannedPodsAnnotation] = ["platform.example.com/launch-request", "platform.example.com/planned-pods"];
const claimOnlyAnnotations = [launchRequestAnnotation, plannedPodsAnnotation];

/** What may happen to a claim; each is a change of what is observed. */
type Event =
  | "nothing"
  | "launch timeout"
  | "registration timeout"
  | "Node joins"
  | "Node ready"
  | "Node labelled"
  | "deleted"
  | "instance gone"
  | "Pods left";

type Expected = LifecycleStep["kind"];

const table: Readonly<Record<LifecycleState, Readonly<Record<Event, Expected>>>> = {
  unguarded: row({ otherwise: "add-finalizer", deleted: "wait", "instance gone": "wait" }),
  unlaunched: row({
    otherwise: "launch",
    "launch timeout": "delete-claim",
    "registration timeout": "delete-claim",
    deleted: "write-status",
    "instance gone": "release-claim",
  }),
  asked: row({
    otherwise: "adopt",
    "launch timeout": "delete-claim",
    "registration timeout": "delete-claim",
    deleted: "write-status",
    "instance gone": "release-claim",
  }),
  unregistered: row({
    otherwise: "wait",
    "registration timeout": "delete-claim",
    "Node joins": "patch-node",
    "Node ready": "patch-node",
    "Node labelled": "write-status",
    deleted: "write-status",
    "instance gone": "release-claim",
  }),
  uninitialized: row({
    otherwise: "write-status",
    "Node joins": "write-status",
    "Node ready": "patch-node",
    "Node labelled": "write-status",
    deleted: "patch-node",
    "instance gone": "delete-node",
  }),
  // Its kubelet still reports: a cloud that says otherwise is not believed at once.
  initialized: row({ otherwise: "wait", deleted: "patch-node", "instance gone": "patch-node" }),
  draining: row({ otherwise: "remove-pods", "instance gone": "delete-node", "Pods left": "write-status" }),
  detaching: row({ otherwise: "wait", "instance gone": "delete-node" }),
  terminating: row({ otherwise: "end-instance", "instance gone": "delete-node" }),
  terminated: row({ otherwise: "delete-node" }),
  ended: row({ otherwise: "release-claim", "Node joins": "delete-node", "Node ready": "patch-node", "Node labelled": "delete-node" }),
  released: row({ otherwise: "wait" }),
};

const states: Readonly<Record<LifecycleState, ObservedClaim>> = {
  unguarded: observed({ nodeClaim: claim({ finalizers: [] }) }),
  unlaunched: observed({ nodeClaim: claim({ isAsked: false }) }),
  asked: observed({ nodeClaim: claim({}) }),
  unregistered: observed({ nodeClaim: claim({ is: ["Launched"] }) }),
  uninitialized: observed({ nodeClaim: claim({ is: ["Launched", "Registered"] }), node: node({ registered: true }) }),
  initialized: observed({
    nodeClaim: told(ready(), cameTrue("ConsistentStateFound")),
    node: node({ registered: true, ready: true, initialized: true }),
  }),
  draining: observed({
    nodeClaim: deleted(told(ready(), draining("1 Pod has to leave"))),
    node: node({ registered: true, cordoned: true }),
    pods: [pod()],
    instance: instance(),
  }),
  detaching: observed({
    nodeClaim: deleted(told(ready(), cameTrue("Drained"), detaching("waiting for 1 volumes to be detached: pv-1"))),
    node: node({ registered: true, cordoned: true }),
    awaitedVolumes: ["pv-1"],
    instance: instance(),
  }),
  terminating: observed({
    nodeClaim: deleted(told(ready(), cameTrue("Drained"), cameTrue("VolumesDetached"), cameTrue("InstanceTerminating"))),
    node: node({ registered: true, cordoned: true }),
    instance: instance(),
  }),
  terminated: observed({ nodeClaim: deleted(told(ready(), cameTrue("Drained"))), node: node({ registered: true, cordoned: true }) }),
  ended: observed({ nodeClaim: deleted(ready()) }),
  released: observed({ nodeClaim: deleted(claim({ finalizers: [] })) }),
};

for (const [state, row] of Object.entries(table)) {
  describe(state, () => {
    const start = states[state as LifecycleState];
    test("is what it is called", () => {
      expect(lifecycleStateOf(start, soon)).toBe(state);
    });
    for (const [event, expected] of Object.entries(row)) {
      test(`${event}: ${expected}`, () => {
        const { seen, now } = after(start, event as Event);
        expect(nextLifecycleStep(seen, now).kind).toBe(expected);
      });
    }
  });
}

describe("what the steps carry", () => {
  test("registration gives the Node the claim's labels, taints, owner and finalizer, and takes the taint off", () => {
    const nodeClaim = {
      ...claim({ is: ["Launched"] }),
      spec: { ...claim({}).spec, taints: [{ key: "team", effect: "NoSchedule" as const }] },
    };
    const step = nextLifecycleStep(observed({ nodeClaim, node: node({}) }), soon);
    expect(step).toMatchObject({
      kind: "patch-node",
      patch: {
        metadata: {
          resourceVersion: "7",
          labels: { "karpenter.sh/nodepool": "general", "karpenter.sh/registered": "true" },
          finalizers: ["karpenter.sh/termination"],
          ownerReferences: [{ kind: "NodeClaim", name: "general-1", uid: "uid-1" }],
        },
        spec: { taints: [{ key: "team", effect: "NoSchedule" }] },
      },
    });
    const patch = JSON.stringify(step.kind === "patch-node" ? step.patch : {});
    for (const annotation of claimOnlyAnnotations) expect(patch).not.toContain(annotation);
  });

  test("a Node that joined without the taint is registered, and an Event says what may have happened", () => {
    const step = nextLifecycleStep(
      observed({ nodeClaim: claim({ is: ["Launched"] }), node: { ...node({}), spec: { providerID: "kwok://general-1" } } }),
      soon,
    );
    expect(step).toMatchObject({ kind: "patch-node", events: [{ reason: "UnregisteredTaintMissing", type: "Warning" }] });
  });

  test("what holds initialization up stands in the condition", () => {
    const blocked = (made: Node, nodeClaim = claim({ is: ["Launched", "Registered"] })) => {
      const step = nextLifecycleStep(observed({ nodeClaim, node: made }), soon);
      return step.kind === "write-status" ? step.status.conditions?.find(({ type }) => type === "Initialized")?.reason : step.kind;
    };
    const ready = node({ registered: true, ready: true });
    const tainted = (key: string): Node => ({ ...ready, spec: { ...ready.spec, taints: [{ key, effect: "NoSchedule" }] } });
    const starting = claim({ is: ["Launched", "Registered"] });
    const withStartup = { ...starting, spec: { ...starting.spec, startupTaints: [{ key: "cni", effect: "NoSchedule" as const }] } };
    const withGpu = { ...starting, spec: { ...starting.spec, resources: { requests: { "nvidia.com/gpu": "1" } } } };
    expect(blocked(node({ registered: true }))).toBe("NodeNotReady");
    expect(blocked(tainted("cni"), withStartup)).toBe("StartupTaintsExist");
    expect(blocked(tainted("node.cloudprovider.kubernetes.io/uninitialized"))).toBe("KnownEphemeralTaintsExist");
    expect(blocked(ready, withGpu)).toBe("ResourceNotRegistered");
    const annotated = (drivers: string) => ({
      ...starting,
      metadata: { ...starting.metadata, annotations: { "karpenter.sh/requested-dra-drivers": drivers } },
    });
    expect(blocked(ready, annotated("gpu.nvidia.com"))).toBe("DRADriversNotReady");
    expect(blocked(ready, annotated(""))).toBe("patch-node");
    expect(blocked(ready)).toBe("patch-node");
  });

  test("Ready is Launched and Registered and Initialized, and times move only with a status", () => {
    const first = claimStatusAfter(claim({}), { conditions: [cameTrue("Launched")], now: createdAt });
    expect(first.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      "Launched=True",
      "Registered=Unknown",
      "Initialized=Unknown",
      "Ready=Unknown",
    ]);
    const later = claimStatusAfter(
      { ...claim({}), status: first },
      { conditions: [cameTrue("Registered"), cameTrue("Initialized")], now: createdAt + 60_000 },
    );
    expect(later.conditions?.map(({ type, lastTransitionTime }) => `${type} ${lastTransitionTime}`)).toEqual([
      "Launched 2026-01-01T00:00:00Z",
      "Registered 2026-01-01T00:01:00Z",
      "Initialized 2026-01-01T00:01:00Z",
      "Ready 2026-01-01T00:01:00Z",
    ]);
    expect(later.conditions?.at(-1)).toMatchObject({ type: "Ready", status: "True" });
  });

  test("a claim whose Node is lost is unregistered again, and given up when none registers anew", () => {
    const lostAt = createdAt + 3_600_000;
    const step = nextLifecycleStep(observed({ nodeClaim: ready() }), lostAt);
    if (step.kind !== "write-status") throw new Error(step.kind);
    const lost = observed({ nodeClaim: { ...ready(), status: step.status } });
    expect(lifecycleStateOf(lost, lostAt)).toBe("unregistered");
    expect(nextLifecycleStep(lost, lostAt)).toMatchObject({ kind: "wait", delayMs: registrationTimeoutMs });
    expect(nextLifecycleStep(lost, lostAt + registrationTimeoutMs)).toMatchObject({
      kind: "delete-claim",
      reason: { reason: "RegistrationTimeout" },
    });
    expect(nextLifecycleStep({ ...lost, node: node({}) }, lostAt + 1_000)).toMatchObject({ kind: "patch-node" });
  });

  test("an instance whose cloud does not answer is neither ended twice nor taken for gone", () => {
    const seen = { ...states.terminating, instance: "unknown" as const };
    expect(nextLifecycleStep(seen, soon)).toMatchObject({ kind: "wait" });
  });
});

describe("the drain", () => {
  const app = pod({ name: "app" });
  const agent = daemonPod("agent");
  const critical = pod({ name: "dns", spec: { priorityClassName: "system-cluster-critical" } });
  const drained = (pods: readonly Pod[], more: { readonly grace?: string; readonly endsAt?: string; readonly now?: number } = {}) => {
    const annotations = more.endsAt === undefined ? {} : { "karpenter.sh/nodeclaim-termination-timestamp": more.endsAt };
    const base = merged(deleted(told(ready(), draining(""))), { metadata: { annotations } });
    const nodeClaim = more.grace === undefined ? base : { ...base, spec: { ...base.spec, terminationGracePeriod: more.grace } };
    const step = stepsOf({ ...states.draining, nodeClaim, pods }, more.now ?? createdAt + 10_000).at(-1);
    if (step === undefined) throw new Error("no step");
    return step;
  };
  const removals = (...of: Parameters<typeof drained>) => {
    const step = drained(...of);
    return step.kind === "remove-pods" ? step.removals.map((one) => `${one.kind} ${one.pod.metadata.name ?? ""}`) : step.kind;
  };
  const graceOf = (...of: Parameters<typeof drained>) => {
    const step = drained(...of);
    const words = (one: PodRemoval) => (one.kind === "shorten" ? ` to ${one.gracePeriodSeconds} s` : "");
    return step.kind === "remove-pods" ? step.removals.map((one) => `${one.kind} ${one.pod.metadata.name ?? ""}${words(one)}`) : step.kind;
  };

  test("goes by groups: applications, their DaemonSets, then what is critical", () => {
    expect(removals([critical, agent, app])).toEqual(["evict app"]);
    expect(removals([critical, agent])).toEqual(["evict agent"]);
    expect(removals([critical])).toEqual(["evict dns"]);
  });

  test("waits for a group that is on its way out before it starts the next", () => {
    const leaving = { ...app, metadata: { ...app.metadata, deletionTimestamp: "2026-01-01T00:00:30Z" } };
    expect(removals([leaving, agent])).toBe("wait");
  });

  test("gives a Pod its own grace where its deletion gave more, and waits no longer for it", () => {
    const leaving = (deletionGracePeriodSeconds: number, deletionTimestamp: string, own?: number) => ({
      ...app,
      metadata: { ...app.metadata, deletionGracePeriodSeconds, deletionTimestamp },
      spec: { ...app.spec, ...(own === undefined ? {} : { terminationGracePeriodSeconds: own }) },
    });
    const forYears = (own?: number) => leaving(315_360_000, "2035-12-30T00:00:00Z", own);
    expect(graceOf([forYears()])).toEqual(["shorten app to 30 s"]);
    expect(graceOf([forYears(60)])).toEqual(["shorten app to 60 s"]);
    expect(graceOf([forYears(0)])).toEqual(["shorten app to 1 s"]);
    expect(graceOf([leaving(31, "2026-01-01T00:00:31Z"), agent])).toEqual(["shorten app to 30 s"]);
    // As the API server answers: it ends when it would have ended with its own grace from the start.
    expect(removals([leaving(30, "2026-01-01T00:00:30Z")])).toBe("wait");
    expect(removals([leaving(10, "2026-01-01T00:00:10Z")])).toBe("wait");
    expect(removals([leaving(30, "2026-01-01T00:00:30Z")], { now: createdAt + 91_000 })).toBe("end-instance");
  });

  test("does not count Pods that ended, that tolerate the taint, that are mirrors, or that never end", () => {
    const ended = { ...app, status: { phase: "Succeeded" as const } };
    const tolerant = pod({ name: "net", spec: { tolerations: [{ operator: "Exists" }] } });
    const mirror = pod({ name: "static", annotations: { "kubernetes.io/config.mirror": "x" } });
    const stuck = { ...app, metadata: { ...app.metadata, deletionTimestamp: "2025-12-31T23:00:00Z" } };
    expect(removals([ended, tolerant, mirror, stuck])).toBe("end-instance");
  });

  test("leaves a Pod that must not be disrupted, without a deadline for ever", () => {
    const kept = pod({ name: "kept", annotations: { "karpenter.sh/do-not-disrupt": "true" } });
    expect(removals([kept], { now: createdAt + 86_400_000 })).toBe("wait");
  });

  test("with a deadline deletes what would not have its grace, and at the deadline ends the instance whatever is there", () => {
    const kept = pod({ name: "kept", annotations: { "karpenter.sh/do-not-disrupt": "true" }, spec: { terminationGracePeriodSeconds: 60 } });
    expect(removals([kept], { grace: "5m", now: createdAt + 239_000 })).toBe("wait");
    expect(removals([kept], { grace: "5m", now: createdAt + 240_000 })).toEqual(["delete kept"]);
    expect(removals([kept], { grace: "5m", now: createdAt + 300_000 })).toBe("end-instance");
  });

  test("evicts Pods of a long grace for half of the time that a cloud leaves, and only then deletes them past their budget", () => {
    const slow = pod({ name: "slow", spec: { terminationGracePeriodSeconds: 600 } });
    const spot = { endsAt: "2026-01-01T00:01:00Z" };
    expect(removals([slow], { ...spot, now: createdAt + 10_000 })).toEqual(["evict slow"]);
    expect(removals([slow], { ...spot, now: createdAt + 30_000 })).toEqual(["delete slow"]);
    // A pool's own grace period is longer than what the cloud leaves; where it is the sooner one, it counts as its people have set it.
    expect(removals([slow], { ...spot, grace: "15m", now: createdAt + 10_000 })).toEqual(["evict slow"]);
    expect(removals([slow], { ...spot, grace: "1m", now: createdAt + 10_000 })).toEqual(["delete slow"]);
  });
});

describe("an initialized node", () => {
  const joined = node({ registered: true, ready: true, initialized: true });
  const step = (nodeClaim: NodeClaim, made: Node) => nextLifecycleStep(observed({ nodeClaim, node: made }), soon);
  const statusOf = (made: LifecycleStep, type: string) =>
    made.kind === "write-status" ? made.status.conditions?.find((condition) => condition.type === type) : made.kind;
  const sized = (memory: string): Node => ({ ...joined, status: { ...joined.status, capacity: { cpu: "4", memory } } });
  const bought: NodeClaim = {
    ...ready(),
    spec: { ...ready().spec, resources: { requests: { cpu: "1", memory: "1Gi" } } },
    status: { ...ready().status, capacity: { cpu: "4", memory: "16Gi" } },
  };

  test("that is what was bought says so once", () => {
    expect(statusOf(step(bought, sized("15Gi")), "ConsistentStateFound")).toMatchObject({ status: "True", reason: "ConsistentStateFound" });
    expect(step(told(bought, cameTrue("ConsistentStateFound")), sized("15Gi")).kind).toBe("wait");
  });

  test("that lacks more than a tenth of a requested resource says which, on the claim and on the Node", () => {
    const found = step(bought, sized("14Gi"));
    const message = "expected 16Gi of resource memory, but found 14Gi (87.5% of expected)";
    expect(statusOf(found, "ConsistentStateFound")).toMatchObject({ status: "False", reason: "ConsistencyCheckFailed", message });
    expect(found.events?.map(({ reason, regarding }) => `${reason} ${regarding.kind}`)).toEqual([
      "FailedConsistencyCheck NodeClaim",
      "FailedConsistencyCheck Node",
    ]);
  });

  test("that loses its label is initialized anew", () => {
    const found = step(ready(), node({ registered: true, ready: true }));
    expect(statusOf(found, "Initialized")).toMatchObject({ status: "Unknown", reason: "NodeReinitializing" });
    const again = { ...ready(), ...(found.kind === "write-status" ? { status: found.status } : {}) };
    expect(step(again, node({ registered: true, ready: true }))).toMatchObject({ kind: "patch-node" });
    expect(step(told(again, { ...cameTrue("Drained"), type: "Rebooting" as never }), node({ registered: true, ready: true })).kind).toBe(
      "wait",
    );
  });

  test("whose kubelet has made its Node anew is registered anew", () => {
    const found = step(ready(), node({ ready: true }));
    expect(statusOf(found, "Registered")).toMatchObject({ status: "Unknown" });
    const again = { ...ready(), ...(found.kind === "write-status" ? { status: found.status } : {}) };
    expect(step(again, node({ ready: true }))).toMatchObject({ kind: "patch-node", patch: { spec: { taints: [] } } });
  });
});

describe("the end of a node", () => {
  const grace = (nodeClaim: NodeClaim): NodeClaim => ({ ...nodeClaim, spec: { ...nodeClaim.spec, terminationGracePeriod: "5m" } });
  const leaving: ObservedClaim = { ...states.draining, nodeClaim: grace(deleted(ready())), node: node({ registered: true }) };
  const deadline = "2026-01-01T00:05:00Z";

  test("tells its deadline on the claim and on the Node, where load balancers are sent away, too", () => {
    const first = nextLifecycleStep(leaving, soon);
    expect(first).toMatchObject({
      kind: "patch-claim",
      patch: { metadata: { annotations: { "karpenter.sh/nodeclaim-termination-timestamp": deadline } } },
    });
    const nodeClaim = merged(leaving.nodeClaim, first.kind === "patch-claim" ? first.patch : {});
    expect(nextLifecycleStep({ ...leaving, nodeClaim }, soon)).toMatchObject({
      kind: "patch-node",
      patch: {
        metadata: {
          annotations: { "karpenter.sh/nodeclaim-termination-timestamp": deadline },
          labels: { "node.kubernetes.io/exclude-from-external-load-balancers": "karpenter" },
        },
        spec: { taints: [{ key: "karpenter.sh/disrupted", effect: "NoSchedule" }] },
      },
    });
  });

  test("counts down in the condition Drained, and says whom it waits for", () => {
    const budget: PodDisruptionBudget = {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "web", namespace: "shop" },
      spec: { minAvailable: 2, selector: { matchLabels: { app: "web-1" } } },
      status: { disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2 },
    };
    const running = { ...pod(), status: { phase: "Running" as const, conditions: [{ type: "Ready", status: "True" as const }] } };
    const kept = pod({ name: "kept", annotations: { "karpenter.sh/do-not-disrupt": "true" } });
    const seen = { ...leaving, pods: [running, kept], budgets: [budget] };
    const [first] = writtenConditions(seen, createdAt + 100_000, "Drained");
    expect(first).toMatchObject({
      status: "Unknown",
      reason: "Draining",
      message: `2 Pods have to leave; shop/kept is left alone: do-not-disrupt; shop/web-1 waits: The disruption budget web needs 2 healthy pods and has 2 currently; the instance ends at ${deadline}, in 4m0s`,
    });
  });

  test("names what was lost at the deadline", () => {
    const seen = { ...leaving, pods: [pod({ name: "a" }), pod({ name: "b" })] };
    const steps = stepsOf(seen, createdAt + 300_000);
    const message = "the instance ended at its deadline with 2 Pods on it: shop/a, shop/b";
    expect(steps.flatMap(({ events = [] }) => events).map((note) => `${note.reason}: ${note.message}`)).toContain(`PodsLost: ${message}`);
    expect(writtenConditions(seen, createdAt + 300_000, "Drained").at(-1)).toMatchObject({
      status: "False",
      reason: "TerminationGracePeriodElapsed",
      message,
    });
    expect(steps.at(-1)?.kind).toBe("end-instance");
  });

  test("waits for volumes, but not beyond the deadline", () => {
    const nodeClaim = grace(deleted(told(ready(), cameTrue("Drained"))));
    const seen = { ...leaving, nodeClaim, pods: [], awaitedVolumes: ["pv-1"] };
    expect(stepsOf(seen, soon).at(-1)?.kind).toBe("wait");
    expect(writtenConditions(seen, soon, "VolumesDetached").at(-1)).toMatchObject({
      status: "Unknown",
      reason: "AwaitingVolumeDetachment",
    });
    expect(stepsOf(seen, createdAt + 300_000).at(-1)?.kind).toBe("end-instance");
    expect(writtenConditions(seen, createdAt + 300_000, "VolumesDetached").at(-1)).toMatchObject({
      status: "False",
      reason: "TerminationGracePeriodElapsed",
      message: "still attached: pv-1",
    });
  });

  test("leaves a scheduler that has not seen the cordon five seconds", () => {
    const seen = { ...states.draining, nodeClaim: deleted(ready()), pods: [] };
    const first = stepsOf(seen, createdAt + 60_000);
    expect(first.at(-1)?.kind).toBe("wait");
    const [drained] = writtenConditions(seen, createdAt + 60_000, "Drained");
    const nodeClaim = deleted(told(ready(), { type: "Drained", status: "Unknown", reason: "Draining", message: drained?.message ?? "" }));
    expect(stepsOf({ ...seen, nodeClaim }, createdAt + 4_900).at(-1)?.kind).toBe("wait");
    expect(stepsOf({ ...seen, nodeClaim }, createdAt + 5_000).at(-1)?.kind).toBe("end-instance");
  });

  test("believes a cloud that has forgotten the instance only once its kubelet is silent, or its Pods have left", () => {
    const forgotten = { ...withoutInstance(states.draining), node: withReady(node({ registered: true, cordoned: true })) };
    expect(lifecycleStateOf(forgotten, soon)).toBe("draining");
    expect(lifecycleStateOf({ ...forgotten, node: node({ registered: true, cordoned: true }) }, soon)).toBe("terminated");
    expect(lifecycleStateOf({ ...forgotten, instance: { ...instance(), state: "terminated" } }, soon)).toBe("terminated");
  });
});

function row(of: Partial<Record<Event, Expected>> & { readonly otherwise: Expected }): Readonly<Record<Event, Expected>> {
  const { otherwise, ...own } = of;
  const all: Record<Event, Expected> = {
    nothing: otherwise,
    "launch timeout": otherwise,
    "registration timeout": otherwise,
    "Node joins": otherwise,
    "Node ready": otherwise,
    "Node labelled": otherwise,
    deleted: otherwise,
    "instance gone": otherwise,
    "Pods left": otherwise,
  };
  return { ...all, ...own };
}

function after(seen: ObservedClaim, event: Event): { readonly seen: ObservedClaim; readonly now: number } {
  switch (event) {
    case "nothing":
      return { seen, now: soon };
    case "launch timeout":
      return { seen, now: createdAt + launchTimeoutMs };
    case "registration timeout":
      return { seen, now: createdAt + registrationTimeoutMs };
    case "Node joins":
      return { seen: { ...seen, node: seen.node ?? node({}) }, now: soon };
    case "Node ready":
      return { seen: { ...seen, node: withReady(seen.node ?? node({})) }, now: soon };
    case "Node labelled":
      return { seen: { ...seen, node: seen.node ?? node({ registered: true }) }, now: soon };
    case "deleted":
      return { seen: { ...seen, nodeClaim: deleted(seen.nodeClaim), ...(isOver(seen) ? {} : { instance: instance() }) }, now: soon };
    case "instance gone": {
      const rest = withoutInstance(seen);
      return { seen: { ...rest, nodeClaim: deleted(seen.nodeClaim) }, now: soon };
    }
    case "Pods left":
      return { seen: { ...seen, pods: [] }, now: soon };
  }
}

function withoutInstance({ nodeClaim, node, pods, names, awaitedVolumes = [] }: ObservedClaim): ObservedClaim {
  return { nodeClaim, pods, claimOnlyAnnotations, names, awaitedVolumes, ...(node === undefined ? {} : { node }) };
}

/** Deleted, and without an instance any more. */
function isOver(seen: ObservedClaim): boolean {
  return seen.nodeClaim.metadata.deletionTimestamp !== undefined && seen.instance === undefined;
}

function observed(of: Partial<ObservedClaim> & Pick<ObservedClaim, "nodeClaim">): ObservedClaim {
  return { pods: [], claimOnlyAnnotations, names: platformNames(), ...of };
}

function claim({
  is = [],
  finalizers = ["karpenter.sh/termination"],
  isAsked = true,
}: {
  readonly is?: readonly RootCondition[];
  readonly finalizers?: readonly string[];
  readonly isAsked?: boolean;
}): NodeClaim {
  const bare: NodeClaim = {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: {
      name: "general-1",
      uid: "uid-1",
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { "karpenter.sh/nodepool": "general" },
      annotations: { ...(isAsked ? { [launchRequestAnnotation]: "{}" } : {}), [plannedPodsAnnotation]: "a=1" },
      finalizers,
    },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
  };
  if (is.length === 0) return bare;
  const fields = { providerID: "kwok://general-1" };
  return { ...bare, status: claimStatusAfter(bare, { conditions: is.map(cameTrue), fields, now: createdAt }) };
}

function ready(): NodeClaim {
  return claim({ is: ["Launched", "Registered", "Initialized"] });
}

/** The claim with side conditions that came true, or not, when it was made. */
function told(nodeClaim: NodeClaim, ...conditions: readonly ConditionChange[]): NodeClaim {
  return { ...nodeClaim, status: claimStatusAfter(nodeClaim, { conditions, now: createdAt }) };
}

function draining(message: string): ConditionChange {
  return { type: "Drained", status: "Unknown", reason: "Draining", message };
}

function detaching(message: string): ConditionChange {
  return { type: "VolumesDetached", status: "Unknown", reason: "AwaitingVolumeDetachment", message };
}

/** The steps until the first that is more than telling: what is told on the way is as if it had been written. */
function stepsOf(seen: ObservedClaim, now: number): readonly LifecycleStep[] {
  let look = seen;
  const steps: LifecycleStep[] = [];
  for (let count = 0; count < 8; count += 1) {
    const step = nextLifecycleStep(look, now);
    steps.push(step);
    if (step.kind === "write-status") look = { ...look, nodeClaim: { ...look.nodeClaim, status: step.status } };
    else if (step.kind === "patch-claim") look = { ...look, nodeClaim: merged(look.nodeClaim, step.patch) };
    else if (step.kind === "patch-node") look = { ...look, node: merged(step.node, step.patch) };
    else return steps;
  }
  throw new Error("nothing but telling");
}

function writtenConditions(seen: ObservedClaim, now: number, type: string) {
  return stepsOf(seen, now).flatMap((step) =>
    step.kind === "write-status" ? (step.status.conditions ?? []).filter((condition) => condition.type === type) : [],
  );
}

function merged<T extends object>(object: T, patch: object): T {
  const entries = Object.entries(patch).map(([key, value]: readonly [string, unknown]) => {
    const before = (object as Readonly<Record<string, unknown>>)[key];
    const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
    return [key, isMap ? merged(before ?? {}, value) : value];
  });
  return { ...object, ...(Object.fromEntries(entries) as Partial<T>) };
}

function deleted(nodeClaim: NodeClaim): NodeClaim {
  return { ...nodeClaim, metadata: { ...nodeClaim.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
}

function node(of: {
  readonly registered?: boolean;
  readonly ready?: boolean;
  readonly initialized?: boolean;
  readonly cordoned?: boolean;
}): Node {
  const made: Node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: "general-1",
      uid: "uid-node",
      resourceVersion: "7",
      labels: {
        ...(of.registered === true ? { "karpenter.sh/registered": "true" } : {}),
        ...(of.initialized === true ? { "karpenter.sh/initialized": "true" } : {}),
        ...(of.cordoned === true ? { "node.kubernetes.io/exclude-from-external-load-balancers": "karpenter" } : {}),
      },
    },
    spec: {
      providerID: "kwok://general-1",
      taints: [
        ...(of.registered === true ? [] : [{ key: "karpenter.sh/unregistered", effect: "NoExecute" as const }]),
        ...(of.cordoned === true ? [{ key: "karpenter.sh/disrupted", effect: "NoSchedule" as const }] : []),
      ],
    },
    status: { conditions: [{ type: "Ready", status: "False" }] },
  };
  return of.ready === true ? withReady(made) : made;
}

function withReady(made: Node): Node {
  return { ...made, status: { ...made.status, conditions: [{ type: "Ready", status: "True" }] } };
}

function instance(): CloudInstance {
  return {
    providerID: "kwok://general-1",
    nodeClaim: "general-1",
    instanceType: "m7i.large",
    zone: "ap-southeast-1a",
    capacityType: "on-demand",
    state: "running",
  };
}

function daemonPod(name: string): Pod {
  return pod({ name, owner: { apiVersion: "apps/v1", kind: "DaemonSet", name, uid: `uid-${name}`, controller: true } });
}
