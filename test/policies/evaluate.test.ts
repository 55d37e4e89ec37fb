/**
 * The verdict as a whole: what is never refused, what an update changes, and the laws of both phases.
 */
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { applyJsonPatch } from "../../src/kube/json-patch.ts";
import { evaluate, mutate, validate } from "../../src/policies/evaluate.ts";
import { autoscalerAccount, contextOf, policySet, requestFor, type RequestOptions } from "../support/admission.ts";
import { autoscaler, budget, cronJob, deployment, job, namespaceObject, nodePool, pod, profile, statefulSet } from "../support/objects.ts";

const policies = policySet();

function judge(object: KubeObject, world: readonly KubeObject[] = [], options: RequestOptions = {}) {
  return validate({ policySet: policies, request: requestFor(object, options), context: contextOf(world) });
}

const bad = deployment({ replicas: 1, requests: {} });

describe("what is never refused", () => {
  it("a deletion", () => {
    for (const object of [bad, budget({ maxUnavailable: 0 }), profile({ spec: { runtimeClass: "none" } })]) {
      const { uid, kind, resource, name, namespace, userInfo, dryRun } = requestFor(object);
      const request = { uid, operation: "DELETE", kind, resource, name, namespace, oldObject: object, userInfo, dryRun } as const;
      expect(validate({ policySet: policies, request, context: contextOf([object]) }).allowed).toBe(true);
    }
  });

  it("the way out of an object that is being deleted", () => {
    const deleting = { ...bad, metadata: { ...bad.metadata, deletionTimestamp: "2026-12-01T00:00:00Z" } };
    const held = { ...deleting, metadata: { ...deleting.metadata, finalizers: ["example.com/held"] } };
    expect(judge(deleting, [], { old: held })).toEqual({ allowed: true, findings: [], warnings: [], patch: [] });
  });

  it("an update that leaves spec and our labels alone", () => {
    const annotated = { ...bad, metadata: { ...bad.metadata, annotations: { revision: "7" }, finalizers: [] } };
    expect(judge(annotated, [], { old: bad })).toMatchObject({ allowed: true, findings: [], warnings: [], patch: [] });
  });

  it("a status or another subresource", () => {
    const request = { ...requestFor(bad, { old: deployment() }), subResource: "status" };
    expect(validate({ policySet: policies, request, context: contextOf() }).allowed).toBe(true);
  });

  it("a kind that no rule judges", () => {
    expect(judge({ apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "agent", namespace: "shop" } }).findings).toEqual([]);
  });
});

describe("an update", () => {
  const world = [budget({ minAvailable: 1 })];
  const old = deployment({ replicas: 1 });
  const paused = { ...old, spec: { ...old.spec, paused: true } };

  it("beside what was wrong already is let in, and told", () => {
    const verdict = judge(paused, world, { old });
    expect(verdict.allowed).toBe(true);
    expect(verdict.findings.find(({ rule }) => rule === "DRAIN-002")?.action).toBe("warn");
  });

  it("of the Pod template's annotations alone, as by kubectl rollout restart, is no new workload", () => {
    const restarted = deployment({ replicas: 1, podAnnotations: { "kubectl.kubernetes.io/restartedAt": "2026-12-01T00:00:00Z" } });
    expect(judge(restarted, world, { old }).allowed).toBe(true);
  });

  it("of the Pod template is judged as a new workload", () => {
    const edited = deployment({ replicas: 1, requests: { cpu: "200m", memory: "128Mi" } });
    expect(judge(edited, world, { old }).findings.find(({ rule }) => rule === "DRAIN-002")?.action).toBe("deny");
  });

  it("that makes it worse is refused", () => {
    expect(judge(deployment({ replicas: 1 }), world, { old: deployment({ replicas: 2 }) }).allowed).toBe(false);
    expect(judge(budget({ minAvailable: 2 }), [deployment()], { old: budget({ minAvailable: 1 }) }).allowed).toBe(false);
  });

  it("that moves what was wrong already to another workload is refused", () => {
    const other = deployment({ name: "other", replicas: 1 });
    const { template } = other.spec;
    const labelled = { ...template, metadata: { ...template.metadata, labels: { app: "other" } } };
    const both = [old, { ...other, spec: { ...other.spec, template: labelled } }];
    for (const bound of [{ minAvailable: 1 }, { maxUnavailable: 0 }]) {
      const before = budget(bound);
      const moved = { ...before, spec: { ...before.spec, selector: { matchLabels: { app: "other" } } } };
      const kept = { ...before, spec: { ...before.spec, unhealthyPodEvictionPolicy: "AlwaysAllow" as const } };
      expect([judge(moved, both, { old: before }).allowed, judge(kept, both, { old: before }).allowed]).toEqual([false, true]);
    }
  });

  it("of a profile that makes a bound workload violate is refused", () => {
    const before = profile({ spec: { availability: { minReplicas: 2 }, scaling: { maxReplicas: 9 } } });
    const after = profile({ spec: { availability: { minReplicas: 5 }, scaling: { maxReplicas: 9 } } });
    expect(judge(after, [deployment({ replicas: 3 })], { old: before }).findings.map(({ rule, action }) => `${rule} ${action}`)).toContain(
      "SCALE-001 deny",
    );
  });
});

