/**
 * Launch tenancy: whether a claim's node stands on shared hardware or on hardware of its own.
 *
 * Reads what a NodeClaim asks for. Returns the tenancy, shared wherever the claim allows it (as karpenter-provider-aws
 * pkg/providers/instance chooses): who asks for none must not pay for hardware of their own.
 */
import { awsLabelDomain } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import { has } from "../kube/requirement.ts";
import { fromLabels, intersection, requirementsOf } from "../kube/requirements.ts";

type LaunchTenancy = "default" | "dedicated";

/** The label of it on a Node. */
export const tenancyLabel = `${awsLabelDomain}/instance-tenancy`;

/** Returns the tenancy of a claim's node. */
export function launchTenancy({ metadata, spec }: NodeClaim): LaunchTenancy {
  const asked = intersection(requirementsOf(spec.requirements), fromLabels(metadata.labels)).get(tenancyLabel);
  return asked !== undefined && !has(asked, "default") && has(asked, "dedicated") ? "dedicated" : "default";
}
