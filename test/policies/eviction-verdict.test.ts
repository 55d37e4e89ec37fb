/** What an eviction that can't be now is told, and when a replacement comes first. */
import { describe, expect, it } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { PodDisruptionBudget } from "../../src/api/pod-disruption-budget.ts";
import type { Node } from "../../src/api/node.ts";
import type { Pod, Taint } from "../../src/api/pod.ts";
import type { Deployment } from "../../src/api/workload.ts";
import { ok, err } from "../../src/api/result.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import type { AdmissionRequest } from "../../src/policies/admission-request.ts";
import { surgeDesk } from "../../src/policies/controllers/surge-desk.ts";
import { evictionVerdict, isEviction, type EvictionVerdict } from "../../src/policies/eviction-verdict.ts";
import { person } from "../support/admission.ts";
import { budget, deployment, node, pod, replicaSet } from "../support/objects.ts";

const names = platformNames();
const now = Date.parse("2026-07-01T12:00:00Z");
const cordoned = nodeWith({ unschedulable: true });
const nightly = { [names.disruptionWindowAnnotation]: JSON.stringify([{ schedule: "0 2 * * *", duration: "1h" }]) };

describe("an eviction that a budget blocks", () => {
  it("is told the budget, the numbers, who is not ready, the owner and the window", () => {
    const objects = [
      ...web({ replicas: 6 }),
      running({ annotations: nightly, labels: { [names.costOwnerLabel]: "team-shop" } }),
      running({ name: "web-2", isReady: false }),
      guard({ minAvailable: "80%", healthy: 5, desired: 5 }),
      {
        ...node({ name: "general-1" }),
        metadata: { name: "general-1", annotations: { "karpenter.sh/nodeclaim-termination-timestamp": "2026-07-01T12:30:00Z" } },
      },
    ];
    const verdict = verdictOf(objects);
    expect(verdict).toMatchObject({
      kind: "blocked",
      status: {
        code: 429,
        reason: "TooManyRequests",
        message:
          "Pod shop/web-1: Cannot evict pod as it would violate the pod's disruption budget. " +
          'PodDisruptionBudget "web" (minAvailable: 80%): The disruption budget web needs 5 healthy pods and has 5 currently; not ready: web-2; ' +
          `owner: Deployment web of team-shop; disruption windows (UTC): ${nightly[names.disruptionWindowAnnotation] ?? ""}`,
        details: { kind: "pods", name: "web-1", causes: [{ reason: "DisruptionBudget" }] },
      },
    });
    // Clients of the API server would wait in silence for it.
    expect(JSON.stringify(verdict)).not.toContain("retryAfterSeconds");
  });

  check(
    "is the API server's matter where it would not block",
    [...web({ replicas: 6 }), running({}), guard({ minAvailable: "80%", healthy: 6, desired: 5, allowed: 1 })],
    "passed",
  );
  check(
    "and that two budgets make an error is, too",
    [...web({ replicas: 6 }), running({}), guard({ healthy: 5, desired: 5 }), guard({ name: "other", healthy: 5, desired: 5 })],
    "passed",
  );
  check("of a Pod that nobody knows is, too", [], "passed");
  check(
    "of a Pod that is leaving is, too",
    [...web({ replicas: 6 }), running({ isLeaving: true }), guard({ healthy: 5, desired: 5 })],
    "passed",
  );
  check("is, too, where the policies leave it to it", [...web({ replicas: 6 }), running({}), guard({ healthy: 5, desired: 5 })], "passed", {
    evictions: "off",
  });
});

describe("evictions that are asked for at once", () => {
  const spent = guard({ minAvailable: "80%", healthy: 6, desired: 5, disrupted: ["web-2", "gone"] });
  const objects = [...web({ replicas: 6 }), running({}), running({ name: "web-2" }), running({ name: "web-3", isLeaving: true })];

  it("book nothing: however often one was asked for, what is stored decides", () => {
    const allowing = [...objects, guard({ minAvailable: "80%", healthy: 6, desired: 5, allowed: 1 })];
    expect(Array.from({ length: 5 }, () => verdictOf(allowing).kind)).toEqual(Array.from({ length: 5 }, () => "passed"));
  });

  it("are told whom the API server has let go already, and who leaves", () => {
    const verdict = verdictOf([...objects, spent]);
    expect(verdict.kind === "blocked" ? verdict.status.message : verdict.kind).toContain("; leaving: web-2, web-3; owner:");
  });
});

