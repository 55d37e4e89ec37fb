/**
 * The memory of contracts: what a profile compiled to last, for the next workload that is written alike.
 *
 * Every review brings its workload as a new object, yet a Deployment that is applied again, scaled or judged as one of
 * many says the same to the compiler as before. Reads what compiling reads of a workload; returns the contract that was made
 * of the same words, or makes it. Nothing is ever stale: the profile is an immutable object, and all else is compared.
 */
import type { PodSpec } from "../../api/pod.ts";
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
  readonly placement: Pick<PodSpec, "nodeSelector" | "tolerations" | "affinity">;
  readonly main: string | undefined;
}

const lastOfProfile = new WeakMap<WorkloadProfile, Remembered>();

/** Returns the contract, compiled unless the profile's last one was made of the same. */
export function rememberedContract({ profile, workload, ingredients, compile }: ContractOrder): CompiledContract {
  const last = lastOfProfile.get(profile);
  if (last?.ingredients.every((ingredient, index) => ingredient === ingredients[index]) === true && says(workload, last.words)) {
    return last.contract;
  }
  const contract = compile();
  lastOfProfile.set(profile, { words: wordsOf(workload), ingredients, contract });
  return contract;
}

/** Is true for a workload that says the words; nothing is made to find that out, since each review asks. */
function says(workload: Workload, words: CompiledWords): boolean {
  const { spec } = workload.template;
  return (
    workload.name === words.name &&
    workload.kind === words.kind &&
    workload.apiVersion === words.apiVersion &&
    workload.namespace === words.namespace &&
    workload.replicas === words.replicas &&
    workload.hasScale === words.hasScale &&
    workload.stableHash === words.stableHash &&
    jsonEquals(workload.selector, words.selector) &&
    jsonEquals(spec.nodeSelector, words.placement.nodeSelector) &&
    jsonEquals(spec.tolerations, words.placement.tolerations) &&
    jsonEquals(spec.affinity, words.placement.affinity) &&
    mainContainerOf({ pod: workload.template, workloadName: workload.name }) === words.main
  );
}

function wordsOf({ kind, apiVersion, namespace, name, replicas, hasScale, stableHash, selector, template }: Workload): CompiledWords {
  return {
    ...{ kind, apiVersion, namespace, name, replicas, hasScale },
    ...(stableHash === undefined ? {} : { stableHash }),
    selector,
    placement: placementOf(template.spec),
    main: mainContainerOf({ pod: template, workloadName: name }),
  };
}

/** Without the members that are absent. */
function placementOf({ nodeSelector, tolerations, affinity }: PodSpec): CompiledWords["placement"] {
  return {
    ...(nodeSelector === undefined ? undefined : { nodeSelector }),
    ...(tolerations === undefined ? undefined : { tolerations }),
    ...(affinity === undefined ? undefined : { affinity }),
  };
}
