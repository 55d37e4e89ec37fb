/**
 * Joining: makes the Node of each NodeClaim that the kwok provider launched, when its instance would have started.
 *
 * Reads launched NodeClaims. Writes Nodes. A delay counts from the launch as the claim itself tells it, so a restart in
 * between loses nothing. An instance joins once: a Node that was registered and is deleted does not come back.
 */
import type { ApiClient } from "../api/api-client.ts";
import { assertNever } from "../api/assert.ts";
import type { AnyTrigger, Controller, ControllerStep, Requeue } from "../api/controller.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Node } from "../api/node.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { kwokNode } from "./kwok-node.ts";
import { isJoining } from "./kwok-provider.ts";

export interface KwokJoinOptions {
  readonly client: Pick<ApiClient, "create">;
  readonly snapshot: () => ClusterSnapshot;
  /** How long after its launch a claim's Node joins; default at once. */
  readonly joinDelayMs?: (claim: NodeClaim) => number;
}

type JoinStep = ControllerStep &
  ({ readonly kind: "join"; readonly node: Node } | { readonly kind: "wait"; readonly delayMs: number } | { readonly kind: "joined" });

/** Makes the controller with its triggers, to be run beside the provisioner's. */
export function kwokJoin({ client, snapshot, joinDelayMs = () => 0 }: KwokJoinOptions): {
  readonly controller: Controller<unknown, ControllerStep>;
  readonly triggers: readonly AnyTrigger[];
} {
  const controller: Controller<{ readonly claim: NodeClaim; readonly hasNode: boolean }, JoinStep> = {
    name: "kwok-join",
    observe: (key) => {
      const now = snapshot();
      const claim = now.get("NodeClaim", key);
      return Promise.resolve(claim === undefined ? undefined : { claim, hasNode: now.get("Node", key) !== undefined });
    },
    decide: ({ claim, hasNode }, now) => {
      if (hasNode || !isJoining(claim)) return { kind: "joined" };
      const launched = claim.status?.conditions?.find(({ type, status }) => type === "Launched" && status === "True");
      if (launched === undefined) return { kind: "joined" };
      const waitMs = Date.parse(launched.lastTransitionTime) + joinDelayMs(claim) - now;
      return waitMs > 0 ? { kind: "wait", delayMs: waitMs } : { kind: "join", node: kwokNode(claim) };
    },
    act: async (step): Promise<Requeue> => {
      switch (step.kind) {
        case "joined":
          return { kind: "done" };
        case "wait":
          return { kind: "after", delayMs: step.delayMs };
        case "join": {
          const made = await client.create("Node", step.node);
          // 409: an earlier look made it, and the watch has not said so yet.
          return made.ok || made.error.code === 409 ? { kind: "done" } : { kind: "retry", reason: made.error.message ?? "no answer" };
        }
        default:
          return assertNever(step);
      }
    },
  };
  const keysOf = ({ object }: { readonly object: NodeClaim }) => [{ namespace: "", name: object.metadata.name ?? "" }];
  return { controller, triggers: [{ watches: "NodeClaim", keysOf }] };
}
