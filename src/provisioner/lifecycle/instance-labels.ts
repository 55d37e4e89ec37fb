/**
 * Instance labels: what only a running instance tells, as labels of its NodeClaim and its Node.
 *
 * Reads NodeClaims, their Nodes and what the cloud lists. Returns the labels that are to change. An instance that outlives its capacity
 * reservation runs on at the price of on-demand, and so its labels say (karpenter-provider-aws pkg/controllers/capacityreservation/capacitytype).
 * The partition of an instance in a placement group is the cloud's choice where its claim leaves it open.
 */
import { capacityTypeLabel, partitionLabel, placementGroupLabel, registeredLabel } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { CloudInstance } from "../../api/ports.ts";
import { reservationKeys } from "../../catalog/reservation-labels.ts";

/** A claim whose instance runs, and its Node once that is registered. */
export interface LabelledNode {
  readonly nodeClaim: NodeClaim;
  readonly node?: Node;
}

type Labels = Readonly<Record<string, string>> | undefined;

/** An RFC 7386 patch of labels: null takes one off. */
export type LabelPatch = Readonly<Record<string, string | null>>;

export interface LabelChange extends LabelledNode {
  /** Empty where the labels of the object are true. */
  readonly ofClaim: LabelPatch;
  readonly ofNode: LabelPatch;
}

/** Returns the claims, with their registered Nodes, whose labels the cloud may know better; of most it is not asked. */
export function askedNodes(nodeClaims: readonly NodeClaim[], nodeOf: (nodeClaim: NodeClaim) => Node | undefined): readonly LabelledNode[] {
  return nodeClaims.flatMap((nodeClaim): readonly LabelledNode[] => {
    const { metadata, status } = nodeClaim;
    if (metadata.deletionTimestamp !== undefined || status?.providerID === undefined) return [];
    const found = nodeOf(nodeClaim);
    // Registration gives a Node the labels of its claim.
    const node = found?.metadata.labels?.[registeredLabel] === "true" ? found : undefined;
    const isOpen = isReserved(metadata.labels) || lacksPartition(metadata.labels);
    const isNodeOpen = isReserved(node?.metadata.labels) || lacksPartition(node?.metadata.labels);
    return isOpen || isNodeOpen ? [{ nodeClaim, ...(node === undefined ? {} : { node }) }] : [];
  });
}

/** Returns what is to be written, and whether the cloud does not list an instance (yet) whose partition is not known. */
export function labelChanges(
  asked: readonly LabelledNode[],
  instances: readonly CloudInstance[],
): { readonly changes: readonly LabelChange[]; readonly isHidden: boolean } {
  const running = new Map(instances.filter(({ state }) => state === "running" || state === "pending").map((one) => [one.providerID, one]));
  const instanceOf = ({ status }: NodeClaim) => running.get(status?.providerID ?? "");
  const changes = asked.flatMap((one): readonly LabelChange[] => {
    const instance = instanceOf(one.nodeClaim);
    if (instance === undefined) return [];
    const ofClaim = labelPatch(one.nodeClaim.metadata.labels, instance);
    const ofNode = one.node === undefined ? {} : labelPatch(one.node.metadata.labels, instance);
    return Object.keys(ofClaim).length + Object.keys(ofNode).length === 0 ? [] : [{ ...one, ofClaim, ofNode }];
  });
  const isHidden = asked.some(({ nodeClaim }) => lacksPartition(nodeClaim.metadata.labels) && instanceOf(nodeClaim) === undefined);
  return { changes, isHidden };
}

/** Says whether labels are of a placement group and of none of its partitions; only some groups have any. */
export function lacksPartition(labels: Labels): boolean {
  return labels?.[placementGroupLabel] !== undefined && labels[partitionLabel] === undefined;
}

function isReserved(labels: Labels): boolean {
  return labels?.[capacityTypeLabel] === "reserved";
}

function labelPatch(labels: Labels, { capacityType, partition, state }: CloudInstance): LabelPatch {
  // While it starts, an instance may not show its reservation yet.
  const isOver = isReserved(labels) && capacityType === "on-demand" && state === "running";
  return {
    ...(isOver ? { [capacityTypeLabel]: capacityType, ...Object.fromEntries(reservationKeys.map((key) => [key, null])) } : {}),
    ...(lacksPartition(labels) && partition !== undefined ? { [partitionLabel]: partition } : {}),
  };
}
