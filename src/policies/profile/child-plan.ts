/**
 * The child plan: which objects of one kind a profile must write, and which it must take away.
 *
 * Reads the objects that the contracts want and those that the namespace has. Returns the smallest set of writes, and the
 * names that somebody else's objects hold: those are never taken over in silence.
 */
import type { KubeObject } from "../../api/object.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { jsonEquals } from "../../kube/json-patch.ts";
import { managedByLabel, managedByProfile } from "./budget.ts";

/** A child object of a profile: what is wanted of it stands in its spec. */
export type ChildObject = KubeObject & { readonly spec: object };

export interface ChildPlan<T extends ChildObject> {
  /** Under names that nobody was seen to hold: should somebody hold one by now, the API server refuses (409). */
  readonly create: readonly T[];
  /**
   * Ours that differ, and foreign ones that the profile adopts, each with the uid and resourceVersion that were seen, so that
   * only that very object is written over (else 409). Whole objects: what is applied beside a foreign bound would leave two
   * bounds, and a budget may have only one; deleted and made again, the workload would be without a budget in between.
   */
  readonly replace: readonly T[];
  /** To be deleted first: ours that nothing wants any more. */
  readonly remove: readonly T[];
  /** Foreign objects under names that are wanted and that the profile does not adopt. */
  readonly foreign: readonly T[];
}

export interface ChildPlanInput<T extends ChildObject> {
  readonly profile: WorkloadProfile;
  readonly desired: readonly T[];
  readonly observed: readonly T[];
  readonly adopt: boolean;
  /**
   * True where what is desired can't be told for now (an unknown class, two profiles for one workload): then what stands is
   * kept, since a doubt must not take a workload's protection away.
   */
  readonly inDoubt: boolean;
  /** Whether the spec that stands is the wanted one: the API server fills in what was left out of some kinds. */
  readonly isSpecAsWanted: (standing: object, wanted: object) => boolean;
}

/** Returns what to write so that the namespace has exactly the wanted objects of this profile; each list is sorted by name. */
export function planChildren<T extends ChildObject>(input: ChildPlanInput<T>): ChildPlan<T> {
  const { profile, desired, observed, adopt, inDoubt } = input;
  const wanted = new Set(desired.map(({ metadata }) => metadata.name));
  // A namespace has hundreds of others' objects, which are sifted out before anything is made of them.
  const standing = observed.filter((child) => wanted.has(child.metadata.name) || isChildOf(child, profile));
  const holders = new Map(standing.map((child) => [child.metadata.name, child]));
  const pairs = desired.toSorted(byName).map((child) => ({ child, holder: holders.get(child.metadata.name) }));
  const isForeign = (holder: T): boolean => !isChildOf(holder, profile);
  return {
    create: pairs.flatMap(({ child, holder }) => (holder === undefined ? [child] : [])),
    replace: pairs.flatMap(({ child, holder }) => {
      if (holder === undefined || isAsWanted({ ...input, holder, wanted: child }) || (isForeign(holder) && !adopt)) return [];
      return [replacementOf(holder, child)];
    }),
    remove: standing
      .filter(
        (child) => child.metadata.deletionTimestamp === undefined && !inDoubt && !isForeign(child) && !wanted.has(child.metadata.name),
      )
      .sort(byName),
    foreign: pairs.flatMap(({ holder }) => (holder === undefined || adopt || !isForeign(holder) ? [] : [holder])),
  };
}

/** Says whether an object is this very profile's: marked as ours and owned by it. */
export function isChildOf({ metadata: { labels, ownerReferences } }: KubeObject, profile: WorkloadProfile): boolean {
  if (labels?.[managedByLabel] !== managedByProfile) return false;
  return (ownerReferences ?? []).some(({ kind, uid }) => kind === "WorkloadProfile" && uid === profile.metadata.uid);
}

/** Labels and annotations of others stay; owner and spec are ours alone. */
function replacementOf<T extends ChildObject>(holder: T, wanted: T): T {
  const labels = { ...holder.metadata.labels, ...wanted.metadata.labels };
  return { ...wanted, metadata: { ...holder.metadata, ...wanted.metadata, labels } };
}

function isAsWanted<T extends ChildObject>(
  of: Pick<ChildPlanInput<T>, "isSpecAsWanted"> & { readonly holder: T; readonly wanted: T },
): boolean {
  const { holder, wanted, isSpecAsWanted } = of;
  const labels = Object.entries(wanted.metadata.labels ?? {}).every(([key, value]) => holder.metadata.labels?.[key] === value);
  return labels && jsonEquals(holder.metadata.ownerReferences, wanted.metadata.ownerReferences) && isSpecAsWanted(holder.spec, wanted.spec);
}

function byName(a: KubeObject, b: KubeObject): number {
  return (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1;
}
