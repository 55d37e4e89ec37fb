/**
 * The contract of one workload, from everything that is known: the one door that admission, the profile's controller, the
 * provisioner and `plimsoll render` go through, so that all of them compile alike.
 *
 * Reads a workload (the top owner of some Pods), the snapshot and the policies. Returns its binding, its class and the
 * compiled contract, or why there is none. An ambiguous workload, and one whose profile names an unknown class, has no
 * contract: what can't be told is not guessed into Pods.
 */
import type { InstanceType } from "../../api/instance-type.ts";
import type { PlatformNames } from "../../api/labels.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { controllerOf } from "../../kube/owner.ts";
import { remembered } from "../../kube/remembered.ts";
import type { Workload } from "../../kube/workload.ts";
import { classFor, type WorkloadClass } from "../class.ts";
import { withMigration } from "../migration.ts";
import type { PolicySet } from "../policy-set.ts";
import { bindProfile, claimingProfiles, claims, type Binding, type BindingConflict, type BindingSubject } from "./binding.ts";
import { compileProfile, compileUnprofiled } from "./compile.ts";
import { rememberedContract } from "./contract-memory.ts";
import type { CompiledContract } from "./contract.ts";
import type { CompileSurroundings } from "./pod-parts.ts";

/** Everything around a workload that decides its contract. */
export interface ContractWorld {
  readonly policySet: PolicySet;
  readonly snapshot: ClusterSnapshot;
  readonly names: PlatformNames;
  /** Empty where nothing is known of capacity. */
  readonly instanceTypes: readonly InstanceType[];
}

export type WorkloadContract =
  | {
      readonly kind: "compiled";
      readonly binding: Exclude<Binding, BindingConflict>;
      readonly workloadClass: WorkloadClass;
      readonly contract: CompiledContract;
    }
  | { readonly kind: "ambiguous"; readonly binding: BindingConflict }
  | { readonly kind: "unknown-class"; readonly binding: Exclude<Binding, BindingConflict>; readonly className: string };

/**
 * Returns the contract of a workload as it is now; profiles that are being deleted no longer bind.
 *
 * A Deployment's Pods ask for one contract many times over: it is compiled again only when something that it is made of is
 * another object than it was.
 */
export function workloadContract(input: ContractWorld & { readonly workload: Workload }): WorkloadContract {
  const compiling = ingredientsOf(input);
  const ingredients = [...compiling, input.snapshot.list("WorkloadProfile", input.workload.namespace)];
  const known = lastContract(input.workload);
  if (known.contract !== undefined && known.ingredients?.every((ingredient, index) => ingredient === ingredients[index]) === true) {
    return known.contract;
  }
  known.contract = compiledContract(input, compiling);
  known.ingredients = ingredients;
  return known.contract;
}

/** The last answer for each workload, for as long as the workload is known: immutable objects in, the same answer out. */
const lastContract = remembered<Workload, LastContract>(() => ({}));

interface LastContract {
  ingredients?: readonly unknown[];
  contract?: WorkloadContract;
}

/** Everything that a profile compiles to is made of, besides the profile and the workload. */
function ingredientsOf({ workload, policySet, snapshot, names, instanceTypes }: ContractWorld & { readonly workload: Workload }) {
  const { namespace } = workload;
  const namespaceObject = snapshot.get("Namespace", { namespace: "", name: namespace });
  return [policySet, names, instanceTypes, namespaceObject, snapshot.list("NodePool")];
}

function compiledContract(input: ContractWorld & { readonly workload: Workload }, ingredients: readonly unknown[]): WorkloadContract {
  const { workload, ...world } = input;
  const { policySet, snapshot, names } = world;
  const binding = bindWorkload({ workload, profiles: bindingProfiles(snapshot.list("WorkloadProfile", workload.namespace)), names });
  if (binding.kind === "ambiguous") return { kind: "ambiguous", binding };
  const className =
    binding.kind === "bound" ? boundClassName(binding.profile, policySet) : assumedClassName({ workload, policySet, names });
  const workloadClass = classFor(policySet, { className, namespace: workload.namespace });
  if (workloadClass === undefined) return { kind: "unknown-class", binding, className };
  const surroundings = surroundingsOf({ workload, workloadClass, ...world });
  if (binding.kind === "none") return { kind: "compiled", binding, workloadClass, contract: compileUnprofiled(surroundings) };
  const { profile } = binding;
  const compile = (): CompiledContract => compileProfile({ ...surroundings, profile });
  return { kind: "compiled", binding, workloadClass, contract: rememberedContract({ profile, workload, ingredients, compile }) };
}

