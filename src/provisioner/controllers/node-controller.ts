/**
 * The Node controller: a Node that is deleted takes its NodeClaim with it.
 *
 * Reads a Node of ours that waits for our finalizer. Writes the deletion of its NodeClaim, whose own end drains the Node, ends the
 * instance and then lets the Node go; a Node without a claim is let go at once, for nobody else would. EKS Auto Mode's Nodes have the same
 * finalizer: they are Auto Mode's to let go.
 */
import { assertNever } from "../../api/assert.ts";
import type { Controller, ControllerStep, Requeue } from "../../api/controller.ts";
import { computeTypeLabel, nodePoolLabel, terminationFinalizer } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import { claimOf } from "../lifecycle/claim-node.ts";
import { releaseNode } from "./node-claim-controller.ts";
import { requeueAfter, type ControllerEntry, type ProvisionerShell } from "./shell.ts";

interface ObservedNode {
  readonly node: Node;
  readonly nodeClaim: NodeClaim | undefined;
}

type NodeStep = ControllerStep &
  (
    | { readonly kind: "delete-claim"; readonly nodeClaim: NodeClaim }
    | { readonly kind: "release-node"; readonly node: Node }
    | { readonly kind: "wait" }
  );

/** Where the API server knows a NodeClaim that the watch has yet to bring. */
const watchLagMs = 1_000;

/** Makes the controller with its triggers. */
export function nodeController(shell: ProvisionerShell): ControllerEntry {
  const controller: Controller<ObservedNode, NodeStep> = {
    name: "node",
    observe: (key) => {
      const snapshot = shell.snapshot();
      const node = snapshot.get("Node", key);
      if (node === undefined) return Promise.resolve(undefined);
      const observed = { node, nodeClaim: claimOf(snapshot, node) };
      return Promise.resolve(isOurs(shell, observed) ? observed : undefined);
    },
    decide: ({ node, nodeClaim }) => nextNodeStep({ node, nodeClaim }),
    act: (step) => act(shell, step),
  };
  const keysOf = ({ object }: { readonly object: Node }) => [{ namespace: "", name: object.metadata.name ?? "" }];
  return { controller, triggers: [{ watches: "Node", keysOf }], needs: ["NodeClaim", "NodePool"] };
}

/** By the NodeClaim, else by the NodePool; a Node of a pool that is gone is ours unless it says whose it is. */
function isOurs({ snapshot, provider }: ProvisionerShell, { node, nodeClaim }: ObservedNode): boolean {
  if (nodeClaim !== undefined) return provider.serves(nodeClaim.spec.nodeClassRef);
  const { labels = {} } = node.metadata;
  if (labels[computeTypeLabel] !== undefined) return false;
  const nodePool = snapshot().get("NodePool", { namespace: "", name: labels[nodePoolLabel] ?? "" });
  return nodePool === undefined || provider.serves(nodePool.spec.template.spec.nodeClassRef);
}

/** Returns what the deletion of a Node asks for. */
export function nextNodeStep({ node, nodeClaim }: ObservedNode): NodeStep {
  const { deletionTimestamp, finalizers } = node.metadata;
  if (deletionTimestamp === undefined || finalizers?.includes(terminationFinalizer) !== true) return { kind: "wait" };
  if (nodeClaim === undefined) return { kind: "release-node", node };
  return nodeClaim.metadata.deletionTimestamp === undefined ? { kind: "delete-claim", nodeClaim } : { kind: "wait" };
}

async function act(shell: ProvisionerShell, step: NodeStep): Promise<Requeue> {
  switch (step.kind) {
    case "delete-claim": {
      const { name = "", uid } = step.nodeClaim.metadata;
      const key = { namespace: "", name };
      return requeueAfter(await shell.client.delete("NodeClaim", key, uid === undefined ? {} : { uid }));
    }
    case "release-node":
      return release(shell, step.node);
    case "wait":
      return { kind: "done" };
    default:
      return assertNever(step);
  }
}

/** Only the API server itself can say that no NodeClaim stands for a Node. */
async function release(shell: ProvisionerShell, node: Node): Promise<Requeue> {
  const claims = await shell.client.list("NodeClaim");
  if (!claims.ok) return requeueAfter(claims);
  const { providerID } = node.spec ?? {};
  const isClaimed = claims.value.some(
    ({ status }) => (Boolean(providerID) && status?.providerID === providerID) || status?.nodeName === node.metadata.name,
  );
  return isClaimed ? { kind: "after", delayMs: watchLagMs } : requeueAfter(await releaseNode(shell, node));
}
