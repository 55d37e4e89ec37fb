/**
 * The NodeClaim controller: launches, registers, initializes and ends one node for each NodeClaim.
 *
 * Reads a NodeClaim, its Node and Pods from the snapshot, its instance from the cloud while it ends, and the Pods from the API
 * server before the instance goes. Tells Pods of their node before it opens. Writes one step at a time; what to do is lifecycle/next-step.ts's answer. Works on every
 * claim whose NodeClass the provider serves.
 */
import type { ApiClient } from "../../api/api-client.ts";
import { assertNever } from "../../api/assert.ts";
import type { AnyTrigger, Controller, Requeue, Trigger } from "../../api/controller.ts";
import type { EventNote } from "../../api/event-note.ts";
import { canonicalJson } from "../../api/hash.ts";
import { terminationFinalizer, type PlatformNames } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { ObjectKey } from "../../api/object.ts";
import type { Pod } from "../../api/pod.ts";
import type { Instant } from "../../api/ports.ts";
import { ok } from "../../api/result.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { keyOf } from "../../kube/object-key.ts";
import { claimCondition, isTrue } from "../lifecycle/claim-status.ts";
import { claimOf, nodeOf } from "../lifecycle/claim-node.ts";
import { nodeNotes, timeOf } from "../lifecycle/claim-step.ts";
import { capacityReason, launchFailedReason } from "../lifecycle/launch.ts";
import {
  lifecycleStateOf,
  nextLifecycleStep,
  registrationTimeoutMs,
  registrationTimeoutReason,
  type LifecycleStep,
  type ObservedClaim,
} from "../lifecycle/next-step.ts";
import { togetherLeft } from "../lifecycle/open-together.ts";
import { hintNews } from "../lifecycle/placement-hint.ts";
import { hasUnregisteredTaint } from "../lifecycle/registration.ts";
import { awaitedVolumes } from "../lifecycle/volumes.ts";
import { capacityLacks, type CapacityLacks } from "./capacity-lacks.ts";
import { launchClaim } from "./claim-launch.ts";
import { applyClaimStatus } from "./claim-status-write.ts";
import { instanceLooks, type InstanceLook } from "./instance-looks.ts";
import { noteJoinFailure } from "./join-failure-desk.ts";
import { placementHints, type GivenHints, type PlacementHints, type ToldNode } from "./placement-hints.ts";
import { removePods } from "./pod-removal.ts";
import { requeueAfter, type ControllerEntry, type ProvisionerShell } from "./shell.ts";

/** Claims worked on at once: launches that come together are one request, and each waits for the answer. */
const claimsAtOnceMax = 100;
const endingPollMs = 1_000;
/** Why a node never joined is noted within this time, or not at all. */
const noteMaxMs = 5 * 60_000;

/** Makes the controller with its triggers. */
export function nodeClaimController(shell: ProvisionerShell): ControllerEntry {
  const hints = placementHints(shell);
  const looks = instanceLooks(shell);
  const lacks = capacityLacks(shell.clock);
  const controller: Controller<ObservedClaim, LifecycleStep> = {
    name: "node-claim",
    observe: (key) => observe(shell, { key, looks, lacks }),
    decide: nextLifecycleStep,
    act: async (step) => {
      const isOpening = step.kind === "patch-node" && hasUnregisteredTaint(step.node);
      const heldMs = isOpening ? heldClosed(shell, step) : 0;
      if (heldMs > 0) return { kind: "after", delayMs: heldMs };
      const { events, leadMs } = await hintsBefore(step, { snapshot: shell.snapshot(), hints, isOpening });
      if (leadMs > 0 && isOpening) return { kind: "after", delayMs: leadMs, events };
      const requeue = await act(shell, step);
      return { ...requeue, events: [...events, ...(requeue.events ?? [])] };
    },
  };
  return { controller, triggers: triggers(shell.snapshot), needs: ["NodePool"], workersMax: claimsAtOnceMax };
}

