/**
 * The newcomer desk: before nodes are bought for a workload that was never planned for, the API server itself says who has a say in its Pods.
 *
 * Each kind has a watch of its own, so a profile that was applied just before its Deployment may be heard of after it; a plan without it
 * would buy nodes of the wrong shape. Reads the snapshot, in which the workload stands: what was only proposed is never asked for. Holds what
 * the snapshot lacks, or has an older state of, until the watch brings it. No plan waits long for an answer: one that is late wakes the
 * planner when it comes; where one fails the same is asked again after a while.
 */
import type { ApiClient } from "../../api/api-client.ts";
import type { KubeObject } from "../../api/object.ts";
import type { Clock } from "../../api/ports.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { directReadsMax, isStoredIn, readLifeMaxMs, unseenReads, type DirectRead } from "../direct-reads.ts";
import { missingPods } from "../missing-pods.ts";

export interface NewcomerDesk {
  /** Asks for the workloads of a snapshot that are new since the last call. */
  ask(snapshot: ClusterSnapshot): Promise<void>;
  /** What was heard and the snapshot still lacks. */
  heard(snapshot: ClusterSnapshot): readonly DirectRead[];
  /** Calls at each answer that the snapshot lacks; returns how to end that. */
  onHeard(wake: () => void): () => void;
}

export interface NewcomerDeskOptions {
  readonly client: Pick<ApiClient, "list">;
  readonly clock: Clock;
}

const workloadKinds = ["Deployment", "StatefulSet", "ReplicaSet", "Job"] as const;
/** Of a namespace: who shapes Pods, or keeps them out. */
const deciderKinds = ["WorkloadProfile", "LimitRange", "ResourceQuota"] as const;
/** Namespaces of one look; others are asked for at the next. */
const namespacesMax = 25;
/** A plan waits so long for answers, which take milliseconds. */
const answerMaxMs = 500;
/** So long after a question that failed, or whose answer found no room, the next one is asked. */
const silenceMs = 2_000;

/** Opens a desk; it forgets everything with the process. */
export function newcomerDesk({ client, clock }: NewcomerDeskOptions): NewcomerDesk {
  const reads = readShelf(clock);
  let known: ReadonlyMap<string, number> = new Map();
  let notBefore = 0;
  return { ask: askForNewcomers, heard: (snapshot) => reads.waiting(snapshot), onHeard: (wake) => reads.onAdd(wake) };

  async function askForNewcomers(snapshot: ClusterSnapshot): Promise<void> {
    const standing = standingOf(snapshot);
    if ([...standing].every(([uid, generation]) => known.get(uid) === generation)) return;
    const newcomers = missingPods(snapshot).filter(({ uid }) => known.get(uid) !== standing.get(uid));
    const unknown = [...new Set(newcomers.map(({ workload }) => workload.namespace))];
    const asked = clock.now() < notBefore ? [] : unknown.slice(0, namespacesMax);
    for (const { uid, workload } of newcomers) if (!asked.includes(workload.namespace)) standing.delete(uid);
    known = standing;
    const inTime = new AbortController();
    await Promise.race([Promise.all(asked.map((namespace) => ask(namespace, snapshot))), clock.sleep(answerMaxMs, inTime.signal)]);
    inTime.abort();
  }

  async function ask(namespace: string, snapshot: ClusterSnapshot): Promise<void> {
    const { heard, isWhole } = await deciders(client, namespace);
    const isLaid = heard.filter((object) => !isStoredIn(snapshot, object)).every((object) => reads.add(object));
    if (isWhole && isLaid) return;
    notBefore = clock.now() + silenceMs;
    const left = new Set(missingPods(snapshot).flatMap(({ uid, workload }) => (workload.namespace === namespace ? [uid] : [])));
    known = new Map([...known].filter(([uid]) => !left.has(uid)));
  }
}

interface ReadShelf {
  /** Returns whether there is room for it. */
  add(object: KubeObject): boolean;
  waiting(snapshot: ClusterSnapshot): readonly DirectRead[];
  onAdd(wake: () => void): () => void;
}

/** A bounded list for a few seconds; losing it loses nothing, since the watch brings the same. */
function readShelf(clock: Clock): ReadShelf {
  const state: { held: readonly DirectRead[] } = { held: [] };
  const listeners = new Set<() => void>();
  return {
    add: (object) => {
      const now = clock.now();
      const fresh = state.held.filter(({ at }) => now - at < readLifeMaxMs);
      if (fresh.length >= directReadsMax) return false;
      state.held = [...fresh, { object, at: now }];
      for (const wake of listeners) wake();
      return true;
    },
    waiting: (snapshot) => {
      state.held = unseenReads(state.held, { snapshot, now: clock.now() });
      return state.held;
    },
    onAdd: (wake) => {
      listeners.add(wake);
      return () => listeners.delete(wake);
    },
  };
}

/** The generation of each workload, by uid. */
function standingOf(snapshot: ClusterSnapshot): Map<string, number> {
  const workloads = workloadKinds.flatMap((kind): readonly KubeObject[] => snapshot.list(kind));
  return new Map(workloads.map(({ metadata }) => [metadata.uid ?? "", metadata.generation ?? 0]));
}

/** Returns who has a say in the Pods of a namespace, itself and the priority classes of all among them, as far as the API server said; what it doesn't serve has none. */
async function deciders(
  client: NewcomerDeskOptions["client"],
  namespace: string,
): Promise<{ readonly heard: readonly KubeObject[]; readonly isWhole: boolean }> {
  const lists = await Promise.all([
    client.list("Namespace", { fieldSelector: `metadata.name=${namespace}` }),
    client.list("PriorityClass"),
    ...deciderKinds.map((kind) => client.list(kind, { namespace })),
  ]);
  const heard = lists.flatMap((list): readonly KubeObject[] => (list.ok ? list.value : []));
  return { heard, isWhole: lists.every((list) => list.ok || list.error.code === 404) };
}
