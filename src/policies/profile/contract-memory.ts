/**
 * The memory of contracts: what a profile compiled to last, for the next workload that is written alike.
 *
 * Every review brings its workload as a new object, yet a Deployment that is applied again, scaled or judged as one of
 * many says the same to the compiler as before. Reads what compiling reads of a workload; returns the contract that was made
 * of the same words, or makes it. Nothing is ever stale: the profile is an immutable object, and all else is compared.
 */
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { jsonEquals } from "../../kube/json-patch.ts";
import type { Workload } from "../../kube/workload.ts";
import type { CompiledContract } from "./contract.ts";
import { mainContainerOf } from "./main-container.ts";

/** A contract to be made: of a profile, a workload, and everything else that it is made of, compared by identity. */
export interface ContractOrder {
  readonly profile: WorkloadProfile;
  readonly workload: Workload;
  readonly ingredients: readonly unknown[];
  readonly compile: () => CompiledContract;
}

interface Remembered extends Pick<ContractOrder, "workload" | "ingredients"> {
  readonly contract: CompiledContract;
}

const lastOfProfile = new WeakMap<WorkloadProfile, Remembered>();

/** Returns the contract, compiled unless the profile's last one was made of the same. */
export function rememberedContract({ profile, workload, ingredients, compile }: ContractOrder): CompiledContract {
  const last = lastOfProfile.get(profile);
  if (last?.ingredients.every((ingredient, index) => ingredient === ingredients[index]) === true && isAlike(last.workload, workload)) {
    return last.contract;
  }
  const contract = compile();
  lastOfProfile.set(profile, { workload, ingredients, contract });
  return contract;
}

/** Says whether two workloads say the same to the compiler (compile.ts and what it calls). */
function isAlike(a: Workload, b: Workload): boolean {
  if (a.kind !== b.kind || a.apiVersion !== b.apiVersion || a.namespace !== b.namespace || a.name !== b.name) return false;
  if (a.replicas !== b.replicas || a.hasScale !== b.hasScale || a.stableHash !== b.stableHash) return false;
  const [one, other] = [a.template.spec, b.template.spec];
  return (
    one.restartPolicy === other.restartPolicy &&
    jsonEquals(a.selector, b.selector) &&
    jsonEquals(one.nodeSelector, other.nodeSelector) &&
    jsonEquals(one.tolerations, other.tolerations) &&
    jsonEquals(one.affinity, other.affinity) &&
    mainOf(a) === mainOf(b)
  );
}

function mainOf({ template, name }: Workload): string | undefined {
  return mainContainerOf({ pod: template, workloadName: name });
}
