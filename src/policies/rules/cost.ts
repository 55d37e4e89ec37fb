/**
 * COST-001: capacity that nobody pays for.
 *
 * Reads the profile's owner, else its label, else its namespace's label, against costOwners; and a NodePool's label, else the tag of
 * its NodeClass. A profile is warned, so that one from before the list is never refused for it; a NodePool is refused, since whatever
 * it buys is on nobody's account.
 */
import type { NodePool } from "../../api/node-pool.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { actionChoice, actionParam } from "../action-param.ts";
import type { Facts } from "../facts.ts";
import type { RuleParams } from "../policy-set.ts";
import { termsOf } from "../profile-terms.ts";
import { nodeClassOfPool } from "../review/pool-terms.ts";
import { profileManifest } from "./example-manifests.ts";
import type { Problem, Rule } from "./rule.ts";

const profileOf = (labels: string): string => profileManifest({ labels, spec: "runtimeClass: general" });

export const cost001: Rule = {
  id: "COST-001",
  summary:
    "A NodePool, or a profile, without a cost owner from the list; its capacity would be on nobody's account. A profile is only warned.",
  defaultAction: "deny",
  subjects: ["profile", "namespace", "node-pool"],
  params: {
    profiles: actionChoice({ default: "warn", meaning: "WorkloadProfiles" }),
  },
  examples: { admitted: profileOf("platform.example.com/cost-owner: billing"), denied: profileOf("") },
  judge(facts, params) {
    const { subject, policySet } = facts;
    const { requiredOn } = policySet.costOwners;
    if (subject.kind === "node-pool") return requiredOn.includes("nodepool") ? unpaidPool(facts, subject.nodePool) : [];
    if (!requiredOn.includes("profile")) return [];
    if (subject.kind === "profile") return unpaidProfile(facts, { profile: subject.profile, params });
    if (subject.kind !== "namespace") return [];
    const namespace = subject.namespace.metadata.name ?? "";
    return facts.snapshot.list("WorkloadProfile", namespace).flatMap((profile) => unpaidProfile(facts, { profile, params }));
  },
};

function unpaidProfile(facts: Facts, of: { readonly profile: WorkloadProfile; readonly params: RuleParams }): readonly Problem[] {
  const { subject, names } = facts;
  const { profile, params } = of;
  const terms = termsOf(profile, subject.kind === "namespace" ? { ...facts, namespaceObject: subject.namespace } : facts);
  if (terms === undefined) return [];
  const what = unknownOwner(facts, terms.resolved.costOwner);
  if (what === undefined) return [];
  const ownPath = profile.spec.cost?.owner === undefined ? "/metadata/labels" : "/spec/cost/owner";
  return [
    {
      path: subject.kind === "namespace" ? "/metadata/labels" : ownPath,
      message: `${subject.kind === "namespace" ? `WorkloadProfile ${profile.metadata.name ?? ""}: ` : ""}${what}: set label ${names.costOwnerLabel} on the profile or namespace`,
      fix: ownersText(facts),
      action: actionParam(params, "profiles"),
      className: terms.workloadClass.name,
    },
  ];
}

/** The NodeClass's tag counts as the pool's own word: EC2 sends the bill by it. */
function unpaidPool(facts: Facts, pool: NodePool): readonly Problem[] {
  const { names, policySet, snapshot } = facts;
  const label = names.costOwnerLabel;
  const nodeClass = nodeClassOfPool(pool, snapshot);
  const owner =
    pool.metadata.labels?.[label] ?? pool.spec.template.metadata?.labels?.[label] ?? nodeClass?.spec?.tags?.[policySet.costOwners.tagKey];
  const what = unknownOwner(facts, owner);
  if (what === undefined) return [];
  return [
    {
      path: "/metadata/labels",
      message: `${what}: set label ${label} on the NodePool`,
      fix: ownersText(facts),
      // The NodeClass may be in the same file, a moment later.
      ...(owner === undefined && nodeClass === undefined ? { action: "warn" } : {}),
    },
  ];
}

function unknownOwner({ policySet }: Facts, owner: string | undefined): string | undefined {
  const { values } = policySet.costOwners;
  if (owner === undefined) return "no cost owner";
  return values.length === 0 || values.includes(owner) ? undefined : `cost owner "${owner}" is not known`;
}

function ownersText({ policySet }: Facts): string {
  const { values } = policySet.costOwners;
  return values.length === 0 ? "name a cost owner" : `one of: ${values.join(", ")}`;
}
