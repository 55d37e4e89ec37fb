/** What the deletion of a workload leaves: others under its budget, and its own Pods where something holds it or leaves them. */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import type { AdmissionRequest } from "../../src/policies/admission-request.ts";
import { auditRequest } from "../../src/policies/audit-request.ts";
import { validate } from "../../src/policies/evaluate.ts";
import { contextOf, person, policySet, requestFor } from "../support/admission.ts";
import { budget, deployment, pod, profile, replicaSet, statefulSet } from "../support/objects.ts";

const policies = policySet();
const shared = { matchExpressions: [{ key: "app", operator: "In" as const, values: ["web", "api"] }] };
const both = budget({ name: "both", minAvailable: 3, selector: shared });
const [web, api] = [deployment(), deployment({ name: "api" })];
const garbageCollector = {
  username: "system:serviceaccount:kube-system:generic-garbage-collector",
  groups: ["system:serviceaccounts:kube-system"],
};

interface Row {
  readonly gone: KubeObject;
  readonly world?: readonly KubeObject[];
  readonly propagation?: AdmissionRequest["propagation"];
  readonly userInfo?: typeof person;
}

describe("the deletion of a workload", () => {
  const left = /^Deployment api is left behind: \[DRAIN-002\] PodDisruptionBudget "both" .*leaves 0 evictions at 2/;
  check("whose Pods let the others under a budget go names those", { gone: web, world: [api, both] }, [left]);
  check("of another kind does so too", { gone: statefulSet(), world: [api, both] }, [left]);
  check("in the foreground does so too", { gone: web, world: [api, both], propagation: "Foreground" }, [left]);
  check("that a finalizer holds does so too", { gone: finalized(web), world: [api, both] }, [left]);
  check(
    "names others that are found by one label",
    {
      gone: deployment({ podLabels: { app: "web", tier: "front" } }),
      world: [
        deployment({ name: "api", podLabels: { app: "api", tier: "front" } }),
        budget({ name: "both", minAvailable: 3, selector: { matchLabels: { tier: "front" } } }),
      ],
    },
    [left],
  );
  check(
    "names five at most",
    {
      gone: deployment({ replicas: 9, podLabels: { tier: "front" } }),
      world: [
        ...Array.from({ length: 30 }, (_, at) => deployment({ name: `api-${at}`, replicas: 1, podLabels: { tier: "front" } })),
        budget({ name: "both", minAvailable: 30, selector: { matchLabels: { tier: "front" } } }),
      ],
    },
    Array.from({ length: 5 }, () => /DRAIN-002/),
  );
});

