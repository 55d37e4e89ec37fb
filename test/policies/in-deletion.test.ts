/** What is deleted and held by a finalizer stands: the eviction API obeys it, its Pods run, and it is judged until it is gone. */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { planChildren } from "../../src/policies/profile/child-plan.ts";
import { autoscalerAccount, contextOf, person, policySet, requestFor, type RequestOptions } from "../support/admission.ts";
import { autoscaler, budget, deployment, pod, profile, replicaSet, statefulSet } from "../support/objects.ts";
import { auditedObjects } from "../../src/policies/audit.ts";
import { validate } from "../../src/policies/evaluate.ts";

const policies = policySet();
const controller = {
  username: "system:serviceaccount:kube-system:generic-garbage-collector",
  groups: ["system:serviceaccounts:kube-system"],
};

interface Row extends RequestOptions {
  readonly judge: KubeObject;
  readonly world?: readonly KubeObject[];
}

const good = budget({ maxUnavailable: 1 });
const zero = budget({ maxUnavailable: 0 });
const single = deployment({ replicas: 1 });

describe("an update of an object in deletion", () => {
  check("that breaks the drain is refused", { judge: held(zero), old: held(good), world: [deployment(), held(good)] }, ["DRAIN-004"]);
  check("that takes its finalizer away passes", { judge: leaving(zero), old: held(zero), world: [single, held(zero)] }, []);
  check("that takes its last finalizer passes whatever else it says", { judge: leaving(zero), old: held(good), world: [single] }, []);
  check("that takes one finalizer of two passes", { judge: held(zero, "a/b"), old: held(zero, "a/b", "c/d"), world: [single] }, []);
  check("by a built-in controller passes", { judge: held(zero), old: held(good), world: [deployment()], userInfo: controller }, []);
  check(
    "that makes a Deployment's Pods worse is refused",
    {
      judge: held(deployment({ podAnnotations: { "karpenter.sh/do-not-disrupt": "true" } })),
      old: held(deployment()),
    },
    ["DRAIN-014"],
  );
});

describe("replicas of a workload in deletion that a finalizer holds", () => {
  const three = { replicas: 3 };
  const more = { replicas: 4 };
  check("are not raised of a Deployment", { judge: held(deployment(more)), old: held(deployment(three)) }, ["DRAIN-046"]);
  check("are not raised of a StatefulSet", { judge: held(statefulSet(more)), old: held(statefulSet(three)) }, ["DRAIN-046"]);
  check("are not raised of a ReplicaSet", { judge: held(replicaSet(more)), old: held(replicaSet(three)) }, ["DRAIN-046"]);
  check("are lowered", { judge: held(deployment({ replicas: 2 })), old: held(deployment(three)) }, []);
  check("are raised where nothing is in deletion", { judge: deployment(more), old: deployment(three) }, []);
  it.each([
    ["Deployment", "deployments", deployment(three)],
    ["StatefulSet", "statefulsets", statefulSet(three)],
    ["ReplicaSet", "replicasets", replicaSet(three)],
  ])("are not raised by the scale of a %s either, nor by an autoscaler", (_, resource, standing) => {
    for (const userInfo of [person, autoscalerAccount]) expect(scaled(resource, held(standing), userInfo)).toEqual([false, "DRAIN-046"]);
    expect(scaled(resource, standing, person)).toEqual([true, undefined]);
  });
});

function scaled(resource: string, standing: KubeObject, userInfo: typeof person) {
  const scaleOf = (replicas: number) => ({
    ...{ apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "web", namespace: "shop" }, spec: { replicas } },
  });
  const request = { ...requestFor(scaleOf(4), { old: scaleOf(3), userInfo }), subResource: "scale" };
  const asked = { ...request, resource: { group: "apps", version: "v1", resource } };
  const { allowed, findings } = validate({ policySet: policies, request: asked, context: contextOf([standing]) });
  return [allowed, findings.find(({ action }) => action === "deny")?.rule];
}

