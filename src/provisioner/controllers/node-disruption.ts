/**
 * The disruption queue: carries out what was asked of running nodes, one NodeClaim a key.
 *
 * Reads the request on a NodeClaim, its Node, the budgets of its NodePool and what the last plan made of its Pods. Writes one step at a time;
 * what to do is disruption/command.ts's answer. A restart goes on from what stands on the NodeClaim and the Node.
 */
import { assertNever } from "../../api/assert.ts";
import type { AnyTrigger, Change, Controller, Requeue } from "../../api/controller.ts";
import type { DisruptionRequest, ReplaceNode, VoluntaryReason } from "../../api/disruption.ts";
import type { EventNote } from "../../api/event-note.ts";
import { initializedLabel, nodePoolLabel, terminationTimestampAnnotation } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { ObjectKey } from "../../api/object.ts";
import type { Instant } from "../../api/ports.ts";
import { err, ok } from "../../api/result.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { jsonEquals } from "../../kube/json-patch.ts";
import { keyOf } from "../../kube/object-key.ts";
import { isDisrupted } from "../../kube/taint.ts";
import { timeText } from "../../kube/time-text.ts";
import { allowedDisruptions, type BudgetedNode } from "../disruption/budget.ts";
import { budgetReason, nextCommandStep, type CommandStep, type ObservedCommand } from "../disruption/command.ts";
import { requestIn, requestText } from "../disruption/request.ts";
import { claimCondition, claimStatusAfter, isTrue } from "../lifecycle/claim-status.ts";
import { nodeNotes, timeOf } from "../lifecycle/claim-step.ts";
import { disruptedPatch, undisruptedPatch } from "../lifecycle/drain.ts";
import type { MoveDesk } from "./move-desk.ts";
import { nodeOf } from "../lifecycle/claim-node.ts";
import { applyClaimStatus } from "./claim-status-write.ts";
import { requeueAfter, type ControllerEntry, type ProvisionerShell } from "./shell.ts";

/** Requests by choice are not begun while so many are under way, whatever budgets say (Karpenter's order of size); forced ones always are. */
const commandsMax = 100;

/** Nodes that we have just tainted and the watch has not shown yet: they have used their share of the budget. */
type Started = Set<string>;

/** Makes the controller with its triggers. */
export function nodeDisruption(shell: ProvisionerShell, moves: MoveDesk): ControllerEntry {
  const started: Started = new Set();
  const controller: Controller<ObservedCommand, CommandStep> = {
    name: "node-disruption",
    observe: (key) => Promise.resolve(observe(shell, { key, moves, started })),
    decide: decided,
    act: (step) => act(shell, { step, started }),
  };
  // Two claims may go by one name: that of an instance that is gone, and that of another which got its address.
  const keysOfNode = (name: string): readonly ObjectKey[] =>
    shell
      .snapshot()
      .list("NodeClaim")
      .filter(({ status }) => status?.nodeName === name)
      .map(keyOf);
  const triggers: readonly AnyTrigger[] = [
    { watches: "NodeClaim", keysOf: ({ object }) => [keyOf(object)] },
    { watches: "Node", keysOf: (change) => (isSameTaints(change) ? [] : keysOfNode(change.object.metadata.name ?? "")) },
  ];
  const wake = (enqueue: (key: ObjectKey) => void) =>
    moves.onNews((name) => {
      for (const key of keysOfNode(name)) enqueue(key);
    });
  return { controller, triggers, needs: ["NodePool"], wake };
}

/** A decision is recorded where something is done. */
function decided(observed: ObservedCommand, now: Instant): CommandStep {
  const step = nextCommandStep(observed, now);
  if (step.kind === "wait") return step;
  const { kind, nodeClaim } = step;
  return { ...step, decision: { chosen: { step: kind, nodeClaim: nodeClaim.metadata.name, request: observed.request }, rejected: [] } };
}

function isSameTaints(change: Change<Node>): boolean {
  return change.kind === "updated" && jsonEquals(change.object.spec?.taints ?? [], change.before.spec?.taints ?? []);
}

function observe(
  { snapshot, provider, names, clock }: ProvisionerShell,
  { key, moves, started }: { readonly key: ObjectKey; readonly moves: MoveDesk; readonly started: Started },
): ObservedCommand | undefined {
  const now = snapshot();
  const nodeClaim = now.get("NodeClaim", key);
  if (nodeClaim === undefined || !provider.serves(nodeClaim.spec.nodeClassRef)) return undefined;
  const node = nodeOf(now, nodeClaim);
  const request = requestIn(nodeClaim, names);
  for (const name of started) {
    const shown = now.get("Node", { namespace: "", name });
    if (shown === undefined || isDisrupted(shown)) started.delete(name);
  }
  const allowed = request === undefined ? Infinity : allowedFor(now, { nodeClaim, request, started, at: clock.now() });
  const told = claimCondition(nodeClaim, "DisruptionReason");
  const toldAt = told?.status === "True" ? timeOf(told.lastTransitionTime, clock.now()) : undefined;
  return { nodeClaim, node, request, allowed, move: node === undefined ? undefined : moves.moveOf(node.metadata.name ?? ""), toldAt };
}

