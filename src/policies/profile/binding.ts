/**
 * Binding: which WorkloadProfile governs a workload.
 *
 * Reads the top owner of some Pods and the profiles of its namespace. Returns the one profile, none, or the two that
 * claim it, with the sentence of the rule. Pure: the order of the profiles given never matters. The four ways to bind
 * are levels: the first level with a hit decides, so that the seed's profile (which says nothing about binding) is
 * found by its name, and every explicit word is stronger than that.
 */
import type { PlatformNames } from "../../api/labels.ts";
import type { LabelSelector } from "../../api/object.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { remembered } from "../../kube/remembered.ts";
import { matchesSelector } from "../../kube/selector.ts";

/** What binding looks at: the top owner (CronJob before Job, Deployment before ReplicaSet) and its Pod template's labels. */
export interface BindingSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly templateLabels: Readonly<Record<string, string>>;
  /** Who controls it, where that is a kind that nobody here knows (a LeaderWorkerSet, an operator's): a targetRef may name it. */
  readonly controller?: { readonly apiVersion: string; readonly kind: string; readonly name: string };
}

export type MatchedBy = "targetRef" | "label" | "selector" | "name";

export type Binding =
  | { readonly kind: "bound"; readonly profile: WorkloadProfile; readonly matchedBy: MatchedBy }
  | { readonly kind: "none" }
  | BindingConflict;

/** Two profiles claim one workload: `text` and `fix` are the rule's exact sentences. */
export interface BindingConflict {
  readonly kind: "ambiguous";
  readonly rule: "BIND-002" | "BIND-003";
  readonly profiles: readonly [string, string];
  readonly text: string;
  readonly fix: string;
}

/** What {@link bindProfile} reads: profiles of other namespaces are ignored. */
export interface BindingInput {
  readonly workload: BindingSubject;
  readonly profiles: readonly WorkloadProfile[];
  readonly names: PlatformNames;
}

/**
 * Returns the profile of a workload: by targetRef, else by label, else by selector, else by the workload's own name.
 *
 * Two hits at one level are BIND-002; a label that names another profile than the targetRef's is BIND-003. A label
 * whose profile doesn't exist is no hit: the next level is asked. A profile that says how it binds never binds by name.
 */
export function bindProfile({ workload, profiles, names }: BindingInput): Binding {
  const labelled = workload.labels[names.profileLabel] ?? workload.templateLabels[names.profileLabel];
  const only = labelled === undefined ? onlyCandidate(profiles, workload) : undefined;
  if (only !== undefined) return { kind: "bound", profile: only, matchedBy: "name" };
  const here = candidates(profiles, {
    namespace: workload.namespace,
    names: [workload.name, ...(labelled === undefined ? [] : [labelled])],
  });
  const targeting = here.filter((profile) => targets(profile, workload));
  const [target] = targeting;
  if (target !== undefined && targeting.length === 1 && labelled !== undefined && labelled !== nameOf(target)) {
    return labelConflict(labelled, nameOf(target));
  }
  const levels: readonly (readonly [MatchedBy, readonly WorkloadProfile[]])[] = [
    ["targetRef", targeting],
    ["label", here.filter((profile) => nameOf(profile) === labelled)],
    ["selector", here.filter((profile) => selects(profile, workload))],
    ["name", here.filter((profile) => nameOf(profile) === workload.name && !bindsExplicitly(profile))],
  ];
  for (const [matchedBy, hits] of levels) {
    const [first, second] = hits.length > 1 ? hits.toSorted(byName) : hits;
    if (first === undefined) continue;
    return second === undefined ? { kind: "bound", profile: first, matchedBy } : doubleConflict(workload, nameOf(first), nameOf(second));
  }
  return { kind: "none" };
}

/**
 * Says whether a profile lays claim to a workload, at one level or another; only profiles with a claim can bind it, or
 * quarrel about it. Cheap, so that a change of one workload need not concern every profile of its namespace.
 */
export function claims({ profile, workload, names }: Omit<BindingInput, "profiles"> & { readonly profile: WorkloadProfile }): boolean {
  if (profile.metadata.namespace !== workload.namespace) return false;
  const named = nameOf(profile);
  const labelled = workload.labels[names.profileLabel] ?? workload.templateLabels[names.profileLabel];
  if (named === labelled || targets(profile, workload) || selects(profile, workload)) return true;
  return named === workload.name && !bindsExplicitly(profile);
}