describe("an eviction outside of the Pod's disruption windows", () => {
  check("is refused", [...web({ replicas: 6 }), running({ annotations: nightly })], "blocked");
  check("passes inside", [...web({ replicas: 6 }), running({ annotations: nightly })], "passed", {
    at: Date.parse("2026-07-01T02:30:00Z"),
  });
  check(
    "passes on a node that ends before it opens",
    [
      ...web({ replicas: 6 }),
      running({ annotations: nightly }),
      {
        ...node({ name: "general-1" }),
        metadata: { name: "general-1", annotations: { "karpenter.sh/nodeclaim-termination-timestamp": "2026-07-01T12:02:00Z" } },
      },
    ],
    "passed",
  );
  it("says when it opens", () => {
    const verdict = verdictOf([...web({ replicas: 6 }), running({ annotations: nightly })]);
    expect(verdict.kind === "blocked" ? verdict.status.message : "").toContain(
      "it may be moved in its disruption window only: its disruption window opens at 2026-07-02T02:00:00Z",
    );
  });
});

describe("the only replica of a Deployment", () => {
  check("is replaced before it goes from a node that is drained", [...web({}), running({}), cordoned], "surge");
  check(
    "also where its budget would never let it go",
    [...web({}), running({}), cordoned, guard({ minAvailable: 1, healthy: 1, desired: 1 })],
    "surge",
  );
  it.each([
    "karpenter.sh/disrupted",
    "karpenter.sh/disruption",
    "ToBeDeletedByClusterAutoscaler",
    "node.kubernetes.io/unschedulable",
    "aws-node-termination-handler/spot-itn",
  ])("is replaced before it goes from a node with the taint %s", (key) => {
    expect(verdictOf([...web({}), running({}), tainted({ key, effect: "NoSchedule" })]).kind).toBe("surge");
    expect(verdictOf([...web({}), running({}), tainted({ key, effect: "PreferNoSchedule" })]).kind).toBe("passed");
  });
  check("is the API server's matter on a node that nobody empties", [...web({}), running({}), node({ name: "general-1" })], "passed");
  check("and on one that nobody knows", [...web({}), running({})], "passed");
  check(
    "and on one that other taints keep for somebody",
    [...web({}), running({}), tainted({ key: "dedicated", value: "shop", effect: "NoSchedule" })],
    "passed",
  );
  check("waits for a replacement that we asked for", [...web({ surgedFor: "uid-shop-web-1" }), running({})], "blocked");
  check("waits for one that was made", [...web({}), running({}), running({ name: "web-2", isReady: false })], "blocked");
  check("waits for its own rollout", [...web({ isRolling: true }), running({})], "blocked");
  check("goes once another is ready", [...web({ surgedFor: "uid-shop-web-1" }), running({}), running({ name: "web-2" })], "passed");
  check(
    "goes where the replacement does not start in the time that its Deployment gives it",
    [...web({ surgedFor: "uid-shop-web-1", hasFailed: true }), running({}), cordoned],
    "passed",
  );
  check("goes where it does not serve", [...web({}), running({ isReady: false }), cordoned], "passed");
  check("goes where two may not run at once", [...web({ strategy: "Recreate" }), running({}), cordoned], "passed");
  check(
    "goes where it holds a disk",
    [...web({}), running({ spec: { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] } }), cordoned],
    "passed",
  );
  check("goes where nobody may replace it", [...web({}), running({}), cordoned], "passed", { maySurge: false });
  check("goes where the policies only explain", [...web({}), running({}), cordoned], "passed", { evictions: "explain" });
  check("of a StatefulSet goes: the next one can't come before", [running({ ownerKind: "StatefulSet" }), cordoned], "passed");

  it("is told what happens", () => {
    const verdict = verdictOf([...web({}), running({}), cordoned]);
    expect(verdict.kind === "surge" ? verdict.status : verdict).toMatchObject({
      code: 429,
      message:
        "Pod shop/web-1: it is the only replica of Deployment shop/web: a replacement is started first, and it may go once that is ready; owner: Deployment web",
    });
  });
});

describe("the desk that starts replacements", () => {
  const [asked] = [running({})];
  const of = { deployment: deployment({ replicas: 1 }), pod: asked };

  it("writes the Pod's uid into the template, so that the same Pod is replaced once", async () => {
    const sent: unknown[] = [];
    const desk = deskOf((...call) => {
      sent.push(call);
      return Promise.resolve(ok(of.deployment));
    });
    await desk.start(of);
    expect(sent).toMatchObject([
      [
        "Deployment",
        { namespace: "shop", name: "web" },
        {
          body: {
            kind: "merge",
            patch: { spec: { template: { metadata: { annotations: { [names.surgedForAnnotation]: "uid-shop-web-1" } } } } },
          },
        },
      ],
    ]);
  });

  it("tries three times, whatever comes of it", async () => {
    const desk = deskOf(() => Promise.resolve(err({ code: 403, message: "no" })));
    const may: boolean[] = [];
    for (let count = 0; count < 4; count += 1) {
      may.push(desk.mayStart(asked));
      await desk.start(of);
    }
    expect(may).toEqual([true, true, true, false]);
    expect(desk.mayStart(running({ name: "web-9" }))).toBe(true);
  });

  function deskOf(patch: (...call: readonly unknown[]) => Promise<unknown>) {
    return surgeDesk({ client: { patch: patch as never }, names, onStarted: () => undefined, onFailed: () => undefined });
  }
});

