/**
 * Profile terms: what a WorkloadProfile says, with its class's word where it is silent.
 *
 * Reads a profile, its namespace and the catalogue. Returns values for the rules, which judge a profile before any workload is bound to it.
 */
import type { PlatformNames } from "../api/labels.ts";
import type { Namespace } from "../api/namespace.ts";
import type { WorkloadProfile } from "../api/workload-profile.ts";
import { remembered } from "../kube/remembered.ts";
import { classFor, type WorkloadClass } from "./class.ts";
import type { PolicySet } from "./policy-set.ts";
import { resolveProfile, type ResolvedProfile } from "./profile/resolve.ts";
import { boundClassName } from "./profile/workload-contract.ts";

export interface ProfileTerms {
  readonly workloadClass: WorkloadClass;
  readonly resolved: ResolvedProfile;
}

/** What terms are read from, besides the profile. */
export interface TermsWorld {
  readonly policySet: PolicySet;
  readonly names: PlatformNames;
  /** Of the profile's namespace; undefined where it is not known. */
  readonly namespaceObject: Namespace | undefined;
}

/** Returns a profile's terms, or undefined where the catalogue lacks its class (WP-001 says so). */
export function termsOf(profile: WorkloadProfile, { policySet, names, namespaceObject }: TermsWorld): ProfileTerms | undefined {
  // A dozen rules ask for the terms of one profile in one review.
  const last = lastTerms(profile);
  const isSame = last.policySet === policySet && last.namespaceObject === namespaceObject && last.names === names;
  if (isSame && last.terms !== undefined) return last.terms;
  const className = boundClassName(profile, policySet);
  const workloadClass = classFor(policySet, { className, namespace: profile.metadata.namespace ?? "" });
  if (workloadClass === undefined) return undefined;
  const namespaceLabels = namespaceObject?.metadata.labels ?? {};
  const terms = { workloadClass, resolved: resolveProfile({ profile, workloadClass, names, namespaceLabels }) };
  Object.assign(last, { policySet, namespaceObject, names, terms });
  return terms;
}

const lastTerms = remembered<WorkloadProfile, LastTerms>(() => ({}));

type LastTerms = Partial<TermsWorld & { readonly terms: ProfileTerms }>;
