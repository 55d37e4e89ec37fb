/**
 * The emptiness controller: nodes that hold nothing any more are given back, as many at once as the budgets of their NodePool let go.
 *
 * Reads a NodeClaim, its Node, its NodePool and the Pods there. Writes lastPodEventTime and the condition Consolidatable, and asks for the
 * end of empty nodes. That a Pod went leaves no trace on the API server, so which Pods stood there at the last look is remembered
 * here; a restart forgets at most one such event.
 */
import { assertNever } from "../../api/assert.ts";
import type { AnyTrigger, Controller, Requeue } from "../../api/controller.ts";
import type { ReplaceNode } from "../../api/disruption.ts";
import { nodePoolLabel } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { ObjectKey } from "../../api/object.ts";
import type { Pod } from "../../api/pod.ts";
import type { Instant } from "../../api/ports.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { keyOf } from "../../kube/object-key.ts";
import { isDaemonPod, isMirrorPod, isPending, isTerminal, isTerminating } from "../../kube/pod-state.ts";
import { isDisrupted } from "../../kube/taint.ts";
import { timeText } from "../../kube/time-text.ts";
import { isOurBuffer } from "../../policies/buffer-source.ts";
import { keptForDisplaced } from "../displaced-pods.ts";
import { nextEmptinessStep, type EmptinessStep, type ObservedEmptiness } from "../disruption/emptiness.ts";
import { requestIn } from "../disruption/request.ts";
import { cameTrue, claimStatusAfter } from "../lifecycle/claim-status.ts";
import { claimOf, nodeOf } from "../lifecycle/claim-node.ts";
import { applyClaimStatus } from "./claim-status-write.ts";
import { requeueAfter, type ControllerEntry, type ProvisionerShell } from "./shell.ts";

/** Which Pods stood on the node of a claim at the last look, and when that last changed. */
interface PodMemory {
  readonly standing: string;
  readonly changedAt: Instant | undefined;
}

type Memory = Map<string, PodMemory>;

/** A node that something holds is looked at again after this, as not all that holds it wakes us. */
const heldPollMs = 30_000;

/** Makes the controller; `replaceNode` is how it asks for a node's end. */
export function emptinessController(shell: ProvisionerShell, replaceNode: ReplaceNode): ControllerEntry {
  const memory: Memory = new Map();
  const controller: Controller<ObservedEmptiness, EmptinessStep> = {
    name: "emptiness",
    observe: (key) => Promise.resolve(observe(shell, { key, memory })),
    decide: nextEmptinessStep,
    act: (step) => act(shell, { step, replaceNode }),
  };
  const keysOnNode = (nodeName: string | undefined): readonly ObjectKey[] => {
    const node = nodeName === undefined ? undefined : shell.snapshot().get("Node", { namespace: "", name: nodeName });
    const claim = node === undefined ? undefined : claimOf(shell.snapshot(), node);
    return claim === undefined ? [] : [keyOf(claim)];
  };
  const triggers: readonly AnyTrigger[] = [
    { watches: "NodeClaim", keysOf: ({ object }) => [keyOf(object)] },
    { watches: "Pod", keysOf: ({ object }) => keysOnNode(object.spec.nodeName) },
    {
      watches: "NodePool",
      keysOf: ({ object }) =>
        shell
          .snapshot()
          .list("NodeClaim")
          .filter(({ metadata }) => metadata.labels?.[nodePoolLabel] === object.metadata.name)
          .map(keyOf),
    },
  ];
  return { controller, triggers, needs: ["Node", "CapacityBuffer"] };
}

