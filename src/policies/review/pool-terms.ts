/**
 * Pool terms: what a NodePool says, in the words that its review asks about.
 *
 * Reads a NodePool, and where a question is about more, the policies and the snapshot. Returns capacity types, zones, its
 * classes, its size, its justification. Rules and the report of `plimsoll review` read the same terms.
 */
import type { EC2NodeClass } from "../../api/ec2-node-class.ts";
import type { AutoNodeClass } from "../../api/auto-node-class.ts";
import { autoModeDomain, capacityTypeLabel, nodePoolLabel, zoneLabel, type PlatformNames } from "../../api/labels.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { Instant } from "../../api/ports.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { poolRequirements } from "../../kube/pool-requirements.ts";
import { has, values } from "../../kube/requirement.ts";
import { fromLabels, isCompatible } from "../../kube/requirements.ts";
import { untoleratedTaint } from "../../kube/taint.ts";
import type { WorkloadClass } from "../class.ts";
import type { PolicySet } from "../policy-set.ts";

const capacityTypes = ["on-demand", "spot", "reserved"] as const;

/** Returns the capacity types that a pool may buy; one that names none may buy on demand and Spot. */
export function capacityTypesOf(pool: NodePool): readonly string[] {
  const requirement = poolRequirements(pool).get(capacityTypeLabel);
  if (requirement === undefined) return ["on-demand", "spot"];
  return capacityTypes.filter((one) => has(requirement, one));
}

/** Returns the zones that a pool names, sorted; undefined where it leaves them to the subnets. */
export function zonesOfPool(pool: NodePool): readonly string[] | undefined {
  const requirement = poolRequirements(pool).get(zoneLabel);
  return requirement === undefined ? undefined : values(requirement)?.toSorted();
}

/**
 * Returns the classes whose workloads a pool is for: those whose node selector its nodes have and whose Pods tolerate its
 * taints, else those that list it by name.
 */
export function classesOfPool(pool: NodePool, { classes, migration }: Pick<PolicySet, "classes" | "migration">): readonly WorkloadClass[] {
  const placed = [...classes.values()].filter((one) => isPlacedOn(one, pool, migration?.taintKey));
  return placed.length > 0 ? placed : [...classes.values()].filter(({ pools }) => pools.includes(pool.metadata.name ?? ""));
}

/** Says whether a plain Pod of a class could run on a pool's nodes, its own selector being met by name; a migration's taint is left out. */
export function isPlacedOn({ placement }: WorkloadClass, pool: NodePool, migrationTaintKey?: string): boolean {
  if (Object.keys(placement.nodeSelector).length === 0) return false;
  if (!isCompatible(poolRequirements(pool), fromLabels(placement.nodeSelector))) return false;
  const lasting = (pool.spec.template.spec.taints ?? []).filter(({ key }) => key !== migrationTaintKey);
  return untoleratedTaint(lasting, placement.tolerations) === undefined;
}

/** Returns how many nodes a pool has: those in the snapshot, else what its status says. */
export function nodesOfPool(pool: NodePool, snapshot: ClusterSnapshot): number {
  const name = pool.metadata.name ?? "";
  const live = snapshot.list("Node").filter(({ metadata }) => metadata.labels?.[nodePoolLabel] === name).length;
  return live > 0 ? live : (pool.status?.nodes ?? 0);
}

/** Returns the NodeClass that a pool's nodes are made from; undefined where it is not known. */
export function nodeClassOfPool({ spec }: NodePool, snapshot: ClusterSnapshot): EC2NodeClass | AutoNodeClass | undefined {
  const { group, kind, name } = spec.template.spec.nodeClassRef;
  if (group === autoModeDomain) return snapshot.get("NodeClass", { namespace: "", name });
  return kind === "EC2NodeClass" ? snapshot.get("EC2NodeClass", { namespace: "", name }) : undefined;
}

/** Why a pool may be narrow. */
export type Justification =
  | { readonly kind: "none" }
  | { readonly kind: "unknown"; readonly reason: string }
  | { readonly kind: "ended"; readonly reason: string; readonly until: string }
  | { readonly kind: "given"; readonly reason: string; readonly until?: string };

/** Returns the annotations that carry a justification and the day on which it ends. */
export function justificationAnnotations({ domain }: PlatformNames): { readonly reason: string; readonly until: string } {
  return { reason: `${domain}/justification`, until: `${domain}/justification-until` };
}

/** Returns a pool's justification: only the reasons of nodepoolReview.justifications count, and only until their day. */
export function justificationOf(
  { metadata }: NodePool,
  of: { readonly policySet: PolicySet; readonly names: PlatformNames; readonly now: Instant },
): Justification {
  const keys = justificationAnnotations(of.names);
  const reason = metadata.annotations?.[keys.reason];
  const until = metadata.annotations?.[keys.until];
  if (reason === undefined) return { kind: "none" };
  if (!of.policySet.nodepoolReview.justifications.includes(reason)) return { kind: "unknown", reason };
  if (until === undefined) return { kind: "given", reason };
  const end = Date.parse(until);
  return Number.isNaN(end) || end <= of.now ? { kind: "ended", reason, until } : { kind: "given", reason, until };
}

/** Returns the annotation of a NodeClass that lists the actions of its nodes' IAM role, separated by commas. */
export function nodeRoleActionsAnnotation({ domain }: PlatformNames): string {
  return `${domain}/node-role-actions`;
}
