/**
 * Pool requirements: what every node of a NodePool has.
 *
 * Reads a NodePool. Returns its template's requirements and labels, and the two labels that each of its nodes gets: the
 * pool's name and its NodeClass. Derived once for each object, since admission and the solver both ask it of every Pod.
 */
import { awsLabelDomain, nodePoolLabel } from "../api/labels.ts";
import type { NodePool } from "../api/node-pool.ts";
import { remembered } from "./remembered.ts";
import { exactly } from "./requirement.ts";
import { fromLabels, intersection, requirementsOf, type Requirements } from "./requirements.ts";

/** Returns the labels and requirements that every node of the pool has (Karpenter's NodePool template). */
export const poolRequirements = remembered((pool: NodePool): Requirements => {
  const { metadata, spec } = pool.spec.template;
  const { group, kind, name } = spec.nodeClassRef;
  const identity = [exactly(nodePoolLabel, pool.metadata.name ?? ""), exactly(`${group || awsLabelDomain}/${kind.toLowerCase()}`, name)];
  return intersection(
    intersection(requirementsOf(spec.requirements), fromLabels(metadata?.labels)),
    new Map(identity.map((requirement) => [requirement.key, requirement])),
  );
});
