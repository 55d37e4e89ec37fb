/**
 * The provisioner's controller: one loop over the whole cluster that makes the NodeClaims for the Pods that wait.
 *
 * Reads the snapshot and what each NodePool may launch. Creates NodeClaims under names that follow from the plan, so that
 * a lost answer and a crash between two creates make nothing twice. Claims that were created and that the watch has not
 * brought yet are looked at as if it had.
 */
import { assertNever } from "../../api/assert.ts";
import type { AnyTrigger, Change, Controller, Requeue } from "../../api/controller.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { EventNote } from "../../api/event-note.ts";
import type { KindName } from "../../api/kinds.ts";
import type { KubeObject, ObjectKey } from "../../api/object.ts";
import type { Instant } from "../../api/ports.ts";
import { jsonEquals } from "../../kube/json-patch.ts";
import type { ContractWorld } from "../../policies/profile/workload-contract.ts";
import { withDirectReads } from "../direct-reads.ts";
import { claimNote } from "../lifecycle/next-step.ts";
import {
  freshMemory,
  nextProvisioningStep,
  planMaxMs,
  restingAfter,
  type ObservedDemand,
  type ProvisioningMemory,
  type ProvisioningStep,
} from "../provisioning.ts";
import type { BufferDesk } from "./buffer-desk.ts";
import type { MoveDesk } from "./move-desk.ts";
import { poolOffers } from "./pool-offers.ts";
import type { ControllerEntry, ProvisionerShell } from "./shell.ts";

/** The only key: a plan is of the whole cluster. */
const clusterKey: ObjectKey = { namespace: "", name: "cluster" };
const createsAtOnceMax = 10;
/** A created claim that the watch has not brought after this long is asked for. */
const watchLagMs = 1_000;

/** A claim that we created, and when. */
interface Created {
  readonly nodeClaim: NodeClaim;
  readonly at: Instant;
}

/** What this process remembers between looks; all of it may be lost. */
interface Held {
  memory: ProvisioningMemory;
  /** How long the last decision held the process. */
  tookMs: number;
  readonly created: Map<string, Created>;
}

/** Whom each plan is told, besides the API server. */
export interface PlanDesks {
  /** What became of CapacityBuffers. */
  readonly buffers?: BufferDesk;
  /** What became of the Pods of nodes on their way out. */
  readonly moves?: MoveDesk;
}

/** Makes the controller with its triggers. */
export function provisionerController(shell: ProvisionerShell, { buffers, moves }: PlanDesks = {}): ControllerEntry {
  const held: Held = { memory: freshMemory, created: new Map(), tookMs: 0 };
  const controller: Controller<ObservedDemand, ProvisioningStep> = {
    name: "provisioner",
    observe: () => observe(shell, held),
    decide: (observed, now) => {
      const step = nextProvisioningStep(observed, now, { isAborted: () => shell.clock.now() - now > planMaxMs });
      held.tookMs = shell.clock.now() - now;
      // Who only observes says nothing on Pods, which are another's to place.
      return shell.observed === undefined ? step : { ...step, events: [] };
    },
    act: async (step) => {
      const { said } = held.memory;
      const requeue = await act(shell, { held, step });
      if (step.kind === "plan") buffers?.tell(step.buffers);
      if (step.kind !== "collect") moves?.tell(step.moves);
      // What a failed act would have said is said by the next one.
      const memory = requeue.kind === "retry" ? { ...step.memory, said } : step.memory;
      // On a thread of its own nobody waits for a plan to end.
      const tookMs = shell.sharesThread === false ? 0 : held.tookMs;
      held.memory = step.kind === "plan" ? restingAfter(memory, { endedAt: shell.clock.now(), tookMs }) : memory;
      return requeue;
    },
  };
  const wake = (enqueue: (key: ObjectKey) => void) => {
    return (
      shell.newcomers?.onHeard(() => {
        enqueue(clusterKey);
      }) ?? (() => undefined)
    );
  };
  const watched = (
    ["Deployment", "StatefulSet", "ReplicaSet", "Job", "NodePool", "NodeOverlay", "NodeClaim", "WorkloadProfile", "PodTemplate"] as const
  ).map((watches): AnyTrigger => ({ watches, keysOf: () => [clusterKey] }));
  return { controller, triggers: [...watched, ...boundTriggers, podTrigger, nodeTrigger], needs: [...deciders], wake };
}

