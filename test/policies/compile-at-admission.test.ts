import { describe, expect, it } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject, OwnerReference } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import type { Job } from "../../src/api/workload.ts";
import { applyJsonPatch } from "../../src/kube/json-patch.ts";
import { mutate } from "../../src/policies/evaluate.ts";
import { contextOf, policySet, requestFor } from "../support/admission.ts";
import { cronJob, deployment, job, pod, profile, replicaSet } from "../support/objects.ts";

const names = platformNames();
const owner = (kind: string, name: string, apiVersion = "apps/v1"): OwnerReference => ({
  ...{ apiVersion, kind, name },
  uid: `uid-shop-${name}`,
  controller: true,
});

/** The object as it enters, patched; a second look must change nothing. */
function entered<T extends KubeObject>(object: T, world: readonly KubeObject[]): T {
  const context = contextOf(world);
  const look = (one: T) => mutate({ policySet: policySet(), request: requestFor(one), context });
  const once = applyJsonPatch(object, look(object).patch);
  if (!once.ok) throw new Error(once.error);
  expect(look(once.value).patch).toEqual([]);
  return once.value;
}

describe("a Job that a CronJob makes", () => {
  const compute = profile({ name: "nightly", spec: { runtimeClass: "compute" } });
  const nightly = cronJob({ podSpec: { restartPolicy: "Never" } });
  const made = (over: Partial<Job["spec"]> = {}, ownedBy: string | null = "nightly"): Job => {
    const { metadata, spec, ...rest } = job({ name: "nightly-29384720" });
    const ownerReferences = ownedBy === null ? [] : [owner("CronJob", ownedBy, "batch/v1")];
    return { ...rest, metadata: { ...metadata, ownerReferences }, spec: { podReplacementPolicy: "TerminatingOrFailed", ...spec, ...over } };
  };
  const policy = { rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }] };

  it("does not count an eviction as a failure of its work", () => {
    expect(entered(made(), [compute, nightly]).spec).toMatchObject({ podFailurePolicy: policy, podReplacementPolicy: "Failed" });
  });

  function check(name: string, object: Job, world: readonly KubeObject[]) {
    it(name, () => {
      expect(entered(object, world)).toEqual(object);
    });
  }
  check("keeps a policy of its own", made({ podFailurePolicy: { rules: [] } }), [compute, nightly]);
  check("is left alone where failed Pods restart in place", made({ template: { spec: { containers: [], restartPolicy: "OnFailure" } } }), [
    compute,
    nightly,
  ]);
  check("is left alone where no profile is bound", made(), [nightly]);
  check("is left alone where the profile only validates", made(), [
    profile({ name: "nightly", spec: { runtimeClass: "compute", validateOnly: true } }),
    nightly,
  ]);
  check("is left alone in a class whose nodes stay", made(), [profile({ name: "nightly", spec: { runtimeClass: "system" } }), nightly]);
  check("is left alone where a person made it", made({}, null), [compute, nightly]);
});

describe("the Pods of a workload with an on-demand floor", () => {
  const spec = { runtimeClass: "batch", disruption: { idempotent: true }, cost: { spotAllowed: true, spotFloorOnDemand: "50%" } } as const;
  const world = [
    profile({ spec }),
    deployment({ replicas: 3 }),
    replicaSet({ name: "rs", podLabels: { app: "web" }, owner: owner("Deployment", "web") }),
  ];
  const fresh = (name: string) => pod({ name, labels: { app: "web" }, owner: owner("ReplicaSet", "rs") });
  const isKept = ({ metadata, spec: { affinity } }: Pod): boolean => {
    const required = JSON.stringify(affinity ?? {}).includes('"on-demand"');
    expect(metadata.labels?.[names.onDemandFloorLabel] !== undefined).toBe(required);
    return required;
  };

  it("are kept off Spot until the floor is reached, and again when one of them goes", () => {
    const first = entered(fresh("a"), world);
    const second = entered(fresh("b"), [...world, first]);
    const third = entered(fresh("c"), [...world, first, second]);
    expect([first, second, third].map(isKept)).toEqual([true, true, false]);
    expect(isKept(entered(fresh("d"), [...world, second, third]))).toBe(true);
    const ended: Pod = { ...first, status: { phase: "Failed" } };
    expect(isKept(entered(fresh("e"), [...world, ended, second, third]))).toBe(true);
  });
  it("of a template that is rolled out count by themselves: those before it go, and their floor with them", () => {
    const labels = (hash: string) => ({ app: "web", "pod-template-hash": hash });
    const rolled = (name: string, hash: string) => pod({ name, labels: labels(hash), owner: owner("ReplicaSet", "rs") });
    const old = ["a", "b"].map((name) => entered(rolled(name, "1"), world));
    expect(old.map(isKept)).toEqual([true, true]);
    const first = entered(rolled("c", "2"), [...world, ...old]);
    const second = entered(rolled("d", "2"), [...world, ...old, first]);
    const third = entered(rolled("e", "2"), [...world, ...old, first, second]);
    expect([first, second, third].map(isKept)).toEqual([true, true, false]);
  });
  it("of another workload do not count", () => {
    const other = entered(fresh("a"), world);
    const foreign = { ...other, metadata: { ...other.metadata, labels: { ...other.metadata.labels, app: "other" } } };
    expect(isKept(entered(fresh("b"), [...world, foreign, { ...foreign, metadata: { ...foreign.metadata, name: "z" } }]))).toBe(true);
  });
});
