/** The admission handler while the cluster is not known yet, and what it counts. */
import { describe, expect, it } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { objectTree, snapshotOf } from "../../src/kube/snapshot-of.ts";
import type { AdmissionRequest } from "../../src/policies/admission-request.ts";
import { admissionHandler, type AdmissionSources } from "../../src/webhook/admission-handler.ts";
import { webhookMetrics } from "../../src/webhook/metrics.ts";
import { policySet, requestFor, type RequestOptions } from "../support/admission.ts";
import { budget, deployment, namespaceObject, node, pod, replicaSet } from "../support/objects.ts";

const policies = policySet();
const dying: KubeObject = { ...deployment(), metadata: { ...deployment().metadata, deletionTimestamp: "2026-11-01T00:00:00Z" } };

describe("while the cluster has not been seen", () => {
  check("a Deployment in the closed tier is refused", { tier: "closed", object: deployment() }, "denied");
  check("a Pod in the closed tier is refused before it is compiled", { tier: "closed", object: pod(), phase: "mutate" }, "denied");
  check("a Deployment in the open tier passes", { tier: "open", object: deployment() }, "allowed");
  check("what is being deleted passes", { tier: "closed", object: dying, options: { old: dying } }, "allowed");
  check("a deletion passes", { tier: "closed", object: deployment(), options: { operation: "DELETE" } }, "allowed");

  function check(
    what: string,
    call: { readonly tier: "open" | "closed"; readonly object: KubeObject; readonly phase?: "mutate"; readonly options?: RequestOptions },
    kind: string,
  ): void {
    it(what, () => {
      const handler = admissionHandler(sources({ snapshot: () => objectTree().snapshot(), neededKinds: ["Namespace"] }));
      const request = requestFor(call.object, call.options);
      expect(handler({ phase: call.phase ?? "validate", tier: call.tier, request }).kind).toBe(kind);
    });
  }

  it("the refusal names the object, the rule and what to do", () => {
    const handler = admissionHandler(sources({ snapshot: () => objectTree().snapshot(), neededKinds: ["Namespace"] }));
    expect(handler({ phase: "validate", tier: "closed", request: requestFor(deployment()) })).toMatchObject({
      status: {
        code: 403,
        message:
          "Deployment shop/web: [SYS-001] policy engine has no cluster view yet (caches not synced); refusing Deployment\n  fix: retry in a few seconds",
        details: { kind: "Deployment", name: "web", causes: [{ reason: "SYS-001" }] },
      },
    });
  });

  it("one unseen kind is enough", () => {
    const tree = objectTree();
    tree.learn("Namespace");
    const half = sources({ snapshot: () => tree.snapshot(), neededKinds: ["Namespace", "Pod"] });
    expect(admissionHandler(half)({ phase: "validate", tier: "closed", request: requestFor(deployment()) }).kind).toBe("denied");
  });
});

describe("findings", () => {
  const rows: readonly [string, boolean, boolean][] = [
    ["of a request are counted by rule and action", false, true],
    ["of a dry run are not counted", true, false],
  ];
  it.each(rows)("%s", async (_what, dryRun, counted) => {
    const made = sources({ snapshot: () => snapshotOf([namespaceObject(), budget({ minAvailable: 1 })]) });
    const request = { ...requestFor(deployment({ replicas: 1 })), dryRun };
    expect(admissionHandler(made)({ phase: "validate", tier: "open", request }).kind).toBe("denied");
    expect((await made.metrics.registry.metrics()).includes('plimsoll_admission_findings_total{rule="DRAIN-002",action="deny"} 1')).toBe(
      counted,
    );
  });
});

