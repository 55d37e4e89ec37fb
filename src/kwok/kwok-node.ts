/**
 * The Node of a kwok instance, as a kubelet would register it.
 *
 * Reads a launched NodeClaim. Returns the Node: the claim's labels, the capacity that its launch wrote, the taint
 * karpenter.sh/unregistered beside the claim's own, and kwok's annotation, by which a fake kubelet takes it over. Everything
 * comes from the NodeClaim, so a Node can be made late, or by another process, and is the same.
 */
import { hostnameLabel, kwokNodeAnnotation, osLabel, unregisteredTaintKey } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Node } from "../api/node.ts";

const providerPrefix = "kwok://";

/** Returns the providerID of a NodeClaim's instance. */
export function kwokProviderID(nodeClaim: string): string {
  return `${providerPrefix}${nodeClaim}`;
}

/** Returns the NodeClaim, and Node, that a providerID names; undefined for another provider's. */
export function kwokInstanceName(providerID: string | undefined): string | undefined {
  return providerID?.startsWith(providerPrefix) === true ? providerID.slice(providerPrefix.length) : undefined;
}

/** Says whether a Node's instance is still on: its end is the loss of the annotation that its kubelet goes by. */
export function isOn({ metadata }: Node): boolean {
  return metadata.annotations?.[kwokNodeAnnotation] === "fake";
}

/** Returns the patch that ends the instance of a Node. */
export function switchOffPatch(): object {
  return { metadata: { annotations: { [kwokNodeAnnotation]: "ended" } } };
}

/** Returns the Node that joins for a launched NodeClaim. */
export function kwokNode(claim: NodeClaim): Node {
  const name = claim.metadata.name ?? "";
  const { capacity, allocatable } = claim.status ?? {};
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: { [osLabel]: "linux", ...claim.metadata.labels, [hostnameLabel]: name },
      annotations: { [kwokNodeAnnotation]: "fake" },
    },
    spec: {
      providerID: kwokProviderID(name),
      taints: [{ key: unregisteredTaintKey, effect: "NoExecute" }, ...(claim.spec.taints ?? []), ...(claim.spec.startupTaints ?? [])],
    },
    status: {
      ...(capacity === undefined ? undefined : { capacity }),
      ...(allocatable === undefined ? undefined : { allocatable }),
      // A Node without the condition counts as ready, and would get Pods before it has a kubelet.
      conditions: [{ type: "Ready", status: "False", reason: "KubeletNotReady", message: "the kubelet has not started yet" }],
    },
  };
}