describe("an object in deletion counts for others", () => {
  check("a budget over a new workload", { judge: single, world: [held(budget({ minAvailable: 1 }))] }, ["DRAIN-002"]);
  check(
    "a second budget",
    { judge: budget({ name: "two", maxUnavailable: 1, selector: { matchLabels: { app: "web" } } }), world: [deployment(), held(good)] },
    ["DRAIN-005"],
  );
  check("a Deployment under a new budget: its Pods run", { judge: budget({ minAvailable: 2 }), world: [held(deployment())] }, [
    "DRAIN-002",
  ]);
  check(
    "a bare Pod does not: it is on its way out",
    { judge: budget({ maxUnavailable: 1 }), world: [held(pod({ labels: { app: "web" } }))] },
    [],
  );
  check(
    "an autoscaler that goes lends nothing",
    { judge: budget({ minAvailable: 1 }), world: [single, held(autoscaler({ minReplicas: 3 }))] },
    ["DRAIN-002"],
  );
  check(
    "a Deployment that goes lends no Pods to another",
    {
      judge: budget({ minAvailable: 2, selector: { matchLabels: { tier: "front" } } }),
      world: [deployment({ podLabels: { tier: "front" } }), held(deployment({ name: "old", podLabels: { tier: "front" } }))],
    },
    ["DRAIN-002"],
  );
  check(
    "a budget of a profile that is being deleted is nobody's",
    {
      judge: compiled(0),
      old: compiled(1),
      world: [deployment({ replicas: 3 }), held(profile()), compiled(1)],
    },
    ["DRAIN-004"],
  );
  check(
    "a compiled budget in deletion is mended by nobody",
    {
      judge: held(compiled(0)),
      old: held(compiled(1)),
      world: [deployment({ replicas: 3 }), profile(), held(compiled(1))],
    },
    ["DRAIN-004"],
  );
});

describe("what stands in deletion", () => {
  it("is audited, but for Pods", () => {
    const objects = auditedObjects(contextOf([held(good), held(deployment()), held(statefulSet({ name: "db" })), held(pod())]), "shop");
    expect(objects.map(({ kind }) => kind).sort()).toEqual(["Deployment", "PodDisruptionBudget", "StatefulSet"]);
  });

  it("is put right by its profile for as long as it stands, and neither made nor deleted again", () => {
    const owner = profile();
    const plan = (standing: ReturnType<typeof compiled>, desired: readonly ReturnType<typeof compiled>[]) =>
      planChildren({
        profile: owner,
        desired,
        observed: [standing],
        adopt: false,
        inDoubt: false,
        isSpecAsWanted: (a, b) => JSON.stringify(a) === JSON.stringify(b),
      });
    const { create, replace } = plan(held(compiled(0)), [compiled(1)]);
    expect([create.length, replace.map(({ spec }) => spec.maxUnavailable)]).toEqual([0, [1]]);
    expect(plan(held(compiled(1)), []).remove).toEqual([]);
    expect(plan(compiled(1), []).remove).toHaveLength(1);
  });
});

function check(name: string, { judge, world = [], ...options }: Row, denied: readonly string[]): void {
  it(name, () => {
    const request = requestFor(judge, { userInfo: person, ...options });
    const { findings } = validate({ policySet: policies, request, context: contextOf(world) });
    expect(findings.filter(({ action }) => action === "deny").map(({ rule }) => rule)).toEqual(denied);
  });
}

function held<T extends KubeObject>(object: T, ...finalizers: readonly string[]): T {
  const metadata = {
    ...object.metadata,
    deletionTimestamp: "2026-11-30T00:00:00Z",
    finalizers: finalizers.length === 0 ? ["a/b"] : finalizers,
  };
  return { ...object, metadata };
}

function leaving<T extends KubeObject>(object: T): T {
  return { ...object, metadata: { ...object.metadata, deletionTimestamp: "2026-11-30T00:00:00Z" } };
}

function compiled(maxUnavailable: number) {
  const { apiVersion, kind, metadata } = profile();
  const owner = { apiVersion, kind, name: metadata.name ?? "", uid: metadata.uid ?? "", controller: true };
  return budget({ maxUnavailable, owner, labels: { "app.kubernetes.io/managed-by": "workloadprofile" } });
}
