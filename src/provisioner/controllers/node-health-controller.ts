/**
 * The node health controller: every minute, what Nodes and the cloud say of their health, on the NodeClaims.
 *
 * Reads the snapshot, and the cloud where it can be asked. Writes conditions that change, and asks for replacements of nodes that the cloud
 * will stop; those first, so that one which was not taken is asked for again. What a condition says is lifecycle/node-health.ts's answer.
 */
import { assertNever } from "../../api/assert.ts";
import type { CloudHealth, InstanceTrouble } from "../../api/cloud-notices.ts";
import type { Controller, ControllerStep, Requeue } from "../../api/controller.ts";
import type { ReplaceNode } from "../../api/disruption.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { ObjectKey } from "../../api/object.ts";
import type { Instant } from "../../api/ports.ts";
import { ok } from "../../api/result.ts";
import type { Replacement } from "../lifecycle/interruption.ts";
import { claimNote } from "../lifecycle/next-step.ts";
import { healthChanges, scheduledReplacements, statusWithHealth, type ClaimHealth } from "../lifecycle/node-health.ts";
import { applyClaimStatus } from "./claim-status-write.ts";
import type { ControllerEntry, ProvisionerShell } from "./shell.ts";

interface ObservedHealth {
  readonly nodeClaims: readonly NodeClaim[];
  readonly nodes: readonly Node[];
  readonly troubles: readonly InstanceTrouble[] | { readonly unknown: string };
}

type HealthStep = ControllerStep & {
  readonly kind: "write" | "settled";
  readonly changes: readonly ClaimHealth[];
  readonly replacements: readonly Replacement[];
  readonly now: Instant;
  /** What the cloud did not say. */
  readonly unknown?: string;
};

export interface NodeHealthOptions {
  /** Absent where the cloud says nothing of the health of its instances. */
  readonly health?: CloudHealth;
  readonly replace: ReplaceNode;
}

const clusterKey: ObjectKey = { namespace: "", name: "cluster" };
const everyMs = 60_000;
/** Claims that one look writes; the next one goes on. */
const writesMax = 100;

/** Makes the controller; it wakes itself. */
export function nodeHealthController(shell: ProvisionerShell, options: NodeHealthOptions): ControllerEntry {
  const controller: Controller<ObservedHealth, HealthStep> = {
    name: "node-health",
    observe: async () => {
      const troubles = (await options.health?.troubles()) ?? ok<readonly InstanceTrouble[]>([]);
      const snapshot = shell.snapshot();
      return {
        nodeClaims: snapshot.list("NodeClaim").filter(({ spec }) => shell.provider.serves(spec.nodeClassRef)),
        nodes: snapshot.list("Node"),
        troubles: troubles.ok ? troubles.value : { unknown: troubles.error },
      };
    },
    decide: healthStep,
    act: (step) => act(shell, { step, replace: options.replace }),
  };
  const wake = (enqueue: (key: ObjectKey) => void) => {
    enqueue(clusterKey);
    return () => undefined;
  };
  return { controller, triggers: [], needs: ["NodeClaim", "Node"], wake };
}

/** Returns what to write of the health of all nodes. */
export function healthStep({ nodeClaims, nodes, troubles }: ObservedHealth, now: Instant): HealthStep {
  const known = "unknown" in troubles ? undefined : troubles;
  const changes = healthChanges({ nodeClaims, nodes, troubles: known }).slice(0, writesMax);
  const replacements = scheduledReplacements(changes, known ?? []);
  const base = { changes, replacements, now, ...("unknown" in troubles ? { unknown: troubles.unknown } : {}) };
  if (changes.length === 0) return { ...base, kind: "settled" };
  return {
    ...base,
    kind: "write",
    events: replacements.map(({ nodeClaim, request }) =>
      claimNote(nodeClaim, { type: "Warning", reason: "InstanceUnhealthy", message: request.message }),
    ),
    decision: {
      chosen: {
        conditions: changes.map(({ nodeClaim, conditions }) => [
          nodeClaim.metadata.name,
          ...conditions.map(({ type, status, reason }) => `${type}=${status}: ${reason}`),
        ]),
        replaced: replacements.map(({ nodeClaim }) => nodeClaim.metadata.name),
      },
      rejected: [],
    },
  };
}

async function act(
  shell: ProvisionerShell,
  { step, replace }: { readonly step: HealthStep; readonly replace: ReplaceNode },
): Promise<Requeue> {
  switch (step.kind) {
    case "settled":
      break;
    case "write": {
      const failures = await writeAll(shell, { step, replace });
      const [failure] = failures;
      if (failure !== undefined) return { kind: "retry", reason: failure };
      break;
    }
    default:
      return assertNever(step.kind);
  }
  if (step.unknown !== undefined) return { kind: "retry", reason: step.unknown };
  return { kind: "after", delayMs: step.changes.length === writesMax ? 0 : everyMs };
}

async function writeAll(
  shell: ProvisionerShell,
  { step, replace }: { readonly step: HealthStep; readonly replace: ReplaceNode },
): Promise<readonly string[]> {
  const failures: string[] = [];
  const asked = new Map<string | undefined, boolean>();
  for (const { nodeClaim, request } of step.replacements) {
    const answer = await replace(nodeClaim, request);
    asked.set(nodeClaim.metadata.name, answer.ok);
    if (!answer.ok) failures.push(answer.error);
  }
  for (const change of step.changes) {
    const isAsked = asked.get(change.nodeClaim.metadata.name);
    // What was not asked for is asked for again at the next look, which the condition would prevent.
    if (isAsked === false) continue;
    const failure = await writeHealth(shell, { change, isChanged: isAsked === true, now: step.now });
    if (failure !== undefined) failures.push(failure);
  }
  return failures;
}

/** Writes conditions; where a request has changed the claim meanwhile, on the claim as it is now. */
async function writeHealth(
  { client }: ProvisionerShell,
  { change, isChanged, now }: { readonly change: ClaimHealth; readonly isChanged: boolean; readonly now: Instant },
): Promise<string | undefined> {
  const { name = "" } = change.nodeClaim.metadata;
  const newest = isChanged ? await client.get("NodeClaim", { namespace: "", name }) : ok(change.nodeClaim);
  if (!newest.ok) return newest.error.code === 404 ? undefined : `NodeClaim ${name}: ${newest.error.message ?? ""}`;
  const nodeClaim = newest.value;
  const written = await applyClaimStatus({ client }, nodeClaim, statusWithHealth({ ...change, nodeClaim }, now));
  return written.ok ? undefined : `NodeClaim ${name}: ${written.error.message ?? ""}`;
}
