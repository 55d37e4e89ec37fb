/**
 * An instance that ended by itself: its loss is told, its Pods are removed at once, its volumes are let go of, and only then its Node goes.
 */
import { describe, expect, test } from "vitest";
import type { ApiClient } from "../../../src/api/api-client.ts";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { CloudInstance } from "../../../src/api/ports.ts";
import { ok } from "../../../src/api/result.ts";
import { removePods } from "../../../src/provisioner/controllers/pod-removal.ts";
import { cameTrue, claimStatusAfter } from "../../../src/provisioner/lifecycle/claim-status.ts";
import { detachMaxMs } from "../../../src/provisioner/lifecycle/ended-instance.ts";
import { nextLifecycleStep, type LifecycleStep, type ObservedClaim } from "../../../src/provisioner/lifecycle/next-step.ts";
import { pod } from "../../support/objects.ts";

const createdAt = Date.parse("2026-03-01T09:00:00Z");
const now = Date.parse("2026-03-01T10:00:00Z");
const providerID = "aws:///ap-southeast-1a/i-0a";
const outOfService = { key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" };

const bare: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: {
    name: "general-1",
    uid: "uid-1",
    creationTimestamp: "2026-03-01T09:00:00Z",
    deletionTimestamp: "2026-03-01T10:00:00Z",
    finalizers: ["karpenter.sh/termination"],
  },
  spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
};
const joined = (["Launched", "Registered", "Initialized"] as const).map(cameTrue);
const nodeClaim: NodeClaim = {
  ...bare,
  status: claimStatusAfter(bare, { conditions: joined, fields: { providerID, nodeName: "node-1" }, now: createdAt }),
};
const node: Node = {
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name: "node-1",
    resourceVersion: "7",
    finalizers: ["karpenter.sh/termination"],
    labels: { "karpenter.sh/registered": "true", "karpenter.sh/initialized": "true" },
  },
  spec: { providerID, taints: [{ key: "karpenter.sh/disrupted", effect: "NoSchedule" }] },
  // Its kubelet was heard a moment ago: the cloud knows better.
  status: { conditions: [{ type: "Ready", status: "True" }] },
};
const ended: CloudInstance = {
  ...{ providerID, nodeClaim: "general-1", nodePool: "general", instanceType: "m7i.large", zone: "ap-southeast-1a" },
  ...{ capacityType: "spot", state: "terminated" },
};
const daemon = { apiVersion: "apps/v1", kind: "DaemonSet", name: "cni", uid: "uid-ds", controller: true };
const web = pod({ name: "web-1" });
const others: readonly Pod[] = [
  pod({ name: "cni-1", owner: daemon }),
  pod({ name: "static", annotations: { "kubernetes.io/config.mirror": "x" } }),
  { ...pod({ name: "job-1" }), status: { phase: "Succeeded" } },
];

/** Plays steps as if each were written, until one that needs somebody else; Pods go when they are removed. */
function played(change: Partial<ObservedClaim>, at = now) {
  let seen: ObservedClaim = {
    nodeClaim,
    node,
    pods: [web, ...others],
    instance: ended,
    claimOnlyAnnotations: [],
    names: platformNames(),
    ...change,
  };
  const steps: LifecycleStep[] = [];
  for (let count = 0; count < 8; count += 1) {
    const step = nextLifecycleStep(seen, at);
    steps.push(step);
    if (step.kind === "write-status") seen = { ...seen, nodeClaim: { ...seen.nodeClaim, status: step.status } };
    else if (step.kind === "remove-pods")
      seen = { ...seen, pods: seen.pods.filter((one) => !step.removals.some((removal) => removal.pod === one)) };
    else if (step.kind === "patch-node")
      seen = { ...seen, node: { ...step.node, spec: { ...step.node.spec, ...(step.patch["spec"] as object) } } };
    else return steps;
  }
  throw new Error("no end of steps");
}

const kindsOf = (steps: readonly LifecycleStep[]) => steps.map(({ kind }) => kind);

