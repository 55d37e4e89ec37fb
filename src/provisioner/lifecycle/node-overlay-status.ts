/**
 * What a NodeOverlay says of itself: whether it has an effect, and else why not.
 *
 * Reads an overlay and its refusal. Returns the conditions to apply: Karpenter's, with our words.
 */
import type { NodeOverlay } from "../../api/node-overlay.ts";
import type { Instant } from "../../api/ports.ts";
import type { RefusedOverlay } from "../../catalog/node-overlay.ts";
import { transitionTime } from "../../kube/condition.ts";

export type NodeOverlayStatus = NonNullable<NodeOverlay["status"]>;
type OverlayCondition = NonNullable<NodeOverlayStatus["conditions"]>[number];

/** Returns a NodeOverlay's status; `refused` is why it has no effect. */
export function nodeOverlayStatus(input: {
  readonly overlay: NodeOverlay;
  readonly refused: RefusedOverlay | undefined;
  readonly now: Instant;
}): NodeOverlayStatus {
  const { overlay, refused, now } = input;
  const condition = (fields: Pick<OverlayCondition, "type" | "status" | "reason" | "message">): OverlayCondition => {
    const lastTransitionTime = transitionTime(fields, { known: overlay.status?.conditions, now });
    return { ...fields, lastTransitionTime, observedGeneration: overlay.metadata.generation ?? 0 };
  };
  const status = refused === undefined ? "True" : "False";
  return {
    conditions: [
      condition({
        type: "ValidationSucceeded",
        status,
        reason: refused?.reason ?? "ValidationSucceeded",
        message: refused?.message ?? "",
      }),
      condition({
        type: "Ready",
        status,
        reason: refused === undefined ? "Ready" : "UnhealthyDependents",
        message: refused === undefined ? "" : "ValidationSucceeded=False",
      }),
    ],
  };
}
