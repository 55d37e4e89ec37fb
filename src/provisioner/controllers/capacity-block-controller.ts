/**
 * The capacity block controller: nodes on a capacity block are replaced before it ends.
 *
 * Reads the NodeClaims on blocks, and asks the cloud every minute when those end: a block may be extended. Asks for replacements (a request
 * that is safe to repeat). What is due is disruption/block-end.ts's answer.
 */
import { assertNever } from "../../api/assert.ts";
import type { CloudReservations } from "../../api/cloud-notices.ts";
import type { Controller, ControllerStep, Requeue } from "../../api/controller.ts";
import type { ReplaceNode } from "../../api/disruption.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { ObjectKey } from "../../api/object.ts";
import type { Instant } from "../../api/ports.ts";
import { ok, type Result } from "../../api/result.ts";
import { blockOf, blockRequests, type BlockRequest } from "../disruption/block-end.ts";
import { nodeOf } from "../lifecycle/claim-node.ts";
import { nodeNotes } from "../lifecycle/claim-step.ts";
import type { ControllerEntry, ProvisionerShell } from "./shell.ts";

interface ObservedBlocks {
  readonly nodeClaims: readonly NodeClaim[];
  readonly ends: Result<ReadonlyMap<string, Instant>, string>;
}

type BlockStep = ControllerStep &
  (
    | { readonly kind: "ask-again"; readonly reason: string }
    | { readonly kind: "replace"; readonly due: readonly BlockRequest[]; readonly delayMs: number }
  );

export interface CapacityBlockOptions {
  readonly reservations: CloudReservations;
  readonly replace: ReplaceNode;
}

const clusterKey: ObjectKey = { namespace: "", name: "cluster" };
const everyMs = 60_000;

/** Makes the controller; it wakes itself. */
export function capacityBlockController(shell: ProvisionerShell, { reservations, replace }: CapacityBlockOptions): ControllerEntry {
  const controller: Controller<ObservedBlocks, BlockStep> = {
    name: "capacity-block",
    observe: async () => {
      const claims = shell.snapshot().list("NodeClaim");
      const nodeClaims = claims.filter((claim) => blockOf(claim) !== undefined && shell.provider.serves(claim.spec.nodeClassRef));
      const ids = [...new Set(nodeClaims.flatMap((claim) => blockOf(claim) ?? []))].sort();
      return { nodeClaims, ends: ids.length === 0 ? ok(new Map<string, Instant>()) : await reservations.endsOf(ids) };
    },
    decide: (observed, now) => blockStep(shell, observed, now),
    act: (step) => act(step, replace),
  };
  const wake = (enqueue: (key: ObjectKey) => void) => {
    enqueue(clusterKey);
    return () => undefined;
  };
  return { controller, triggers: [], needs: ["NodeClaim", "Node"], wake };
}

function blockStep({ names, snapshot }: ProvisionerShell, { nodeClaims, ends }: ObservedBlocks, now: Instant): BlockStep {
  if (!ends.ok) return { kind: "ask-again", reason: ends.error };
  const { due, nextAt = Infinity } = blockRequests({ nodeClaims, ends: ends.value, names }, now);
  const delayMs = Math.min(everyMs, nextAt - now);
  // One that goes already is no news.
  const news = due.filter(({ nodeClaim }) => nodeClaim.metadata.deletionTimestamp === undefined);
  if (news.length === 0) return { kind: "replace", due, delayMs };
  const nodes = snapshot();
  return {
    kind: "replace",
    due,
    delayMs,
    events: news.flatMap(({ nodeClaim, request: { message } }) => {
      const node = nodeOf(nodes, nodeClaim);
      const note = { type: "Warning", reason: "CapacityReservationInstanceInterrupted", message } as const;
      return nodeNotes({ nodeClaim, ...(node === undefined ? {} : { node }) }, note);
    }),
    decision: { chosen: { replaced: news.map(({ nodeClaim }) => nodeClaim.metadata.name ?? "") }, rejected: [] },
  };
}

async function act(step: BlockStep, replace: ReplaceNode): Promise<Requeue> {
  switch (step.kind) {
    case "ask-again":
      return { kind: "retry", reason: step.reason };
    case "replace": {
      const answers = await Promise.all(step.due.map(({ nodeClaim, request }) => replace(nodeClaim, request)));
      const failed = answers.find((answer) => !answer.ok);
      return failed?.ok === false ? { kind: "retry", reason: failed.error } : { kind: "after", delayMs: step.delayMs };
    }
    default:
      return assertNever(step);
  }
}