describe("an eviction", () => {
  const owned = (kind: string, name: string) => ({ apiVersion: "apps/v1", kind, name, uid: `uid-shop-${name}`, controller: true });
  const only: Pod = {
    ...pod({ owner: owned("ReplicaSet", "web-5d4f"), labels: { app: "web" }, spec: { nodeName: "node-1" } }),
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  };
  const standing = [
    { ...deployment({ replicas: 1 }), status: { updatedReplicas: 1 } },
    replicaSet({ name: "web-5d4f", owner: owned("Deployment", "web") }),
    { ...node(), spec: { unschedulable: true } },
    only,
  ];
  const request = (dryRun: boolean): AdmissionRequest => ({
    ...requestFor(only, { subResource: "eviction" }),
    kind: { group: "policy", version: "v1", kind: "Eviction" },
    object: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "web-1", namespace: "shop" } },
    dryRun,
  });
  const started = (objects: readonly KubeObject[], dryRun: boolean) => {
    const names: string[] = [];
    const surges = {
      mayStart: () => true,
      start: ({ deployment: { metadata } }: { readonly deployment: KubeObject }) => {
        names.push(metadata.name ?? "");
        return Promise.resolve();
      },
    };
    const answer = admissionHandler(sources({ snapshot: () => snapshotOf(objects), surges }))({
      phase: "validate",
      tier: "open",
      request: request(dryRun),
    });
    return { kind: answer.kind, names };
  };

  it("of the only replica is refused, and its replacement started", () => {
    expect(started(standing, false)).toEqual({ kind: "denied", names: ["web"] });
  });

  it("that is a dry run starts nothing", () => {
    expect(started(standing, true)).toEqual({ kind: "denied", names: [] });
  });

  it("of a Pod that nobody knows passes", () => {
    expect(started([], false)).toEqual({ kind: "allowed", names: [] });
  });
});

it("a refusal is handed on with its findings, an admission is not", () => {
  const told: string[] = [];
  const handler = admissionHandler(
    sources({
      snapshot: () => snapshotOf([namespaceObject(), budget({ minAvailable: 1 })]),
      onDenied: ({ request, findings }) => told.push(`${request.name}: ${findings.find(({ action }) => action === "deny")?.rule ?? ""}`),
    }),
  );
  for (const replicas of [2, 1]) handler({ phase: "validate", tier: "open", request: requestFor(deployment({ replicas })) });
  expect(told).toEqual(["web: DRAIN-002"]);
});

it("leaves no note of what a stranger is refused, in either phase", () => {
  const noted: string[] = [];
  const ownedBy = ({ apiVersion, kind, metadata: { name = "", uid = "" } }: KubeObject) => ({
    apiVersion,
    kind,
    name,
    uid,
    controller: true,
  });
  const waiting = deployment({ name: "first", labels: { "platform.example.com/profile": "missing" } });
  const set = replicaSet({ name: "first-1", owner: ownedBy(waiting) });
  const handler = admissionHandler(
    sources({
      snapshot: () => snapshotOf([namespaceObject(), budget({ minAvailable: 1 }), waiting, set]),
      onDenied: ({ request }) => noted.push(request.kind.kind),
    }),
  );
  const controller = { username: "system:serviceaccount:kube-system:replicaset-controller", groups: [] };
  const reviews = [
    { phase: "mutate", request: requestFor(pod({ owner: ownedBy(set) }), { userInfo: controller }) },
    { phase: "validate", request: requestFor(deployment({ replicas: 1 })) },
  ] as const;
  const notedFor = (isStranger: boolean): readonly string[] => {
    expect(reviews.map((review) => handler({ ...review, tier: "open", isStranger }).kind)).toEqual(["denied", "denied"]);
    return noted.splice(0);
  };
  expect([notedFor(true), notedFor(false)]).toEqual([[], ["Pod", "Deployment"]]);
});

function sources(over: Partial<AdmissionSources>): AdmissionSources {
  return {
    policySet: () => policies,
    snapshot: () => snapshotOf([]),
    instanceTypes: () => [],
    neededKinds: [],
    names: platformNames(),
    clock: wallClock(),
    metrics: webhookMetrics(),
    ...over,
  };
}
