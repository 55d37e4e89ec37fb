/**
 * Own keys: which labels and annotations of our domain are ours to write, and which are people's.
 *
 * Reads our names. Returns lists. What we compute for a Pod is never believed from a template or a person; the domain is the
 * platform team's too, so a key that stands in neither list is theirs.
 */
import type { PlatformNames } from "./labels.ts";

export interface OwnKeys {
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
}

/** Returns what admission computes for each Pod. */
export function podKeysOf({
  profileHashLabel,
  onDemandFloorLabel,
  disruptionWindowAnnotation,
  compiledAnnotation,
}: PlatformNames): OwnKeys {
  return { labels: [profileHashLabel, onDemandFloorLabel], annotations: [disruptionWindowAnnotation, compiledAnnotation] };
}

/** Returns what we write on Pod templates, so that they roll. */
export function templateKeysOf({ rolledContractAnnotation, surgedForAnnotation }: PlatformNames): readonly string[] {
  return [rolledContractAnnotation, surgedForAnnotation];
}

/** Returns what people write on workloads and their Pod templates. */
export function userKeysOf({
  workloadClassLabel,
  costOwnerLabel,
  profileLabel,
  dataClassificationLabel,
}: PlatformNames): readonly string[] {
  return [workloadClassLabel, costOwnerLabel, profileLabel, dataClassificationLabel];
}