async function observe(
  { client, snapshot, provider, names, clock }: ProvisionerShell,
  { key, looks, lacks }: { readonly key: ObjectKey; readonly looks: InstanceLook; readonly lacks: CapacityLacks },
): Promise<ObservedClaim | undefined> {
  const now = snapshot();
  const known = now.get("NodeClaim", key);
  if (known === undefined || !provider.serves(known.spec.nodeClassRef)) return undefined;
  const nodeClaim = await newestClaim(client, { known, names });
  const node = nodeOf(now, nodeClaim);
  const lackedAt = lacks(nodeClaim);
  const seen = {
    nodeClaim,
    ...(lackedAt === undefined ? undefined : { lackedAt }),
    ...(node === undefined ? undefined : { node }),
    pods: node === undefined ? [] : now.by("Pod", "node", node.metadata.name ?? ""),
    claimOnlyAnnotations: [names.launchRequestAnnotation, names.plannedPodsAnnotation, names.disruptionAnnotation],
    names,
  };
  if (nodeClaim.metadata.deletionTimestamp === undefined) return seen;
  const leaving = { ...seen, ...endingFacts(now, { seen, at: clock.now() }) };
  const isDraining = lifecycleStateOf({ ...leaving, instance: "unknown" }, clock.now()) === "draining";
  const instance = await looks(nodeClaim, isDraining && node !== undefined && isReady(node) ? "healthy" : "other");
  if (!instance.ok) return { ...leaving, instance: "unknown" };
  const ending = instance.value === undefined ? leaving : { ...leaving, instance: instance.value };
  const state = lifecycleStateOf(ending, clock.now());
  if (node === undefined || (state !== "detaching" && state !== "terminating")) return ending;
  // The watch may lag behind a Pod that was bound just before the cordon: the API server itself says whether the node is empty.
  const bound = await client.list("Pod", { fieldSelector: `spec.nodeName=${node.metadata.name ?? ""}` });
  return bound.ok ? { ...ending, pods: bound.value } : { ...ending, instance: "unknown" };
}

/** What only the end of a node asks for. */
function endingFacts(
  snapshot: ClusterSnapshot,
  { seen: { node, pods }, at }: { readonly seen: { readonly node?: Node; readonly pods: readonly Pod[] }; readonly at: Instant },
): Pick<ObservedClaim, "awaitedVolumes" | "budgets"> {
  if (node === undefined) return {};
  const namespaces = [...new Set(pods.map(({ metadata }) => metadata.namespace ?? ""))];
  return {
    awaitedVolumes: awaitedVolumes({ snapshot, nodeName: node.metadata.name ?? "", pods, now: at }),
    budgets: namespaces.flatMap((namespace) => snapshot.list("PodDisruptionBudget", namespace)),
  };
}

/** A launch that was asked for may have been answered since the watch last spoke: the API server itself says whether to ask again. */
async function newestClaim(
  client: ApiClient,
  { known, names }: { readonly known: NodeClaim; readonly names: PlatformNames },
): Promise<NodeClaim> {
  const isAsked = known.metadata.annotations?.[names.launchRequestAnnotation] !== undefined && !isTrue(known, "Launched");
  const answer = isAsked ? await client.get("NodeClaim", keyOf(known)) : undefined;
  return answer?.ok === true && answer.value.metadata.uid === known.metadata.uid ? answer.value : known;
}

/** How long a node that could open waits for those that were planned with it. */
function heldClosed(
  { snapshot, names, clock }: ProvisionerShell,
  { nodeClaim, node }: Extract<LifecycleStep, { kind: "patch-node" }>,
): number {
  const now = snapshot();
  const hasNode = (other: NodeClaim): boolean => nodeOf(now, other) !== undefined;
  return togetherLeft({ nodeClaim, node, others: now.list("NodeClaim"), hasNode, names, now: clock.now() });
}