/** Returns the profiles that lay claim to a workload, as {@link claims} has it, without asking each of a namespace's hundreds. */
export function claimingProfiles({ workload, profiles, names }: BindingInput): readonly WorkloadProfile[] {
  const labelled = workload.labels[names.profileLabel] ?? workload.templateLabels[names.profileLabel];
  const words = labelled === undefined ? [workload.name] : [workload.name, labelled];
  return candidates(profiles, { namespace: workload.namespace, names: words }).filter((profile) => claims({ profile, workload, names }));
}

/** Only profiles that say how they bind, and those of the workload's name or label, can have a claim: a namespace has hundreds of others. */
function candidates(
  profiles: readonly WorkloadProfile[],
  of: { readonly namespace: string; readonly names: readonly string[] },
): readonly WorkloadProfile[] {
  const { explicit, byName: named } = profileIndex(profiles);
  const found = new Set([...explicit, ...of.names.flatMap((name) => named.get(name) ?? [])]);
  return [...found].filter((profile) => profile.metadata.namespace === of.namespace);
}

/** The profile of the workload's own name, where no other has a claim: the case of nearly all. */
function onlyCandidate(profiles: readonly WorkloadProfile[], { name, namespace }: BindingSubject): WorkloadProfile | undefined {
  const { explicit, byName: named } = profileIndex(profiles);
  const own = explicit.length === 0 ? named.get(name) : undefined;
  const [only] = own ?? [];
  return own?.length === 1 && only?.metadata.namespace === namespace ? only : undefined;
}

const profileIndex = remembered((profiles: readonly WorkloadProfile[]) => ({
  explicit: profiles.filter(bindsExplicitly),
  byName: groupedByName(profiles),
}));

function groupedByName(profiles: readonly WorkloadProfile[]): ReadonlyMap<string, readonly WorkloadProfile[]> {
  const groups = new Map<string, WorkloadProfile[]>();
  for (const profile of profiles) {
    const group = groups.get(nameOf(profile));
    if (group === undefined) groups.set(nameOf(profile), [profile]);
    else group.push(profile);
  }
  return groups;
}

function targets(profile: WorkloadProfile, workload: BindingSubject): boolean {
  const reference = profile.spec.bind?.targetRef;
  if (reference === undefined) return false;
  return [workload, ...(workload.controller === undefined ? [] : [workload.controller])].some(
    ({ apiVersion, kind, name }) =>
      reference.kind === kind &&
      reference.name === name &&
      (reference.apiVersion === undefined || groupOf(reference.apiVersion) === groupOf(apiVersion)),
  );
}

function selects(profile: WorkloadProfile, workload: BindingSubject): boolean {
  const selector: LabelSelector | undefined = profile.spec.bind?.selector;
  return selector !== undefined && matchesSelector(selector, workload.templateLabels);
}

function bindsExplicitly(profile: WorkloadProfile): boolean {
  return profile.spec.bind?.targetRef !== undefined || profile.spec.bind?.selector !== undefined;
}

function doubleConflict(workload: BindingSubject, first: string, second: string): BindingConflict {
  return {
    kind: "ambiguous",
    rule: "BIND-002",
    profiles: [first, second],
    text: `profiles "${first}" and "${second}" both select ${workload.kind}/${workload.name}`,
    fix: "set bind.targetRef on one",
  };
}

function labelConflict(labelled: string, targeting: string): BindingConflict {
  return {
    kind: "ambiguous",
    rule: "BIND-003",
    profiles: [labelled, targeting],
    text: `label names profile "${labelled}" but profile "${targeting}" targets this workload`,
    fix: "remove the label or the targetRef",
  };
}

/** Versions of one group are one kind, so apps/v1 and apps/v1beta2 name the same Deployment. */
function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash === -1 ? "" : apiVersion.slice(0, slash);
}

function nameOf(profile: WorkloadProfile): string {
  return profile.metadata.name ?? "";
}

function byName(a: WorkloadProfile, b: WorkloadProfile): number {
  return nameOf(a) < nameOf(b) ? -1 : 1;
}
