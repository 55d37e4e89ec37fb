/**
 * Pool requirements: what every node of a NodePool has.
 *
 * Reads a NodePool. Returns its template's requirements and labels, and the labels that each of its nodes gets: the pool's
 * name and its NodeClass, and on EKS Auto Mode that AWS runs it. Derived once for each object, since admission and the solver both ask it of every Pod.
 */
import { autoModeDomain, awsLabelDomain, computeTypeLabel, nodePoolLabel } from "../api/labels.ts";
import type { NodePool } from "../api/node-pool.ts";
import { remembered } from "./remembered.ts";
import { exactly } from "./requirement.ts";
import { fromLabels, intersection, requirementsOf, type Requirements } from "./requirements.ts";

/** Returns the labels and requirements that every node of the pool has (Karpenter's NodePool template). */
export const poolRequirements = remembered((pool: NodePool): Requirements => {
  const { metadata, spec } = pool.spec.template;
  const { group, kind, name } = spec.nodeClassRef;
  const identity = [exactly(nodePoolLabel, pool.metadata.name ?? ""), exactly(`${group || awsLabelDomain}/${kind.toLowerCase()}`, name)];
  // AWS runs the nodes of EKS Auto Mode and says so on each: DaemonSets that bring what it has built in keep off by it.
  if (group === autoModeDomain) identity.push(exactly(computeTypeLabel, "auto"));
  return intersection(
    intersection(requirementsOf(spec.requirements), fromLabels(metadata?.labels)),
    new Map(identity.map((requirement) => [requirement.key, requirement])),
  );
});
