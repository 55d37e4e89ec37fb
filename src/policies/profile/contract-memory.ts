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

interface Remembered {
  readonly words: CompiledWords;
  readonly ingredients: readonly unknown[];
  readonly contract: CompiledContract;
}

/** What compiling reads of a workload (compile.ts and what it calls). The workload itself is not kept: it is as large as its review. */
interface CompiledWords extends Pick<Workload, "kind" | "apiVersion" | "namespace" | "name" | "replicas" | "hasScale" | "stableHash"> {
  readonly selector: Workload["selector"];
  readonly placement: readonly unknown[];
  readonly main: string | undefined;
}

const lastOfProfile = new WeakMap<WorkloadProfile, Remembered>();

/** Returns the contract, compiled unless the profile's last one was made of the same. */
export function rememberedContract({ profile, workload, ingredients, compile }: ContractOrder): CompiledContract {
  const last = lastOfProfile.get(profile);
  const words = wordsOf(workload);
  if (last?.ingredients.every((ingredient, index) => ingredient === ingredients[index]) === true && jsonEquals(last.words, words)) {
    return last.contract;
  }
  const contract = compile();
  lastOfProfile.set(profile, { words, ingredients, contract });
  return contract;
}

function wordsOf({ kind, apiVersion, namespace, name, replicas, hasScale, stableHash, selector, template }: Workload): CompiledWords {
  const { nodeSelector, tolerations, affinity } = template.spec;
  return {
    ...{ kind, apiVersion, namespace, name, replicas, hasScale },
    ...(stableHash === undefined ? {} : { stableHash }),
    selector,
    placement: [nodeSelector, tolerations, affinity],
    main: mainContainerOf({ pod: template, workloadName: name }),
  };
}