describe("says nothing: the deletion of a workload", () => {
  const loose = budget({ name: "both", maxUnavailable: 1, selector: shared });
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };
  check("that lent nothing", { gone: web, world: [api, loose] }, []);
  check("alone under its budget", { gone: web, world: [budget({ minAvailable: 1 })] }, []);
  check("beside one that goes too", { gone: web, world: [inDeletion(api), both] }, []);
  check("beside one of no replicas", { gone: web, world: [deployment({ name: "api", replicas: 0 }), both] }, []);
  check("with its namespace", { gone: web, world: [api, both, inDeletion(namespace)] }, []);
  check("by the garbage collector", { gone: web, world: [api, both], userInfo: garbageCollector }, []);
  check("whose ReplicaSets stay", { gone: web, world: [api, both], propagation: "Orphan" }, []);
  check(
    "that its owner makes again",
    {
      gone: replicaSet({ owner: { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-shop-web", controller: true } }),
      world: [web, api, both],
    },
    [],
  );
  check("that is in deletion already", { gone: inDeletion(finalized(web)), world: [api, both] }, []);
});

describe("a StatefulSet that is deleted and stays, or leaves its Pods", () => {
  const set = statefulSet();
  const pods = ["web-0", "web-1"].map((name) => pod({ name, labels: { app: "web" }, owner: ownerOf(set) }));
  const one = budget({ minAvailable: 1 });
  const told = /^StatefulSet web is left behind: \[DRAIN-047\] /;
  check("by a finalizer, under a budget that needs its last Pod, gives a Warning", { gone: finalized(set), world: [...pods, one] }, [told]);
  check("and so under one that lets one go of two", { gone: finalized(set), world: [...pods, budget({ maxUnavailable: 1 })] }, [told]);
  check("and so without its Pods' controller", { gone: set, world: [...pods, one], propagation: "Orphan" }, [told]);
  check(
    "and so under a budget that a profile makes",
    {
      gone: finalized(set),
      world: [...pods, profile({ spec: { runtimeClass: "general", disruption: { minAvailable: 1 }, availability: { minReplicas: 2 } } })],
    },
    [told],
  );
  check("no Warning comes where its Pods go first", { gone: finalized(set), world: [...pods, one], propagation: "Foreground" }, []);
  check("nor where it just goes", { gone: set, world: [...pods, one] }, []);
  check("nor without a budget", { gone: finalized(set), world: pods }, []);
  check("nor where the budget needs none of them", { gone: finalized(set), world: [...pods, budget({ minAvailable: 0 })] }, []);
  check(
    "nor where others are enough for the budget",
    {
      gone: finalized(set),
      world: [...pods, deployment({ name: "api", podLabels: { app: "web" } }), one],
    },
    [],
  );
  check("nor of a Deployment, whose ReplicaSet works on", { gone: finalized(web), world: [one] }, []);
  check("nor of one whose Pods have gone", { gone: finalized(set), world: [one] }, []);
  it("is reported for as long as it stands, and a new budget over it is refused", () => {
    const held = inDeletion(finalized(set));
    expect(denied(auditRequest(held, "platform.example.com"), [held, ...pods, one])).toEqual(["DRAIN-047"]);
    expect(denied(requestFor(one), [held, ...pods])).toEqual(["DRAIN-047"]);
    expect(denied(requestFor(one), [inDeletion(finalized(set, "foregroundDeletion")), ...pods])).toEqual([]);
  });
  it("may be changed in any way that lets it go", () => {
    const held = inDeletion(finalized(set));
    const world = [held, ...pods, one];
    expect(denied(requestFor(inDeletion(set), { old: held }), world)).toEqual([]);
    const paused = { ...held, spec: { ...set.spec, serviceName: "other" } };
    expect(denied(requestFor(paused, { old: held }), world)).toEqual([]);
  });
});

function check(name: string, { gone, world = [], propagation, userInfo = person }: Row, expected: readonly RegExp[]): void {
  it(name, () => {
    const { object, ...rest } = requestFor(gone, { operation: "DELETE", userInfo });
    const request = { ...rest, ...(object && { oldObject: object }), ...(propagation && { propagation }) };
    const { allowed, findings, warnings } = validate({ policySet: policies, request, context: contextOf([gone, ...world]) });
    expect([allowed, findings]).toEqual([true, []]);
    expect(warnings).toEqual(expected.map((text) => expect.stringMatching(text) as string));
  });
}

function denied(request: AdmissionRequest, world: readonly KubeObject[]): readonly string[] {
  const { findings } = validate({ policySet: policies, request, context: contextOf(world) });
  return findings.filter(({ action }) => action === "deny").map(({ rule }) => rule);
}

function ownerOf({ apiVersion, kind, metadata }: KubeObject) {
  return { apiVersion, kind, name: metadata.name ?? "", uid: metadata.uid ?? "", controller: true };
}

function finalized<T extends KubeObject>(object: T, ...finalizers: readonly string[]): T {
  return { ...object, metadata: { ...object.metadata, finalizers: finalizers.length === 0 ? ["example.com/hold"] : finalizers } };
}

function inDeletion<T extends KubeObject>(object: T): T {
  return { ...object, metadata: { ...object.metadata, deletionTimestamp: "2026-11-30T00:00:00Z" } };
}