/**
 * Tells Pods of their node before it opens: what is written next may be what lets the scheduler look. A scheduler that looked too early
 * has taken its nomination back; then the Pod is told again, for a while after the node is initialized too.
 */
async function hintsBefore(
  { nodeClaim }: LifecycleStep,
  { snapshot, hints, isOpening }: { readonly snapshot: ClusterSnapshot; readonly hints: PlacementHints; readonly isOpening: boolean },
): Promise<GivenHints> {
  const node = nodeClaim.metadata.deletionTimestamp === undefined ? nodeOf(snapshot, nodeClaim) : undefined;
  if (node === undefined) return { events: [], leadMs: 0 };
  return hints.give({ nodeClaim, node, closed: isOpening ? closedNodes(snapshot, nodeClaim) : [] });
}

/** Other nodes of claims that have joined and wait to open. */
function closedNodes(snapshot: ClusterSnapshot, than: NodeClaim): readonly ToldNode[] {
  return snapshot.list("NodeClaim").flatMap((nodeClaim) => {
    const { name, deletionTimestamp } = nodeClaim.metadata;
    if (name === than.metadata.name || deletionTimestamp !== undefined || isTrue(nodeClaim, "Registered")) return [];
    const node = nodeOf(snapshot, nodeClaim);
    return node !== undefined && hasUnregisteredTaint(node) ? [{ nodeClaim, node }] : [];
  });
}

async function act(shell: ProvisionerShell, step: LifecycleStep): Promise<Requeue> {
  const { client, provider } = shell;
  const { nodeClaim } = step;
  switch (step.kind) {
    case "add-finalizer":
      return requeueAfter(await patchFinalizers(shell, nodeClaim, [...(nodeClaim.metadata.finalizers ?? []), terminationFinalizer]));
    case "launch":
    case "adopt":
      return launchClaim(shell, nodeClaim);
    case "write-status":
      return requeueAfter(await applyClaimStatus(shell, nodeClaim, step.status));
    case "patch-claim":
      return requeueAfter(await client.patch("NodeClaim", keyOf(nodeClaim), { body: { kind: "merge", patch: step.patch } }));
    case "patch-node":
      return requeueAfter(await client.patch("Node", keyOf(step.node), { body: { kind: "merge", patch: step.patch } }));
    case "delete-claim":
      return giveUp(shell, step);
    case "remove-pods":
      return removePods(shell, step);
    case "end-instance": {
      const ended = await provider.delete(referenceOf(nodeClaim));
      if (ended.ok) return { kind: "after", delayMs: ended.value === "gone" ? 0 : endingPollMs };
      return { kind: "retry", reason: ended.error, events: terminationNotes(shell, nodeClaim, ended.error) };
    }
    case "delete-node":
      return requeueAfter(await client.delete("Node", keyOf(step.node), uidOf(step.node)), { kind: "after", delayMs: endingPollMs });
    case "release-node":
      return requeueAfter(await releaseNode(shell, step.node));
    case "release-claim":
      return requeueAfter(
        await patchFinalizers(
          shell,
          nodeClaim,
          (nodeClaim.metadata.finalizers ?? []).filter((name) => name !== terminationFinalizer),
        ),
      );
    case "wait":
      return step.delayMs === undefined ? { kind: "done" } : { kind: "after", delayMs: step.delayMs };
    default:
      return assertNever(step);
  }
}

/** Whoever waits for the node to go finds here why it doesn't. */
function terminationNotes({ snapshot }: ProvisionerShell, nodeClaim: NodeClaim, error: string): readonly EventNote[] {
  const node = nodeOf(snapshot(), nodeClaim);
  const message = `Failed to terminate node, ${error}`;
  return nodeNotes({ nodeClaim, ...(node === undefined ? {} : { node }) }, { type: "Warning", reason: "FailedTermination", message });
}

