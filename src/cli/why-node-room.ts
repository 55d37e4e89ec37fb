/**
 * Room elsewhere: whether the Pods of a node would fit on the other nodes as they stand.
 *
 * Reads a snapshot with one row of it. Returns how many Pods would have to move and which of them no other node takes, by the solver that also
 * plans, without any NodePool. Nothing is moved, and nobody's disruption budget is asked: those are told beside it.
 */
import type { PlatformNames } from "../api/labels.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { isDaemonPod, isTerminating } from "../kube/pod-state.ts";
import { nodeStates } from "../provisioner/scheduling/node-state.ts";
import { leftOut, type LeftOut } from "../provisioner/scheduling/obstacle.ts";
import { boundOnPaper, volumeWorld } from "../provisioner/scheduling/pod-volumes.ts";
import { solve } from "../provisioner/scheduling/solve.ts";
import { movablePods } from "./nodes-blocker.ts";
import type { NodeRow } from "./nodes-row.ts";

export interface RoomElsewhere {
  /** Pods that would have to move; DaemonSets' are at home on every node. */
  readonly pods: number;
  /** Those that no other node has a place for, and why. */
  readonly left: readonly { readonly pod: string; readonly reason: string }[];
}

/** Returns where the Pods of a node could go; undefined of a claim without a Node. */
export function roomElsewhere(
  row: NodeRow,
  { snapshot, names }: { readonly snapshot: ClusterSnapshot; readonly names: PlatformNames },
): RoomElsewhere | undefined {
  if (row.node === undefined) return undefined;
  const pods = movablePods(row.pods)
    .filter((pod) => !isDaemonPod(pod) && !isTerminating(pod))
    .map((pod) => ({
      key: `${pod.metadata.namespace ?? ""}/${pod.metadata.name ?? ""}`,
      pod: { ...pod, spec: { ...pod.spec, nodeName: "" } },
    }));
  const nodes = nodeStates({
    nodes: snapshot.list("Node").filter((node) => node !== row.node),
    nodeClaims: snapshot.list("NodeClaim").filter((claim) => claim !== row.claim),
    pods: snapshot.list("Pod"),
    instanceTypes: new Map(),
    names,
    csiNodes: snapshot.list("CSINode"),
  });
  const namespaces = new Map(snapshot.list("Namespace").map(({ metadata }) => [metadata.name ?? "", metadata.labels ?? {}]));
  const volumes = boundOnPaper(volumeWorld(snapshot));
  const { unschedulable } = solve({ pods, nodes, namespaces, volumes, nodePools: [], instanceTypes: new Map(), daemonSets: [] });
  const reasonOf = ({ obstacles }: LeftOut): string =>
    // That no NodePool was given is no news of the nodes that are there.
    leftOut(obstacles.filter(({ constraint }) => constraint !== "pools")).reasons.join("; ") || "there is no other node";
  return { pods: pods.length, left: unschedulable.map(({ pod, ...out }) => ({ pod: pod.key, reason: reasonOf(out) })) };
}
