/**
 * Garbage collection: one loop over the whole cloud that ends what a crash left behind.
 *
 * Reads every instance of the cluster, every NodeClaim, and the record of the API server. Writes the end of orphaned instances, after
 * asking the API server itself (a snapshot may lag), and the deletion of NodeClaims whose instance is gone, after asking the cloud for
 * that instance. What the breaker doubts, and what is more of a NodePool than it lets go, is asked about on the NodePool, and nothing of it
 * is ended.
 */
import { assertNever } from "../../api/assert.ts";
import type { Controller, ControllerStep, Requeue } from "../../api/controller.ts";
import type { EventNote } from "../../api/event-note.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { ObjectKey } from "../../api/object.ts";
import type { CloudInstance, Instant } from "../../api/ports.ts";
import { garbageOf } from "../lifecycle/garbage.ts";
import { claimNote } from "../lifecycle/next-step.ts";
import { endsMax, judgeRemovals, type PoolRemovals, type RemovalNames } from "../lifecycle/removal-breaker.ts";
import { doubtedGarbage, recordedLaunch, type ApiRecord, type Doubts } from "../lifecycle/removal-doubt.ts";
import type { ControllerEntry, ProvisionerShell } from "./shell.ts";

interface ObservedCloud {
  readonly instances: readonly CloudInstance[] | { readonly unknown: string };
  readonly nodeClaims: readonly NodeClaim[];
  readonly foreignClaims?: readonly NodeClaim[];
  readonly nodePools: readonly NodePool[];
  readonly nodes: Parameters<typeof garbageOf>[0]["nodes"];
  readonly record: ApiRecord;
  readonly ledgers: ReadonlyMap<string, string>;
  readonly names: RemovalNames;
}

type GarbageStep = ControllerStep &
  (
    | {
        readonly kind: "end";
        readonly pools: readonly PoolRemovals[];
        readonly endedClaims: readonly NodeClaim[];
        readonly doubts: Doubts;
      }
    | { readonly kind: "clean" }
    | { readonly kind: "ask-again"; readonly reason: string }
  );

const clusterKey = { namespace: "", name: "cluster" };
/** Pools that are not there whose removals are remembered; more are a mistake of somebody's, and are held. */
const ledgersMax = 1_000;

interface Collecting {
  readonly shell: ProvisionerShell;
  readonly everyMs: number;
  /** What was ended of pools that are not there. */
  readonly ledgers: Map<string, string>;
}

/** Makes the controller; `everyMs` is how often the cloud is listed. */
export function garbageCollection(shell: ProvisionerShell, everyMs = 30_000): ControllerEntry {
  const collecting: Collecting = { shell, everyMs, ledgers: new Map() };
  const controller: Controller<ObservedCloud, GarbageStep> = {
    name: "garbage-collection",
    observe: async () => {
      const [instances, record] = await Promise.all([shell.provider.list(), recordOf(shell)]);
      const snapshot = shell.snapshot();
      const isServed = ({ spec }: NodeClaim): boolean => shell.provider.serves(spec.nodeClassRef);
      return {
        instances: instances.ok ? instances.value : { unknown: instances.error },
        nodeClaims: snapshot.list("NodeClaim").filter(isServed),
        foreignClaims: snapshot.list("NodeClaim").filter((claim) => !isServed(claim)),
        nodePools: snapshot.list("NodePool"),
        nodes: snapshot.list("Node"),
        record,
        ledgers: collecting.ledgers,
        names: shell.names,
      };
    },
    decide: garbageStep,
    act: (step) => act(collecting, step),
  };
  // No object stands for what was forgotten: woken once at the start, and from then on by itself.
  const wake = (enqueue: (key: ObjectKey) => void) => {
    enqueue(clusterKey);
    return () => undefined;
  };
  return { controller, triggers: [], needs: ["NodeClaim", "NodePool", "Node"], wake };
}

/** The record as the API server itself tells it: a watch may be of before a restore. */
async function recordOf({ client, recordLease, names }: ProvisionerShell): Promise<ApiRecord> {
  if (recordLease === undefined) return { kind: "kept-by-nobody" };
  const read = await client.get<"Lease">("Lease", recordLease);
  const { recordAnnotation: annotation } = names;
  if (read.ok) return { kind: "read", lease: read.value, annotation };
  if (read.error.code === 404) return { kind: "read", lease: undefined, annotation };
  return { kind: "unread", problem: read.error.message ?? read.error.reason ?? `status ${read.error.code}` };
}

/** Returns what to do about what the cloud and the cluster tell of each other. */
export function garbageStep(observed: ObservedCloud, now: Instant): GarbageStep {
  const { instances } = observed;
  if ("unknown" in instances) return { kind: "ask-again", reason: instances.unknown };
  const { garbage, doubts } = doubtedGarbage(garbageOf({ ...observed, instances, now }), { ...observed, instances });
  const pools = judgeRemovals({ ...observed, garbage, doubts, instances, now });
  if (pools.length + garbage.endedClaims.length === 0) return { kind: "clean" };
  const message = "The instance of this NodeClaim is gone from the cloud.";
  const gone = [...garbage.endedClaims, ...pools.flatMap((pool) => pool.garbage.nodeClaims)];
  return {
    kind: "end",
    pools,
    doubts,
    endedClaims: garbage.endedClaims.slice(0, endsMax),
    events: [
      ...gone.map((claim) => claimNote(claim, { type: "Warning", reason: "InstanceGone", message })),
      ...pools.flatMap((pool) => (pool.held === undefined ? [] : [heldNote(pool, pool.held)])),
    ],
    decision: {
      chosen: {
        instances: pools.flatMap((pool) => pool.garbage.instances.map(({ providerID }) => providerID)),
        nodeClaims: gone.map(({ metadata }) => metadata.name),
      },
      rejected: pools.flatMap(({ pool, held }) =>
        held === undefined ? [] : [{ subject: `NodePool ${pool}`, reason: { reason: "RemovalsHeld", message: held } }],
      ),
    },
  };
}