describe("once the cloud says that the instance is terminated", () => {
  test("what was lost is told, its Pods are removed, and the Node goes", () => {
    const steps = played({});
    expect(kindsOf(steps)).toEqual(["write-status", "remove-pods", "delete-node"]);
    const [told, removed] = steps;
    const message = "the instance ended with 1 Pods on it: shop/web-1";
    expect(told?.events?.map((note) => `${note.type} ${note.reason} ${note.regarding.kind}: ${note.message}`)).toEqual([
      `Warning PodsLost NodeClaim: ${message}`,
      `Warning PodsLost Node: ${message}`,
    ]);
    const conditions = told?.kind === "write-status" ? (told.status.conditions ?? []) : [];
    expect(conditions.find(({ type }) => type === "Drained")).toMatchObject({ status: "False", reason: "InstanceEnded", message });
    expect(conditions.find(({ type }) => type === "InstanceTerminating")).toMatchObject({ status: "True" });
    expect(removed).toMatchObject({ removals: [{ kind: "forget", pod: { metadata: { name: "web-1" } } }] });
  });

  test("the first twenty of many are named", () => {
    const many = Array.from({ length: 70 }, (_unused, index) => pod({ name: `p${String(index).padStart(2, "0")}` }));
    expect(played({ pods: many })[0]?.events?.[0]?.message).toMatch(
      /^the instance ended with 70 Pods on it: shop\/p00, .*shop\/p19 and 50 more$/,
    );
  });

  test("while volumes are attached the Node is out of service, for a minute at most", () => {
    const attached = { awaitedVolumes: ["pv-1"] };
    const steps = played(attached);
    expect(kindsOf(steps)).toEqual(["write-status", "remove-pods", "patch-node", "wait"]);
    expect(steps[2]).toMatchObject({
      patch: {
        metadata: { resourceVersion: "7" },
        spec: { taints: [{ key: "karpenter.sh/disrupted", effect: "NoSchedule" }, outOfService] },
      },
    });
    const status = claimStatusAfter(nodeClaim, { conditions: [cameTrue("InstanceTerminating")], now });
    const told = { ...attached, nodeClaim: { ...nodeClaim, status } };
    expect(kindsOf(played(told, now + detachMaxMs - 1)).at(-1)).toBe("wait");
    expect(kindsOf(played(told, now + detachMaxMs))).toEqual(["remove-pods", "delete-node"]);
  });

  test("an end that we have told before is not told again, and its Pods are removed all the same", () => {
    const status = claimStatusAfter(nodeClaim, { conditions: [cameTrue("InstanceTerminating")], now });
    expect(kindsOf(played({ nodeClaim: { ...nodeClaim, status } }))).toEqual(["remove-pods", "delete-node"]);
  });

  test("a Pod that a finalizer holds though it was removed holds up nothing", () => {
    const held: Pod = {
      ...web,
      metadata: { ...web.metadata, finalizers: ["x"], deletionTimestamp: "2026-03-01T10:00:00Z", deletionGracePeriodSeconds: 0 },
    };
    expect(kindsOf(played({ pods: [held] }))).toEqual(["write-status", "delete-node"]);
  });

  test("an empty node goes as before, and nothing is lost", () => {
    const steps = played({ pods: others });
    expect(kindsOf(steps)).toEqual(["write-status", "delete-node"]);
    expect(steps[0]?.events).toEqual([]);
  });
});

describe("no Pod is removed without grace", () => {
  const never = (change: Partial<ObservedClaim>): void => {
    expect(
      played({ ...change }).flatMap((step) => (step.kind === "remove-pods" ? step.removals.map(({ kind }) => kind) : [])),
    ).not.toContain("forget");
  };
  const silent: Node = { ...node, status: { conditions: [{ type: "Ready", status: "Unknown" }] } };

  test("where the cloud has only forgotten the instance", () => {
    const seen: ObservedClaim = { nodeClaim, node: silent, pods: [web], claimOnlyAnnotations: [], names: platformNames() };
    expect(nextLifecycleStep(seen, now).kind).toBe("delete-node");
  });

  test("where it does not answer, the instance still stops, or it is another one that ended", () => {
    const cordoned = {
      ...silent,
      metadata: {
        ...silent.metadata,
        labels: { ...silent.metadata.labels, "node.kubernetes.io/exclude-from-external-load-balancers": "karpenter" },
      },
    };
    never({ instance: { ...ended, providerID: "aws:///ap-southeast-1a/i-0b" } });
    for (const state of ["shutting-down", "running"] as const) {
      const step = nextLifecycleStep(
        { nodeClaim, node: cordoned, pods: [web], instance: { ...ended, state }, claimOnlyAnnotations: [], names: platformNames() },
        now,
      );
      expect(step.kind === "remove-pods" ? step.removals.map(({ kind }) => kind) : []).not.toContain("forget");
    }
  });
});

test("a removed Pod is deleted by its uid with no grace, and told why", async () => {
  const asked: unknown[] = [];
  const client = {
    delete: (...call: unknown[]) => {
      asked.push(call);
      return Promise.resolve(ok("deleted" as const));
    },
  } as unknown as ApiClient;
  const { events = [] } = await removePods({ client }, { nodeClaim, node, removals: [{ kind: "forget", pod: web }] });
  const uid = web.metadata.uid ?? "";
  expect(asked).toEqual([["Pod", { namespace: "shop", name: "web-1", uid }, { uid, gracePeriodSeconds: 0 }]]);
  expect(events).toMatchObject([
    { regarding: { kind: "Pod", name: "web-1" }, reason: "PodsLost", message: "the instance of its node ended before the Pod had left" },
  ]);
});

test("new Pods are kept off the Node of an ended instance before those on it are removed, though nobody drained it", () => {
  const kinds = played({ node: { ...node, spec: { providerID } } }).map(({ kind }) => kind);
  expect(kinds.indexOf("patch-node")).toBeGreaterThanOrEqual(0);
  expect(kinds.indexOf("patch-node")).toBeLessThan(kinds.indexOf("remove-pods"));
});