function allowedFor(
  snapshot: ClusterSnapshot,
  of: { readonly nodeClaim: NodeClaim; readonly request: DisruptionRequest; readonly started: Started; readonly at: Instant },
): number {
  const { nodeClaim, request, started, at } = of;
  const reason = budgetReason(request, at);
  if (reason === undefined) return Infinity;
  const pool = nodeClaim.metadata.labels?.[nodePoolLabel];
  const nodePool = pool === undefined ? undefined : snapshot.get("NodePool", { namespace: "", name: pool });
  // Nobody has said what may go at once of a claim without a pool, or of a pool that is gone.
  if (nodePool === undefined) return 0;
  const claims = snapshot.list("NodeClaim");
  const underWay = claims.filter((claim) => isTrue(claim, "DisruptionReason") && claim.metadata.deletionTimestamp === undefined).length;
  const nodes = budgetedNodes(snapshot, { nodePool, started });
  return Math.min(allowedDisruptions({ nodePool, nodes, reason, now: at }), commandsMax - underWay);
}

/** Returns how many nodes the budgets of a NodePool let go now, by reason; Infinity where none is active for it. */
export function poolAllowances(
  snapshot: ClusterSnapshot,
  { nodePool, at }: { readonly nodePool: NodePool; readonly at: Instant },
): Readonly<Record<VoluntaryReason, number>> {
  const nodes = budgetedNodes(snapshot, { nodePool, started: new Set() });
  const allowed = (reason: VoluntaryReason): number => allowedDisruptions({ nodePool, nodes, reason, now: at });
  return {
    Empty: allowed("Empty"),
    Underutilized: allowed("Underutilized"),
    Drifted: allowed("Drifted"),
    Unhealthy: allowed("Unhealthy"),
  };
}

function budgetedNodes(
  snapshot: ClusterSnapshot,
  { nodePool, started }: { readonly nodePool: NodePool; readonly started: Started },
): readonly BudgetedNode[] {
  const own = snapshot.list("NodeClaim").filter(({ metadata }) => metadata.labels?.[nodePoolLabel] === nodePool.metadata.name);
  return own.map((claim) => budgetedNode(claim, { node: nodeOf(snapshot, claim), started }));
}

function budgetedNode(claim: NodeClaim, { node, started }: { readonly node: Node | undefined; readonly started: Started }): BudgetedNode {
  const isGoing = claim.metadata.deletionTimestamp !== undefined || node?.metadata.deletionTimestamp !== undefined;
  return {
    isInitialized: node?.metadata.labels?.[initializedLabel] === "true",
    isReady: node?.status?.conditions?.find(({ type }) => type === "Ready")?.status === "True",
    isRebooting: claimCondition(claim, "Rebooting")?.status === "True",
    isLeaving: isGoing || (node !== undefined && (isDisrupted(node) || started.has(node.metadata.name ?? ""))),
    isTerminating: isTrue(claim, "InstanceTerminating"),
  };
}

async function act(
  shell: ProvisionerShell,
  { step, started }: { readonly step: CommandStep; readonly started: Started },
): Promise<Requeue> {
  const { client, clock, names } = shell;
  const { nodeClaim } = step;
  const now = clock.now();
  switch (step.kind) {
    case "taint":
      return taint(shell, { step, started });
    case "tell-reason": {
      const { reason, message } = step;
      const status = claimStatusAfter(nodeClaim, { conditions: [{ type: "DisruptionReason", status: "True", reason, message }], now });
      return requeueAfter(await applyClaimStatus(shell, nodeClaim, status));
    }
    case "untell": {
      const status = claimStatusAfter(nodeClaim, { conditions: [], without: ["DisruptionReason"], now });
      return requeueAfter(await applyClaimStatus(shell, nodeClaim, status));
    }
    case "delete-claim":
      return end(shell, step);
    case "withdraw": {
      const patch = { metadata: { annotations: { [names.disruptionAnnotation]: null } } };
      const events = notes(shell, { step, note: { type: "Warning", ...step.why } });
      return requeueAfter(await client.patch("NodeClaim", keyOf(nodeClaim), { body: { kind: "merge", patch } }), { kind: "done", events });
    }
    case "untaint":
      return requeueAfter(await client.patch("Node", keyOf(step.node), { body: { kind: "merge", patch: undisruptedPatch(step.node) } }));
    case "wait": {
      const events = step.why === undefined ? [] : notes(shell, { step, note: { type: "Normal", ...step.why } });
      return step.delayMs === undefined ? { kind: "done", events } : { kind: "after", delayMs: step.delayMs, events };
    }
    default:
      return assertNever(step);
  }
}

