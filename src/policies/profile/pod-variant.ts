/**
 * The variant of one Pod: which entry of spec.overrides holds for it.
 *
 * Reads a Pod and the contract. Returns the contract with that variant's parts in place of the usual ones. The first match
 * holds. Labels that the compiler writes itself are not looked at, or a patched Pod could be another variant than the Pod was.
 */
import type { Pod } from "../../api/pod.ts";
import type { CompiledContract, PodVariant } from "./contract.ts";

/** The label by which Argo Rollouts tells revisions apart. */
const rolloutHashLabel = "rollouts-pod-template-hash";

/** Returns the contract as it holds for one Pod. */
export function contractFor(pod: Pod, contract: CompiledContract): CompiledContract {
  if (contract.variants.length === 0) return contract;
  const variant = contract.variants.find((candidate) => isOfVariant(pod, candidate, contract));
  return variant === undefined ? contract : { ...contract, pod: variant.pod };
}

function isOfVariant({ metadata }: Pod, { labels, stage }: PodVariant, contract: CompiledContract): boolean {
  const own = metadata.labels ?? {};
  if (!Object.entries(labels).every(([key, value]) => own[key] === value && !Object.hasOwn(contract.pod.labels, key))) return false;
  return stage === undefined || stage === stageOf(own[rolloutHashLabel], contract.stableHash);
}

/** Before its first revision is stable, a Rollout has no canary. */
function stageOf(hash: string | undefined, stableHash: string | undefined): PodVariant["stage"] {
  if (hash === undefined) return undefined;
  return stableHash === undefined || hash === stableHash ? "stable" : "canary";
}
