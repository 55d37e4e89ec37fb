/**
 * Grants: whether a namespace may use a class.
 *
 * Reads the grants of policies.yaml and a namespace, as far as it is known. A class without a grant is open to all.
 */
import type { Namespace } from "../api/namespace.ts";
import { matchesSelector } from "../kube/selector.ts";
import { matchesGlob } from "./class.ts";
import type { PolicySet } from "./policy-set.ts";

/** Who asks: the Namespace itself is not known where a file does not hold it. */
export interface GrantQuestion {
  readonly policySet: PolicySet;
  readonly className: string;
  readonly namespace: string;
  readonly namespaceObject: Namespace | undefined;
}

/** Says whether a namespace is granted a class; "unknown" where only labels could tell, and they are not known. */
export function grantOf({ policySet, className, namespace, namespaceObject }: GrantQuestion): "granted" | "refused" | "unknown" {
  const grant = policySet.grants.get(className);
  if (grant === undefined || grant.namespaces.some((glob) => matchesGlob({ glob, text: namespace }))) return "granted";
  if (grant.namespaceSelector === undefined) return "refused";
  if (namespaceObject === undefined) return "unknown";
  return matchesSelector(grant.namespaceSelector, namespaceObject.metadata.labels) ? "granted" : "refused";
}