/** Said on the NodePool, whether it is there or not: Events of a name are found by it. */
function heldNote({ pool, nodePool }: PoolRemovals, message: string): EventNote {
  const uid = nodePool?.metadata.uid === undefined ? {} : { uid: nodePool.metadata.uid };
  const regarding = { apiVersion: "karpenter.sh/v1", kind: "NodePool", namespace: "", name: pool === "" ? "none" : pool, ...uid };
  return { regarding, type: "Warning", reason: "RemovalsHeld", message };
}

async function act(collecting: Collecting, step: GarbageStep): Promise<Requeue> {
  const { removalsHeld } = collecting.shell;
  switch (step.kind) {
    case "clean":
      removalsHeld?.(new Map());
      return { kind: "after", delayMs: collecting.everyMs };
    case "ask-again":
      return { kind: "retry", reason: step.reason };
    case "end": {
      removalsHeld?.(new Map(step.pools.flatMap(({ pool, heldCount }) => (heldCount === 0 ? [] : [[pool, heldCount] as const]))));
      const failures: string[] = [];
      for (const claim of step.endedClaims) failures.push(...(await deleteClaim(collecting, claim)));
      for (const pool of step.pools) failures.push(...(await endPool(collecting, pool, step.doubts)));
      const [failure] = failures;
      // What was held is told though something else went wrong.
      const held = (step.events ?? []).filter(({ reason }) => reason === "RemovalsHeld");
      return failure === undefined ? { kind: "after", delayMs: collecting.everyMs } : { kind: "retry", reason: failure, events: held };
    }
    default:
      return assertNever(step);
  }
}

/** Writes down first what goes: a process that dies in between has counted it. Returns what went wrong. */
async function endPool(collecting: Collecting, removals: PoolRemovals, doubts: Doubts): Promise<readonly string[]> {
  const written = await record(collecting, removals);
  if (written !== undefined) return [written];
  const failures: string[] = [];
  for (const instance of removals.garbage.instances) {
    failures.push(...(await endInstance(collecting, { instance, isDoubted: doubts.has(instance) })));
  }
  for (const claim of removals.garbage.nodeClaims) failures.push(...(await deleteMissing(collecting, claim)));
  return failures;
}

async function record({ shell, ledgers }: Collecting, removals: PoolRemovals): Promise<string | undefined> {
  const { pool, nodePool, annotations, ledger } = removals;
  if (nodePool === undefined) {
    if (!ledgers.has(pool) && ledgers.size >= ledgersMax) return `too many NodePools are missing: nothing of "${pool}" is ended`;
    ledgers.set(pool, ledger);
    return undefined;
  }
  if (Object.keys(annotations).length === 0) return undefined;
  // The version makes the write a lock: two of our processes can't each spend the same answer.
  const patch = { metadata: { resourceVersion: nodePool.metadata.resourceVersion, annotations } };
  const patched = await shell.client.patch("NodePool", { namespace: "", name: pool }, { body: { kind: "merge", patch } });
  return patched.ok ? undefined : `NodePool ${pool}: ${patched.error.message ?? ""}`;
}

async function deleteClaim({ shell }: Collecting, { metadata }: NodeClaim): Promise<readonly string[]> {
  const key = { namespace: "", name: metadata.name ?? "" };
  const deleted = await shell.client.delete("NodeClaim", key, metadata.uid === undefined ? {} : { uid: metadata.uid });
  return deleted.ok ? [] : [`NodeClaim ${key.name}: ${deleted.error.message ?? ""}`];
}

/** Deletes a claim once the cloud, asked for its instance alone, knows of none either. */
async function deleteMissing(collecting: Collecting, claim: NodeClaim): Promise<readonly string[]> {
  const providerID = claim.status?.providerID;
  if (providerID === undefined) return [];
  const found = await collecting.shell.provider.get({ providerID });
  if (!found.ok) return [found.error];
  const { state } = found.value ?? {};
  return state === "pending" || state === "running" ? [] : deleteClaim(collecting, claim);
}

/** Ends an instance once the API server itself has said that no NodeClaim stands for it, and is still the one that should know. */
async function endInstance(
  { shell }: Collecting,
  { instance, isDoubted }: { readonly instance: CloudInstance; readonly isDoubted: boolean },
): Promise<readonly string[]> {
  const { client, provider, snapshot } = shell;
  const { providerID, nodeClaim = "" } = instance;
  const claim = await client.get("NodeClaim", { namespace: "", name: nodeClaim });
  if (claim.ok && (claim.value.status?.providerID ?? providerID) === providerID) return [];
  if (!claim.ok && claim.error.code !== 404) return [`NodeClaim ${nodeClaim}: ${claim.error.message ?? ""}`];
  // Asked last: it may have been restored since the look, and have forgotten the NodeClaim. An answer of somebody stands above that.
  const recorded = isDoubted ? "recorded" : recordedLaunch(instance, await recordOf(shell));
  if (recorded !== "recorded") return [`${providerID}: not ended, its launch is not recorded any more`];
  const ended = await provider.delete({ providerID });
  if (!ended.ok) return [ended.error];
  const node = snapshot()
    .list("Node")
    .find(({ spec }) => spec?.providerID === providerID);
  if (node === undefined) return [];
  const { name = "", uid } = node.metadata;
  const deleted = await client.delete("Node", { namespace: "", name }, uid === undefined ? {} : { uid });
  return deleted.ok ? [] : [`Node ${name}: ${deleted.error.message ?? ""}`];
}