it("an eviction is told from every other request to a Pod", () => {
  expect(isEviction(request)).toBe(true);
  expect(isEviction({ ...request, subResource: "binding" })).toBe(false);
  expect(isEviction({ ...request, resource: { ...request.resource, resource: "widgets" } })).toBe(false);
});

const request: AdmissionRequest = {
  uid: "1",
  operation: "CREATE",
  kind: { group: "policy", version: "v1", kind: "Eviction" },
  resource: { group: "", version: "v1", resource: "pods" },
  subResource: "eviction",
  name: "web-1",
  namespace: "shop",
  object: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "web-1", namespace: "shop" } },
  userInfo: person,
  dryRun: false,
};

interface Given {
  readonly at?: number;
  readonly evictions?: "off" | "explain" | "surge";
  readonly maySurge?: boolean;
}

function check(what: string, objects: readonly KubeObject[], kind: EvictionVerdict["kind"], given: Given = {}): void {
  it(what, () => {
    expect(verdictOf(objects, given).kind).toBe(kind);
  });
}

function verdictOf(objects: readonly KubeObject[], { at = now, evictions = "surge", maySurge = true }: Given = {}): EvictionVerdict {
  const settings = { evictions } as Parameters<typeof evictionVerdict>[0]["policySet"]["settings"];
  return evictionVerdict({
    request,
    policySet: { settings },
    context: { snapshot: snapshotOf(objects), names, now: at },
    maySurge: () => maySurge,
  });
}

function nodeWith(spec: Node["spec"]): Node {
  return { ...node({ name: "general-1" }), spec: { ...spec } };
}

function tainted(taint: Taint): Node {
  return nodeWith({ taints: [taint] });
}

/** Deployment web with its one ReplicaSet. */
function web(of: {
  readonly replicas?: number;
  readonly surgedFor?: string;
  readonly isRolling?: boolean;
  readonly hasFailed?: boolean;
  readonly strategy?: string;
}): readonly KubeObject[] {
  const { replicas = 1, surgedFor, isRolling = false, hasFailed = false, strategy } = of;
  const base = deployment({ replicas, ...(surgedFor === undefined ? {} : { podAnnotations: { [names.surgedForAnnotation]: surgedFor } }) });
  const made: Deployment = {
    ...base,
    metadata: { ...base.metadata, generation: 2 },
    spec: { ...base.spec, ...(strategy === undefined ? {} : { strategy: { type: strategy } }) },
    status: {
      observedGeneration: isRolling ? 1 : 2,
      updatedReplicas: replicas,
      ...(hasFailed ? { conditions: [{ type: "Progressing", status: "False" as const, reason: "ProgressDeadlineExceeded" }] } : {}),
    },
  };
  const uid = base.metadata.uid ?? "";
  return [made, replicaSet({ name: "web-5d4f", owner: { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid, controller: true } })];
}

function running(of: {
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Partial<Pod["spec"]>;
  readonly isReady?: boolean;
  readonly isLeaving?: boolean;
  readonly ownerKind?: string;
}): Pod {
  const { name = "web-1", annotations = {}, labels = {}, isReady = true, isLeaving = false, ownerKind = "ReplicaSet" } = of;
  const owner = { apiVersion: "apps/v1", kind: ownerKind, name: "web-5d4f", uid: "uid-shop-web-5d4f", controller: true };
  const made = pod({ name, annotations, labels: { app: "web", ...labels }, owner, spec: { nodeName: "general-1", ...of.spec } });
  const metadata = isLeaving ? { ...made.metadata, deletionTimestamp: "2026-07-01T12:00:30Z" } : made.metadata;
  return { ...made, metadata, status: { phase: "Running", conditions: [{ type: "Ready", status: isReady ? "True" : "False" }] } };
}

function guard(of: {
  readonly name?: string;
  readonly minAvailable?: number | string;
  readonly healthy: number;
  readonly desired: number;
  readonly allowed?: number;
  readonly disrupted?: readonly string[];
}): PodDisruptionBudget {
  const { name = "web", minAvailable = 5, healthy, desired, allowed = 0, disrupted = [] } = of;
  const disruptedPods = Object.fromEntries(disrupted.map((one) => [one, "2026-07-01T12:00:00Z"]));
  const base = budget({ name, minAvailable, selector: { matchLabels: { app: "web" } } });
  return {
    ...base,
    status: { disruptionsAllowed: allowed, currentHealthy: healthy, desiredHealthy: desired, expectedPods: 6, disruptedPods },
  };
}
