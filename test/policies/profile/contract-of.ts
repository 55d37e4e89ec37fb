/**
 * Contracts and patched Pods for the tests of the compiler: no capacity is known, so nothing is ruled out by it.
 */
import { platformNames } from "../../../src/api/labels.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { WorkloadProfile, WorkloadProfileSpec } from "../../../src/api/workload-profile.ts";
import { applyJsonPatch } from "../../../src/kube/json-patch.ts";
import { workloadOf, type Workload } from "../../../src/kube/workload.ts";
import type { WorkloadClass } from "../../../src/policies/class.ts";
import { compileProfile } from "../../../src/policies/profile/compile.ts";
import type { CompiledContract } from "../../../src/policies/profile/contract.ts";
import { compilePod } from "../../../src/policies/profile/pod-patch.ts";
import { deployment, profile } from "../../support/objects.ts";
import { workloadClass } from "../../support/workload-class.ts";

export const names = platformNames();

export function workload(object: KubeObject = deployment()): Workload {
  const found = workloadOf(object);
  if (found === undefined) throw new Error("the builder makes a workload");
  return found;
}

export function contractOf(
  spec: WorkloadProfileSpec,
  over: { readonly class?: WorkloadClass; readonly workload?: Workload; readonly status?: WorkloadProfile["status"] } = {},
): CompiledContract {
  return compileProfile({
    profile: { ...profile({ spec }), ...(over.status === undefined ? {} : { status: over.status }) },
    workloadClass: over.class ?? workloadClass(),
    workload: over.workload ?? workload(),
    names,
    bundle: "b0b0b0b0",
    capacity: { nodePools: [], instanceTypes: [] },
  });
}

export function patched(before: Pod, contract: CompiledContract): Pod {
  const result = applyJsonPatch(before, compilePod({ pod: before, contract, names }));
  if (!result.ok) throw new Error(result.error);
  return result.value;
}