/** Two keys may have been decided on the same budget: it is asked again in the one turn in which its share is taken. */
async function taint(
  shell: ProvisionerShell,
  { step, started }: { readonly step: CommandStep & { readonly kind: "taint" }; readonly started: Started },
): Promise<Requeue> {
  const { client, snapshot, clock, names } = shell;
  const { nodeClaim, node, isBound } = step;
  const request = requestIn(nodeClaim, names);
  if (isBound && request !== undefined && allowedFor(snapshot(), { nodeClaim, request, started, at: clock.now() }) <= 0)
    return { kind: "after", delayMs: 0 };
  const name = node.metadata.name ?? "";
  started.add(name);
  const written = await client.patch("Node", keyOf(node), { body: { kind: "merge", patch: disruptedPatch(node) } });
  if (!written.ok) started.delete(name);
  return requeueAfter(written);
}

/** The deadline first: once the claim is being deleted its drain goes by it. */
async function end(shell: ProvisionerShell, step: CommandStep & { readonly kind: "delete-claim" }): Promise<Requeue> {
  const { client } = shell;
  const { nodeClaim, deadline, why } = step;
  if (deadline !== undefined && isSooner(nodeClaim, deadline)) {
    const written = await client.patch("NodeClaim", keyOf(nodeClaim), { body: { kind: "merge", patch: deadlinePatch(deadline) } });
    if (!written.ok) return requeueAfter(written);
  }
  const { uid } = nodeClaim.metadata;
  const events = notes(shell, { step, note: { type: "Normal", reason: "DisruptionTerminating", message: why.message } });
  return requeueAfter(await client.delete("NodeClaim", keyOf(nodeClaim), uid === undefined ? {} : { uid }), { kind: "done", events });
}

/** Makes the function by which others ask for a node to be replaced. */
export function replaceNode({ client, clock, names }: Pick<ProvisionerShell, "client" | "clock" | "names">): ReplaceNode {
  return async (asked, request) => {
    // Whoever asks may hold an older view: what stands on the claim is read, so that no request undoes another.
    const read = await client.get("NodeClaim", keyOf(asked));
    if (!read.ok) return read.error.code === 404 ? ok("gone") : err(read.error.message ?? `status ${read.error.code}`);
    const nodeClaim = read.value;
    const { uid, deletionTimestamp, resourceVersion } = nodeClaim.metadata;
    if (asked.metadata.uid !== undefined && uid !== asked.metadata.uid) return ok("gone");
    const isGoing = deletionTimestamp !== undefined;
    const patch = isGoing
      ? tighterPatch(nodeClaim, request)
      : requestPatch(requestText(nodeClaim, { request, names, now: clock.now() }), names);
    if (patch === undefined) return ok(isGoing ? "gone" : "asked");
    const body = { kind: "merge", patch: { metadata: { ...patch.metadata, resourceVersion } } } as const;
    const written = await client.patch("NodeClaim", keyOf(asked), { body });
    return written.ok ? ok(isGoing ? "gone" : "asked") : err(written.error.message ?? `status ${written.error.code}`);
  };
}

interface AnnotationPatch {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
}

function requestPatch(text: string | undefined, { disruptionAnnotation }: ProvisionerShell["names"]): AnnotationPatch | undefined {
  return text === undefined ? undefined : { metadata: { annotations: { [disruptionAnnotation]: text } } };
}

function tighterPatch(nodeClaim: NodeClaim, { deadline }: DisruptionRequest): AnnotationPatch | undefined {
  return deadline === undefined || !isSooner(nodeClaim, deadline) ? undefined : deadlinePatch(deadline);
}

function deadlinePatch(deadline: Instant): AnnotationPatch {
  return { metadata: { annotations: { [terminationTimestampAnnotation]: timeText(deadline) } } };
}

function isSooner({ metadata }: NodeClaim, deadline: Instant): boolean {
  const known = Date.parse(metadata.annotations?.[terminationTimestampAnnotation] ?? "");
  return Number.isNaN(known) || deadline < known;
}

function notes(
  { snapshot }: ProvisionerShell,
  { step, note }: { readonly step: CommandStep; readonly note: Pick<EventNote, "type" | "reason" | "message"> },
): readonly EventNote[] {
  const node = nodeOf(snapshot(), step.nodeClaim);
  return nodeNotes({ nodeClaim: step.nodeClaim, ...(node === undefined ? {} : { node }) }, note);
}
