/**
 * Node group signs: what a workload's node selectors say of the class that it belongs in.
 *
 * Reads the workload's Pod as written. Returns the class that a managed node group is named after, or batch where the Pods are kept to Spot
 * capacity of one; and, since no NodePool's nodes carry these labels, what to take out.
 */
import { autoModeDomain } from "../api/labels.ts";
import type { PodSpec } from "../api/pod.ts";
import type { PolicySet } from "./policy-set.ts";
import type { WorkloadView } from "./workload-view.ts";

/** A class, and a sentence that speaks for it. */
export interface Sign {
  readonly className: string;
  readonly reason: string;
}

const capacityTypeKey = `${autoModeDomain}/capacityType`;
/** Labels of managed node groups: EKS' own, and eksctl's. */
const groupKeys: ReadonlySet<string> = new Set([`${autoModeDomain}/nodegroup`, "alpha.eksctl.io/nodegroup-name"]);

interface Selected {
  readonly key: string;
  readonly value: string;
}

/** Returns a sign for each selector that names a class's node group, or Spot. */
export function nodeGroupSigns({ podAsWritten }: WorkloadView, { policySet }: { readonly policySet: PolicySet }): readonly Sign[] {
  return selectedBy(podAsWritten.spec).flatMap(({ key, value }) => {
    const reason = `it selects nodes by ${key}: ${value}`;
    if (key === capacityTypeKey) return value.toUpperCase() === "SPOT" ? [{ className: "batch", reason }] : [];
    const words = value.toLowerCase().split(/[-_.]/);
    return [...policySet.classes.keys()].filter((name) => words.includes(name)).map((className) => ({ className, reason }));
  });
}

/** Returns what keeps the workload on nodes that no NodePool makes; sentences. */
export function nodeGroupNotes({ podAsWritten }: WorkloadView): readonly string[] {
  return selectedBy(podAsWritten.spec).map(
    ({ key, value }) => `no NodePool's nodes have ${key}: ${value}: take it out of its node selector, and its class places it`,
  );
}

function selectedBy({ nodeSelector, affinity }: PodSpec): readonly Selected[] {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const required = terms
    .flatMap(({ matchExpressions }) => matchExpressions ?? [])
    .flatMap(({ key, operator, values }) => (operator === "In" ? (values ?? []).map((value) => ({ key, value })) : []));
  const named = Object.entries(nodeSelector ?? {}).map(([key, value]) => ({ key, value }));
  const texts = new Map([...named, ...required].map((one) => [`${one.key}=${one.value}`, one]));
  return [...texts.values()].filter(({ key }) => key === capacityTypeKey || groupKeys.has(key));
}
