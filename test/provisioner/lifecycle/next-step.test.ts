/**
 * The lifecycle of a NodeClaim as a table: in each state, what each event makes the next step.
 */
import { describe, expect, test } from "vitest";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { CloudInstance } from "../../../src/api/ports.ts";
import { cameTrue, claimStatusAfter, type RootCondition } from "../../../src/provisioner/lifecycle/claim-status.ts";
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
    deleted: "end-instance",
    "instance gone": "release-claim",
  }),
  unregistered: row({
    otherwise: "wait",
    "registration timeout": "delete-claim",
    "Node joins": "patch-node",
    "Node ready": "patch-node",
    "Node labelled": "write-status",
    deleted: "end-instance",
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
  initialized: row({ otherwise: "wait", deleted: "patch-node", "instance gone": "delete-node" }),
  draining: row({ otherwise: "remove-pods", "instance gone": "delete-node", "Pods left": "end-instance" }),
  terminating: row({ otherwise: "end-instance", "instance gone": "delete-node" }),
  terminated: row({ otherwise: "delete-node" }),
  ended: row({ otherwise: "release-claim", "Node joins": "delete-node", "Node ready": "delete-node", "Node labelled": "delete-node" }),
  released: row({ otherwise: "wait" }),
};

const states: Readonly<Record<LifecycleState, ObservedClaim>> = {
  unguarded: observed({ nodeClaim: claim({ finalizers: [] }) }),
  unlaunched: observed({ nodeClaim: claim({}) }),
  unregistered: observed({ nodeClaim: claim({ is: ["Launched"] }) }),
  uninitialized: observed({ nodeClaim: claim({ is: ["Launched", "Registered"] }), node: node({ registered: true }) }),
  initialized: observed({ nodeClaim: ready(), node: node({ registered: true, ready: true, initialized: true }) }),
  draining: observed({
    nodeClaim: deleted(ready()),
    node: node({ registered: true, cordoned: true }),
    pods: [pod()],
    instance: instance(),
  }),
  terminating: observed({ nodeClaim: deleted(ready()), node: node({ registered: true, cordoned: true }), instance: instance() }),
  terminated: observed({ nodeClaim: deleted(ready()), node: node({ registered: true, cordoned: true }) }),
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
  const removals = (pods: readonly Pod[], more: { readonly grace?: string; readonly now?: number } = {}) => {
    const base = deleted(ready());
    const nodeClaim = more.grace === undefined ? base : { ...base, spec: { ...base.spec, terminationGracePeriod: more.grace } };
    const step = nextLifecycleStep({ ...states.draining, nodeClaim, pods }, more.now ?? soon);
    return step.kind === "remove-pods" ? step.removals.map((one) => `${one.kind} ${one.pod.metadata.name ?? ""}`) : step.kind;
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

function withoutInstance({ nodeClaim, node, pods }: ObservedClaim): ObservedClaim {
  return { nodeClaim, pods, claimOnlyAnnotations, ...(node === undefined ? {} : { node }) };
}

/** Deleted, and without an instance any more. */
function isOver(seen: ObservedClaim): boolean {
  return seen.nodeClaim.metadata.deletionTimestamp !== undefined && seen.instance === undefined;
}

function observed(of: Partial<ObservedClaim> & Pick<ObservedClaim, "nodeClaim">): ObservedClaim {
  return { pods: [], claimOnlyAnnotations, ...of };
}

function claim({
  is = [],
  finalizers = ["karpenter.sh/termination"],
}: {
  readonly is?: readonly RootCondition[];
  readonly finalizers?: readonly string[];
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
      annotations: { [launchRequestAnnotation]: "{}", [plannedPodsAnnotation]: "a=1" },
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
