/**
 * Launch placement: the placement group of a class's nodes, and the partition of one of them.
 *
 * Reads the group that an EC2NodeClass selects, and a NodeClaim. Returns what types say of it, so that Pods can ask for a partition, and what a
 * launch template says. Where a claim leaves the partition open EC2 spreads instances over them, and the label follows once the instance
 * tells it: only Pods that don't care are planned onto such a claim.
 */
import type { RequestLaunchTemplateData } from "@aws-sdk/client-ec2";
import type { InstanceType } from "../api/instance-type.ts";
import { partitionLabel, placementGroupLabel } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { NodeSelectorRequirement } from "../api/pod.ts";
import { decidedLabels, fromLabels, intersection, requirementsOf } from "../kube/requirements.ts";
import { launchTenancy } from "./launch-tenancy.ts";
import type { NodePlacementGroup } from "./node-class-reservations.ts";

/** Returns types with the labels that their nodes have in a placement group; of no group, and no partition, where there is none. */
export function placedTypes(types: readonly InstanceType[], group: NodePlacementGroup | undefined): readonly InstanceType[] {
  const labels = [label(placementGroupLabel, group === undefined ? [] : [group.id]), label(partitionLabel, partitionsOf(group))];
  return types.map((type) => ({ ...type, requirements: [...type.requirements, ...labels] }));
}

/** Returns where a claim's node is placed. */
export function launchPlacement(nodeClaim: NodeClaim, group: NodePlacementGroup | undefined): Pick<RequestLaunchTemplateData, "Placement"> {
  const { metadata, spec } = nodeClaim;
  const decided = decidedLabels(intersection(requirementsOf(spec.requirements), fromLabels(metadata.labels)));
  const partition = partitionsOf(group).find((one) => one === decided[partitionLabel]);
  return {
    Placement: {
      Tenancy: launchTenancy(nodeClaim),
      ...(group === undefined ? {} : { GroupId: group.id }),
      ...(partition === undefined ? {} : { PartitionNumber: Number(partition) }),
    },
  };
}

/** EC2 counts them from one. */
function partitionsOf(group: NodePlacementGroup | undefined): readonly string[] {
  if (group?.strategy !== "partition") return [];
  return Array.from({ length: group.partitions }, (_unused, index) => String(index + 1));
}

function label(key: string, values: readonly string[]): NodeSelectorRequirement {
  return values.length === 0 ? { key, operator: "DoesNotExist" } : { key, operator: "In", values: [...values] };
}