function observe(shell: ProvisionerShell, of: { readonly key: ObjectKey; readonly memory: Memory }): ObservedEmptiness | undefined {
  const { key, memory } = of;
  const snapshot = shell.snapshot();
  const nodeClaim = snapshot.get("NodeClaim", key);
  if (nodeClaim === undefined || !shell.provider.serves(nodeClaim.spec.nodeClassRef)) {
    memory.delete(key.name);
    return undefined;
  }
  const node = nodeOf(snapshot, nodeClaim);
  const name = node?.metadata.name;
  const pods = name === undefined ? [] : snapshot.by("Pod", "node", name);
  // Both walk over all Pods or nodes, and matter to an empty node only.
  const isEmpty = pods.every((pod) => isDaemonPod(pod));
  const podMemory = remember(pods, { before: memory.get(key.name), now: shell.clock.now() });
  memory.set(key.name, podMemory);
  return {
    nodeClaim,
    node,
    nodePool: snapshot.get("NodePool", { namespace: "", name: nodeClaim.metadata.labels?.[nodePoolLabel] ?? "" }),
    pods,
    nominated: isEmpty ? nominatedTo(snapshot, name) : 0,
    podEventAt: podMemory.changedAt,
    asked: askedOf(shell, { nodeClaim, node }),
    keptFor:
      bufferIn(snapshot) ?? (isEmpty ? keptForDisplaced({ snapshot, names: shell.names, now: shell.clock.now() }, nodeClaim) : undefined),
  };
}

function nominatedTo(snapshot: ClusterSnapshot, name: string | undefined): number {
  return name === undefined ? 0 : snapshot.list("Pod").filter((pod) => isPending(pod) && pod.status?.nominatedNodeName === name).length;
}

function askedOf(
  { names }: ProvisionerShell,
  of: { readonly nodeClaim: NodeClaim; readonly node: Node | undefined },
): ObservedEmptiness["asked"] {
  const request = requestIn(of.nodeClaim, names);
  if (request === undefined) return "nothing";
  return request.reason === "Empty" && (of.node === undefined || !isDisrupted(of.node)) ? "end-as-empty" : "under-way";
}

/** What stands there now; that it is other than at the last look is an event of a Pod. */
function remember(pods: readonly Pod[], { before, now }: { readonly before: PodMemory | undefined; readonly now: Instant }): PodMemory {
  const standing = pods
    .filter((pod) => !isDaemonPod(pod) && !isMirrorPod(pod))
    .map((pod) => `${pod.metadata.uid ?? ""}${isTerminal(pod) ? " ended" : isTerminating(pod) ? " ending" : ""}`)
    .sort()
    .join();
  if (before === undefined) return { standing, changedAt: undefined };
  return before.standing === standing ? before : { standing, changedAt: now };
}

/** Which nodes hold the room of a buffer only a plan can say: while there is a buffer, no node counts as empty. */
function bufferIn(snapshot: ClusterSnapshot): string | undefined {
  const buffer = snapshot.list("CapacityBuffer").find(isOurBuffer);
  return buffer === undefined ? undefined : `CapacityBuffer ${buffer.metadata.namespace ?? ""}/${buffer.metadata.name ?? ""}`;
}

async function act(
  shell: ProvisionerShell,
  { step, replaceNode }: { readonly step: EmptinessStep; readonly replaceNode: ReplaceNode },
): Promise<Requeue> {
  const { nodeClaim } = step;
  const now = shell.clock.now();
  switch (step.kind) {
    case "tell-event": {
      const fields = { lastPodEventTime: timeText(step.at) };
      return requeueAfter(await applyClaimStatus(shell, nodeClaim, claimStatusAfter(nodeClaim, { conditions: [], fields, now })));
    }
    case "tell-consolidatable": {
      const conditions = step.is ? [cameTrue("Consolidatable")] : [];
      const without = step.is ? [] : (["Consolidatable"] as const);
      return requeueAfter(await applyClaimStatus(shell, nodeClaim, claimStatusAfter(nodeClaim, { conditions, without, now })));
    }
    case "ask": {
      const asked = await replaceNode(nodeClaim, { reason: "Empty", message: step.message });
      return asked.ok ? { kind: "done" } : { kind: "retry", reason: asked.error };
    }
    case "take-back": {
      const { resourceVersion } = nodeClaim.metadata;
      const patch = { metadata: { resourceVersion, annotations: { [shell.names.disruptionAnnotation]: null } } };
      return requeueAfter(await shell.client.patch("NodeClaim", keyOf(nodeClaim), { body: { kind: "merge", patch } }));
    }
    case "wait":
      return { kind: "after", delayMs: step.delayMs ?? heldPollMs };
    default:
      return assertNever(step);
  }
}