/** Who has a say in Pods to come, besides their workload: without a list of them more would be planned than will come. */
const deciders = [
  ...(["DaemonSet", "Namespace", "ResourceQuota", "LimitRange", "HorizontalPodAutoscaler"] as const),
  ...(["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] as const),
] satisfies KindName[];

/** What bounds a workload's Pods, or keeps room for them, writes its status all the time; only its word counts. */
const boundTriggers = (["ResourceQuota", "LimitRange", "HorizontalPodAutoscaler", "CapacityBuffer"] as const).map(
  (watches): AnyTrigger => ({
    watches,
    keysOf: (change: Change<KubeObject & { readonly spec?: unknown }>) =>
      change.kind === "updated" && jsonEquals(change.object.spec, change.before.spec) ? [] : [clusterKey],
  }),
);

/** Pods change often; only those that come, go, or are bound or ended change what is wanted or free. */
const podTrigger: AnyTrigger = {
  watches: "Pod",
  keysOf: (change) => {
    if (change.kind !== "updated") return [clusterKey];
    const { object, before } = change;
    const read = ({ metadata, spec, status }: typeof object): string =>
      JSON.stringify([spec.nodeName, spec.schedulingGates, status?.phase, status?.nominatedNodeName, metadata.deletionTimestamp]);
    return read(object) === read(before) ? [] : [clusterKey];
  },
};

/** A kubelet's heartbeat is no news. */
const nodeTrigger: AnyTrigger = {
  watches: "Node",
  keysOf: (change) => {
    if (change.kind !== "updated") return [clusterKey];
    const { object, before } = change;
    const read = ({ metadata, spec, status }: typeof object): string =>
      JSON.stringify([metadata.labels, metadata.deletionTimestamp, spec, status?.allocatable]);
    return read(object) === read(before) ? [] : [clusterKey];
  },
};

async function observe(shell: ProvisionerShell, held: Held): Promise<ObservedDemand> {
  const { provider } = shell;
  await shell.newcomers?.ask(worldWithReads(shell).snapshot);
  const world = worldWithReads(shell);
  const dryRuns = await shell.dryRuns?.(world);
  const nodePools = world.snapshot.list("NodePool").filter(({ spec }) => provider.serves(spec.template.spec.nodeClassRef));
  const { instanceTypes } = await poolOffers(shell, world.snapshot);
  const known = world.snapshot.list("NodeClaim");
  for (const { metadata } of known) held.created.delete(metadata.name ?? "");
  await forgetGone(shell, held);
  return {
    world,
    nodeClaims: [...known, ...[...held.created.values()].map(({ nodeClaim }) => nodeClaim)],
    nodePools,
    instanceTypes,
    ...shell.settings,
    memory: held.memory,
    ...(dryRuns === undefined ? {} : { dryRuns }),
  };
}

/** The world as it will be once the watch has brought what the API server has shown. */
function worldWithReads({ newcomers, world, names }: ProvisionerShell): ContractWorld {
  const now = world();
  const reads = newcomers?.heard(now.snapshot) ?? [];
  return reads.length === 0 ? now : { ...now, snapshot: withDirectReads(now.snapshot, reads, names.domain) };
}

/** A claim that came and went between two looks of ours was never in a snapshot that we saw: the API server knows. */
async function forgetGone({ client, clock }: ProvisionerShell, { created }: Held): Promise<void> {
  const late = [...created].filter(([, { at }]) => clock.now() - at >= watchLagMs).slice(0, createsAtOnceMax);
  await Promise.all(
    late.map(async ([name]) => {
      const answer = await client.get("NodeClaim", { namespace: "", name });
      if (!answer.ok && answer.error.code === 404) created.delete(name);
    }),
  );
}

async function act(shell: ProvisionerShell, { held, step }: { readonly held: Held; readonly step: ProvisioningStep }): Promise<Requeue> {
  switch (step.kind) {
    case "idle":
      return { kind: "done", events: await deleteYields(shell, step.yields) };
    case "collect":
      return { kind: "after", delayMs: step.delayMs };
    case "plan": {
      if (shell.observed !== undefined) {
        shell.observed(step);
        return { kind: "after", delayMs: step.againMs };
      }
      const failures = await createAll(shell, { held, nodeClaims: step.nodeClaims });
      const [failure] = failures;
      if (failure !== undefined) return { kind: "retry", reason: failure };
      const events = await deleteYields(shell, step.yields);
      return { kind: "after", delayMs: held.created.size > 0 ? Math.min(watchLagMs, step.againMs) : step.againMs, events };
    }
    default:
      return assertNever(step);
  }
}

/** Deletes claims that wait in vain, each as it was seen: one that was launched meanwhile stays, and is a place again. */
async function deleteYields({ client }: ProvisionerShell, yields: readonly NodeClaim[]): Promise<readonly EventNote[]> {
  const message = "There was no capacity for this NodeClaim, and its Pods have another place, or are gone.";
  const notes = await Promise.all(
    yields.map(async (nodeClaim) => {
      const { name = "", uid, resourceVersion } = nodeClaim.metadata;
      const as = { ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
      const deleted = await client.delete("NodeClaim", { namespace: "", name }, as);
      return deleted.ok ? [claimNote(nodeClaim, { type: "Normal", reason: "CapacityFoundElsewhere", message })] : [];
    }),
  );
  return notes.flat();
}

async function createAll(
  shell: ProvisionerShell,
  { held, nodeClaims }: { readonly held: Held; readonly nodeClaims: readonly NodeClaim[] },
): Promise<readonly string[]> {
  const failures: string[] = [];
  for (let from = 0; from < nodeClaims.length; from += createsAtOnceMax) {
    const batch = nodeClaims.slice(from, from + createsAtOnceMax);
    const answers = await Promise.all(batch.map((nodeClaim) => createOne(shell, { held, nodeClaim })));
    failures.push(...answers.filter((answer) => answer !== undefined));
  }
  return failures;
}

async function createOne(
  { client, clock }: ProvisionerShell,
  { held, nodeClaim }: { readonly held: Held; readonly nodeClaim: NodeClaim },
): Promise<string | undefined> {
  const name = nodeClaim.metadata.name ?? "";
  const made = await client.create("NodeClaim", nodeClaim);
  // The name says what was planned: a claim that is there already is the one that we want.
  const answer = made.ok || made.error.code !== 409 ? made : await client.get("NodeClaim", { namespace: "", name });
  if (!answer.ok) return `NodeClaim ${name}: ${answer.error.message ?? answer.error.reason ?? String(answer.error.code)}`;
  held.created.set(name, { nodeClaim: answer.value, at: clock.now() });
  return undefined;
}
