/** The contract of a workload is remembered, and never older than what it is made of. */
import { describe, expect, it } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { workloadOf, type Workload } from "../../../src/kube/workload.ts";
import { type ContractWorld, workloadContract } from "../../../src/policies/profile/workload-contract.ts";
import { policiesText, policySet } from "../../support/admission.ts";
import { deployment, namespaceObject, nodePool, pod, profile } from "../../support/objects.ts";

const names = platformNames();
const policies = policySet();
const web = workload(deployment({ replicas: 3 }));
const zones = ["ap-southeast-1a", "ap-southeast-1b"];
const pool = nodePool({ requirements: [{ key: "topology.kubernetes.io/zone", operator: "In", values: zones }] });
const objects: readonly KubeObject[] = [namespaceObject(), pool, profile({ spec: { availability: { zoneSpread: "required" } } })];
const world: ContractWorld = { policySet: policies, names, snapshot: snapshotOf(objects), instanceTypes: catalogInstanceTypes({ zones }) };

describe("the contract of a workload", () => {
  it("is the same object while nothing that it is made of has changed", () => {
    const answer = workloadContract({ ...world, workload: web });
    const later = { ...world, snapshot: snapshotOf([...objects, pod()]) };
    expect(workloadContract({ ...world, workload: web })).toBe(answer);
    expect(workloadContract({ ...later, workload: web })).toEqual(answer);
  });

  check("a changed profile", { snapshot: snapshotOf([namespaceObject(), pool, profile({ spec: { compute: { cpuRequest: "300m" } } })]) });
  check("a profile that is gone", { snapshot: snapshotOf([namespaceObject(), pool]) });
  check("other labels of the namespace", {
    snapshot: snapshotOf([...objects, namespaceObject("shop", { [names.costOwnerLabel]: "billing" })]),
  });
  check("other policies", {
    policySet: policySet(policiesText.replace("zoneSpread: required, zoneSpreadFrom: 3", "zoneSpread: preferred")),
  });
  check("another NodePool", {
    snapshot: snapshotOf([namespaceObject(), nodePool(), ...objects.slice(2)]),
    instanceTypes: catalogInstanceTypes({ zones: [...zones, "ap-southeast-1c"] }),
  });
  check(
    "other instance types",
    { snapshot: snapshotOf([namespaceObject(), ...objects.slice(2)]), instanceTypes: [] },
    { snapshot: snapshotOf([namespaceObject(), ...objects.slice(2)]) },
  );
});

/** The remembered answer to a changed world is what a workload that was never seen gets, and another one than before. */
function check(change: string, over: Partial<ContractWorld>, before: Partial<ContractWorld> = {}): void {
  it(`is made anew after ${change}`, () => {
    const first = workloadContract({ ...world, ...before, workload: web });
    const second = workloadContract({ ...world, ...over, workload: web });
    expect(second).toEqual(workloadContract({ ...world, ...over, workload: { ...web } }));
    expect(second).not.toEqual(first);
  });
}

function workload(object: KubeObject): Workload {
  const found = workloadOf(object);
  if (found === undefined) throw new Error("no workload");
  return found;
}