describe("who asks", () => {
  it("gets warnings as a person, and none as a controller", () => {
    expect(judge(deployment()).warnings).toEqual([
      '[BIND-004] Deployment web has no WorkloadProfile; class "general" is assumed',
      "how to start with a WorkloadProfile: https://platform.example.com/rules/BIND-004",
    ]);
    expect(judge(deployment(), [], { userInfo: autoscalerAccount }).warnings).toEqual([]);
  });

  it("is told of fields that are not compiled yet", () => {
    const spec = { availability: { minReplicas: 5 }, cost: { owner: "billing" }, scaling: { headroomPods: 2, maxReplicas: 9 } } as const;
    expect(judge(profile({ spec })).warnings).toEqual(["not compiled yet by this version: spec.scaling.headroomPods"]);
  });
});

describe("an answer", () => {
  it("is bounded however many containers break one rule", () => {
    const containers = Array.from({ length: 1_000 }, (_, index) => ({ name: `c${index}`, image: "app" }));
    const { template } = bad.spec;
    const many = { ...bad, spec: { ...bad.spec, template: { ...template, spec: { ...template.spec, containers } } } };
    const { allowed, findings } = judge(many);
    const told = findings.filter(({ rule }) => rule === "REQ-001");
    expect(allowed).toBe(false);
    expect([told.length, told[0]?.message, told[0]?.action]).toEqual([201, "800 more problems of this rule", "deny"]);
  });
});

describe("mutate", () => {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d4f", uid: "u", controller: true };
  const labels = { app: "web", "pod-template-hash": "5d4f" };
  const arriving = { ...pod(), metadata: { generateName: "web-5d4f-", labels, ownerReferences: [owner] } };
  const bound = profile({ spec: { compute: { cpuRequest: "500m", memoryRequest: "256Mi" } } });
  const arrival = { ...requestFor(arriving), namespace: "shop" };
  const requestsOf = (world: readonly KubeObject[]): unknown => {
    const { patch } = mutate({ policySet: policies, request: arrival, context: contextOf(world) });
    const patched = applyJsonPatch(arriving, patch);
    return patched.ok ? patched.value.spec.containers[0]?.resources?.requests : patched.error;
  };

  it("sizes a Pod by the profile of its Deployment, though its ReplicaSet is not known yet", () => {
    expect(requestsOf([bound, deployment()])).toEqual({ cpu: "500m", memory: "256Mi" });
  });

  it("sizes a Pod of a CronJob's new Job by the CronJob's profile", () => {
    const ofJob = {
      ...pod({ name: "nightly-29384720-x", owner: { ...owner, apiVersion: "batch/v1", kind: "Job", name: "nightly-29384720" } }),
    };
    const world = [cronJob(), profile({ name: "nightly", spec: { runtimeClass: "compute", compute: { cpuRequest: "2" } } })];
    const { patch } = mutate({ policySet: policies, request: requestFor(ofJob), context: contextOf(world) });
    expect(patch).toContainEqual({ op: "replace", path: "/spec/containers/0/resources/requests/cpu", value: "2" });
  });

  it("sizes a Pod of an owner that it knows nothing of by the profile of that name", () => {
    const ofUnknown = pod({ name: "web-0", owner: { ...owner, kind: "StatefulSet", name: "web" } });
    const { patch } = mutate({ policySet: policies, request: requestFor(ofUnknown), context: contextOf([bound]) });
    expect(patch).toContainEqual({ op: "replace", path: "/spec/containers/0/resources/requests/cpu", value: "500m" });
  });

  it("writes nothing where two profiles claim the workload, and nothing into other kinds", () => {
    const selecting = (name: string) => profile({ name, spec: { bind: { selector: { matchLabels: { app: "web" } } } } });
    const world = [selecting("one"), selecting("two"), deployment()];
    expect(mutate({ policySet: policies, request: arrival, context: contextOf(world) }).patch).toEqual([]);
    expect(mutate({ policySet: policies, request: requestFor(deployment()), context: contextOf([bound]) }).patch).toEqual([]);
  });
});