async function giveUp(shell: ProvisionerShell, { nodeClaim, reason }: Extract<LifecycleStep, { kind: "delete-claim" }>): Promise<Requeue> {
  const { nodeName } = nodeClaim.status ?? {};
  // Asked before the instance goes, and with it what it shows. A claim that lost its Node had one that joined.
  const noted = reason.reason === registrationTimeoutReason && !nodeName ? await noteJoinFailure(shell, nodeClaim) : ok([]);
  const launchedAt = timeOf(claimCondition(nodeClaim, "Launched")?.lastTransitionTime, shell.clock.now());
  // Its instance costs money meanwhile.
  const isLate = shell.clock.now() - launchedAt >= registrationTimeoutMs + noteMaxMs;
  if (!noted.ok && !isLate) return { kind: "retry", reason: noted.error };
  return requeueAfter(await shell.client.delete("NodeClaim", keyOf(nodeClaim), uidOf(nodeClaim)), {
    kind: "done",
    events: noted.ok ? noted.value : [],
  });
}

function patchFinalizers({ client }: ProvisionerShell, { metadata }: NodeClaim, finalizers: readonly string[]) {
  const patch = { metadata: { finalizers, resourceVersion: metadata.resourceVersion } };
  return client.patch("NodeClaim", { namespace: "", name: metadata.name ?? "" }, { body: { kind: "merge", patch } });
}

/** Lets a Node that is being deleted go. */
export function releaseNode({ client }: Pick<ProvisionerShell, "client">, { metadata }: Node) {
  const finalizers = (metadata.finalizers ?? []).filter((name) => name !== terminationFinalizer);
  const patch = { metadata: { finalizers, resourceVersion: metadata.resourceVersion } };
  return client.patch("Node", { namespace: "", name: metadata.name ?? "" }, { body: { kind: "merge", patch } });
}

function triggers(snapshot: () => ClusterSnapshot): readonly AnyTrigger[] {
  const claimKeys = (node: Node | undefined): readonly ObjectKey[] => {
    const claim = node === undefined ? undefined : claimOf(snapshot(), node);
    return claim === undefined ? [] : [keyOf(claim)];
  };
  return [
    { watches: "NodeClaim", keysOf: (change) => (isOwnFailureText(change) ? [] : [keyOf(change.object)]) },
    { watches: "Node", keysOf: ({ object }) => claimKeys(object) },
    {
      // Pods that leave matter to a node that is being drained, and what becomes of hints to one that is filled.
      watches: "Pod",
      keysOf: (change) => {
        const { kind, object } = change;
        const nodeName = kind === "deleted" ? object.spec.nodeName : hintNews(change);
        if (!nodeName) return [];
        return claimKeys(snapshot().get("Node", { namespace: "", name: nodeName })).filter(
          (key) => (kind === "deleted") === (snapshot().get("NodeClaim", key)?.metadata.deletionTimestamp !== undefined),
        );
      },
    },
  ];
}

/** What we write on a claim whose launch failed is no news to us: it must not cut the backoff of that launch short. */
function isOwnFailureText(change: Parameters<Trigger<"NodeClaim">["keysOf"]>[0]): boolean {
  if (change.kind !== "updated") return false;
  const { object, before } = change;
  const reason = claimCondition(object, "Launched")?.reason;
  if (reason !== launchFailedReason && reason !== capacityReason) return false;
  const read = ({ metadata, spec }: NodeClaim): string =>
    canonicalJson([spec, metadata.labels, metadata.annotations, metadata.finalizers, metadata.deletionTimestamp]);
  return read(object) === read(before);
}

function referenceOf({ metadata, status }: NodeClaim): { readonly nodeClaim: string; readonly providerID?: string } {
  const providerID = status?.providerID;
  return { nodeClaim: metadata.name ?? "", ...(providerID === undefined ? undefined : { providerID }) };
}

function uidOf({ metadata }: NodeClaim | Node): { readonly uid?: string } {
  return metadata.uid === undefined ? {} : { uid: metadata.uid };
}

function isReady({ status }: Node): boolean {
  return status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
}
