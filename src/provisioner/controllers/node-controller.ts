/**
 * The Node controller: a Node that is deleted takes its NodeClaim with it.
 *
 * Reads a Node that waits for our finalizer. Writes the deletion of its NodeClaim, whose own end drains the Node, ends the
 * instance and then lets the Node go; a Node without a claim is let go at once, for nobody else would.
 */
import { assertNever } from "../../api/assert.ts";
import type { Controller, ControllerStep, Requeue } from "../../api/controller.ts";
import { terminationFinalizer } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import { claimOf, releaseNode } from "./node-claim-controller.ts";
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

/** Makes the controller with its triggers. */
export function nodeController(shell: ProvisionerShell): ControllerEntry {
  const controller: Controller<ObservedNode, NodeStep> = {
    name: "node",
    observe: (key) => {
      const snapshot = shell.snapshot();
      const node = snapshot.get("Node", key);
      return Promise.resolve(node === undefined ? undefined : { node, nodeClaim: claimOf(snapshot, node) });
    },
    decide: ({ node, nodeClaim }) => nextNodeStep({ node, nodeClaim }),
    act: (step) => act(shell, step),
  };
  const keysOf = ({ object }: { readonly object: Node }) => [{ namespace: "", name: object.metadata.name ?? "" }];
  return { controller, triggers: [{ watches: "Node", keysOf }], needs: ["NodeClaim"] };
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
      return requeueAfter(await releaseNode(shell, step.node));
    case "wait":
      return { kind: "done" };
    default:
      return assertNever(step);
  }
}