const replicas = fc.integer({ min: 0, max: 6 });
const bound = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constantFrom("0%", "20%", "50%", "66%", "67%", "80%", "100%"));
const budgetArbitrary = fc
  .record({ name: fc.constantFrom("web", "other"), field: fc.constantFrom("minAvailable", "maxUnavailable"), bound, all: fc.boolean() })
  .map(({ name, field, bound: value, all }) => budget({ name, [field]: value, selector: { matchLabels: all ? {} : { app: "web" } } }));
const profileArbitrary = fc
  .record({
    name: fc.constantFrom("web", "other"),
    runtimeClass: fc.constantFrom("general", "batch", "memory", "nosuch"),
    minReplicas: replicas,
    maxReplicas: fc.integer({ min: 1, max: 9 }),
    minAvailable: bound,
    cpuRequest: fc.constantFrom("10m", "500m", "12"),
  })
  .map(({ name, runtimeClass, minReplicas, maxReplicas, minAvailable, cpuRequest }) =>
    profile({
      name,
      spec: {
        runtimeClass,
        availability: { minReplicas },
        scaling: { maxReplicas },
        disruption: { minAvailable },
        compute: { cpuRequest },
      },
    }),
  );
const objectArbitrary: fc.Arbitrary<KubeObject> = fc.oneof(
  budgetArbitrary,
  profileArbitrary,
  replicas.map((count) => deployment({ replicas: count })),
  replicas.map((count) => statefulSet({ replicas: count, name: "other", podLabels: { app: "web" } })),
  fc.constantFrom<KubeObject>(
    job({ name: "web" }),
    cronJob(),
    autoscaler({ minReplicas: 1 }),
    autoscaler({ name: "other", minReplicas: 4 }),
  ),
  fc.constantFrom<KubeObject>(
    pod(),
    namespaceObject(),
    nodePool(),
    nodePool({ name: "batch-spot", labels: { "workload-class": "batch" } }),
  ),
);
const worldArbitrary = fc.uniqueArray(objectArbitrary, {
  maxLength: 8,
  selector: ({ kind, metadata }) => `${kind}/${metadata.name ?? ""}`,
});

describe("the laws", () => {
  it("the order of what is in the cluster never shows, and the same question has the same answer", () => {
    fc.assert(
      fc.property(objectArbitrary, worldArbitrary, (object, world) => {
        const verdict = evaluate({ policySet: policies, request: requestFor(object), context: contextOf(world) });
        const reversed = evaluate({ policySet: policies, request: requestFor(object), context: contextOf([...world].reverse()) });
        expect(reversed).toEqual(verdict);
      }),
      { numRuns: 300 },
    );
  });

  it("a Pod that was mutated is not mutated again, and is judged as it will be stored", () => {
    fc.assert(
      fc.property(worldArbitrary, (world) => {
        const context = contextOf(world);
        const { patch } = evaluate({ policySet: policies, request: requestFor(pod({ name: "web" })), context });
        const patched = applyJsonPatch(pod({ name: "web" }), patch);
        expect(patched.ok && mutate({ policySet: policies, request: requestFor(patched.value), context }).patch).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("a refusal has a finding that refuses, and each finding has a place, words and a fix", () => {
    fc.assert(
      fc.property(objectArbitrary, worldArbitrary, (object, world) => {
        const { allowed, findings, warnings } = judge(object, world);
        expect(allowed).toBe(!findings.some(({ action }) => action === "deny"));
        for (const finding of findings) {
          expect(finding.message).not.toMatch(/undefined|NaN|\[object/);
          expect(finding.fix).not.toMatch(/undefined|NaN|^$/);
          expect(finding.path).toMatch(/^(\/.+)?$/);
        }
        for (const warning of warnings) expect(warning).not.toMatch(/\p{Cc}/u);
      }),
      { numRuns: 300 },
    );
  });

  it("a budget over one workload is refused exactly where arithmetic leaves no eviction, whichever comes second", () => {
    fc.assert(
      fc.property(replicas, fc.constantFrom("minAvailable", "maxUnavailable"), bound, (count, field, value) => {
        const share = typeof value === "number" ? value : Math.ceil((Number.parseInt(value, 10) / 100) * count - 1e-9);
        const healthy = field === "minAvailable" ? share : Math.max(0, count - share);
        const isWrongByItself = value === "100%" ? field === "minAvailable" : field === "maxUnavailable" && (value === 0 || value === "0%");
        const isBlocked = isWrongByItself || (count > 0 && count - healthy <= 0);
        const drains = (object: KubeObject, other: KubeObject): boolean =>
          judge(object, [other]).findings.some(({ rule, action }) => action === "deny" && ["DRAIN-002", "DRAIN-004"].includes(rule));
        const [workload, both] = [deployment({ replicas: count }), budget({ [field]: value })];
        expect(drains(both, workload)).toBe(isBlocked);
        if (count > 0) expect(drains(workload, both)).toBe(isBlocked);
      }),
      { numRuns: 400 },
    );
  });
});