/** The profiles of a list that are not being deleted. */
const bindingProfiles = remembered((profiles: readonly WorkloadProfile[]): readonly WorkloadProfile[] =>
  profiles.filter(({ metadata }) => metadata.deletionTimestamp === undefined),
);

/** Returns the profile that governs a workload; {@link bindProfile} of the workload's own words. */
export function bindWorkload(input: {
  readonly workload: Workload;
  readonly profiles: readonly WorkloadProfile[];
  readonly names: PlatformNames;
}): Binding {
  const { workload, profiles, names } = input;
  return bindProfile({ workload: subjectOf(workload), profiles, names });
}

/** Says whether a profile lays claim to a workload; see {@link claims}. */
export function claimsWorkload(input: {
  readonly workload: Workload;
  readonly profile: WorkloadProfile;
  readonly names: PlatformNames;
}): boolean {
  return claims({ ...input, workload: subjectOf(input.workload) });
}

/** Returns the profiles that lay claim to a workload; see {@link claimsWorkload}. */
export function profilesClaiming(input: {
  readonly workload: Workload;
  readonly profiles: readonly WorkloadProfile[];
  readonly names: PlatformNames;
}): readonly WorkloadProfile[] {
  return claimingProfiles({ ...input, workload: subjectOf(input.workload) });
}

function subjectOf(workload: Workload): BindingSubject {
  const { apiVersion, kind, namespace, name, labels } = workload;
  const controller = controllerOf(workload.object);
  const subject = { apiVersion, kind, namespace, name, labels, templateLabels: workload.template.metadata?.labels ?? {} };
  return controller === undefined ? subject : { ...subject, controller };
}

/** Returns the name of the class that a profile asks for. */
export function boundClassName(profile: WorkloadProfile, policySet: PolicySet): string {
  return profile.spec.runtimeClass ?? policySet.settings.defaultClass;
}

/**
 * Returns the class that is assumed for a workload without a profile: the one its workload-class label names, else the
 * one whose placement its Pods carry, else the default class. A label that names no class is returned as it is.
 */
export function assumedClassName(input: {
  readonly workload: Workload;
  readonly policySet: PolicySet;
  readonly names: PlatformNames;
}): string {
  const { workload, policySet, names } = input;
  const label = workload.labels[names.workloadClassLabel] ?? workload.template.metadata?.labels?.[names.workloadClassLabel];
  if (label !== undefined) return label;
  const carried = workload.template.spec.nodeSelector ?? {};
  for (const { name, placement } of policySet.classes.values()) {
    const wanted = Object.entries(placement.nodeSelector);
    if (wanted.length > 0 && wanted.every(([key, value]) => carried[key] === value)) return name;
  }
  return policySet.settings.defaultClass;
}

function surroundingsOf(
  input: ContractWorld & { readonly workload: Workload; readonly workloadClass: WorkloadClass },
): CompileSurroundings {
  const { workload, workloadClass, policySet, snapshot, names, instanceTypes } = input;
  const namespaceLabels = snapshot.get("Namespace", { namespace: "", name: workload.namespace })?.metadata.labels;
  return {
    workload,
    workloadClass: withMigration(workloadClass, policySet.migration),
    names,
    bundle: policySet.bundle,
    capacity: { nodePools: snapshot.list("NodePool"), instanceTypes },
    ...(policySet.settings.podPatchFields === undefined ? {} : { podPatchFields: policySet.settings.podPatchFields }),
    ...(namespaceLabels === undefined ? {} : { namespaceLabels }),
  };
}
