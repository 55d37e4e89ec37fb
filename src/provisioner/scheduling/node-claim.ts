/**
 * NodeClaim of a planned node: what is written to the API server to get it.
 *
 * Reads a planned node and the names that its caller chose. Returns the object that Karpenter makes
 * (pkg/controllers/provisioning/scheduling/nodeclaimtemplate.go), with a name instead of a generateName, so that writing it twice makes
 * one. An annotation keeps which Pods it was made for, by class: solving again puts the same Pods on the same claim, and a restart
 * forgets nothing.
 */
import {
  awsLabelDomain,
  minValuesRelaxedAnnotation,
  nodeClassHashAnnotation,
  nodeClassHashVersionAnnotation,
  nodePoolHashAnnotation,
  nodePoolHashVersionAnnotation,
  nodePoolLabel,
  terminationFinalizer,
  wellKnownLabels,
} from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import { decidedLabels, requirementsOf } from "../../kube/requirements.ts";
import { toResourceList } from "../../kube/resources.ts";
import type { PlannedNode } from "./planned-node.ts";
import { formatPlannedPods, type PlannedPodsName } from "./planned-pods.ts";

export interface NodeClaimNames extends PlannedPodsName {
  /** Must be unique and the same for the same plan. */
  readonly name: string;
  /** Drift hashes of the NodePool and its NodeClass, if known. */
  readonly nodePoolHash?: string;
  readonly nodePoolHashVersion?: string;
  readonly nodeClassHash?: string;
  readonly nodeClassHashVersion?: string;
}

/** Returns the NodeClaim of a planned node. */
export function toNodeClaim(planned: PlannedNode, names: NodeClaimNames): NodeClaim {
  const { nodePool, requirements, requests } = planned;
  const { metadata, spec } = nodePool.spec.template;
  const { nodeClassRef, taints, startupTaints, expireAfter, terminationGracePeriod } = spec;
  const poolName = nodePool.metadata.name ?? "";
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: {
      name: names.name,
      labels: {
        ...metadata?.labels,
        ...customLabels(planned),
        [nodePoolLabel]: poolName,
        [`${nodeClassRef.group || awsLabelDomain}/${nodeClassRef.kind.toLowerCase()}`]: nodeClassRef.name,
      },
      annotations: {
        ...metadata?.annotations,
        ...hashAnnotations(names),
        ...relaxedAnnotation(planned),
        [names.plannedPodsAnnotation]: formatPlannedPods(planned.pods),
      },
      finalizers: [terminationFinalizer],
      ownerReferences: [
        { apiVersion: "karpenter.sh/v1", kind: "NodePool", name: poolName, uid: nodePool.metadata.uid ?? "", blockOwnerDeletion: true },
      ],
    },
    spec: {
      nodeClassRef,
      requirements: [...requirements],
      ...(taints === undefined ? undefined : { taints }),
      ...(startupTaints === undefined ? undefined : { startupTaints }),
      resources: { requests: toResourceList(requests) },
      expireAfter: expireAfter ?? "720h",
      ...(terminationGracePeriod === undefined ? undefined : { terminationGracePeriod }),
    },
  };
}

/** Labels of our users that the requirements decide; those of Karpenter and Kubernetes come with the launch. */
function customLabels({ requirements }: PlannedNode): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(decidedLabels(requirementsOf(requirements))).filter(([key]) => !wellKnownLabels.has(key)));
}

/** As Karpenter says it of a claim whose pool has minValues. */
function relaxedAnnotation({ isMinValuesRelaxed }: PlannedNode): Readonly<Record<string, string>> {
  return isMinValuesRelaxed === undefined ? {} : { [minValuesRelaxedAnnotation]: String(isMinValuesRelaxed) };
}

function hashAnnotations(names: NodeClaimNames): Readonly<Record<string, string>> {
  const { nodePoolHash, nodePoolHashVersion, nodeClassHash, nodeClassHashVersion } = names;
  return {
    ...(nodePoolHash === undefined ? undefined : { [nodePoolHashAnnotation]: nodePoolHash }),
    ...(nodePoolHashVersion === undefined ? undefined : { [nodePoolHashVersionAnnotation]: nodePoolHashVersion }),
    ...(nodeClassHash === undefined ? undefined : { [nodeClassHashAnnotation]: nodeClassHash }),
    ...(nodeClassHashVersion === undefined ? undefined : { [nodeClassHashVersionAnnotation]: nodeClassHashVersion }),
  };
}
