/**
 * The arrivals' controller: judges what the watches bring as it comes, and what a deletion leaves, before any other audit work.
 *
 * Its key is one object. Observes it as it stands, with the functions of admission; decides whether anything is to be told; acts by Events
 * and by asking for the report of its namespace at once. What it remembers between a change and its look is how the object was before, of so
 * many objects; what finds no room, or came while nobody led, is the audit's to find.
 */
import type { AnyTrigger, Change, Controller, ControllerStep, Trigger } from "../../api/controller.ts";
import type { EventNote } from "../../api/event-note.ts";
import type { InstanceType } from "../../api/instance-type.ts";
import { isKindName, type KindName } from "../../api/kinds.ts";
import type { PlatformNames } from "../../api/labels.ts";
import type { KubeObject, ObjectKey } from "../../api/object.ts";
import type { Pod } from "../../api/pod.ts";
import type { Clock } from "../../api/ports.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { controllerOf } from "../../kube/owner.ts";
import { arrivalNotes, departureNotes } from "../arrival.ts";
import type { PolicySet } from "../policy-set.ts";
import { profileOfNote } from "../profile/compiled-note.ts";
import { isOfLendingKind, mayLend } from "../release.ts";
import { lendsPods } from "../workload-deletion.ts";
import { isNamespaceJudged } from "./audit-controller.ts";
import { isWanted } from "./profile-triggers.ts";

export interface ArrivalPorts {
  readonly snapshot: () => ClusterSnapshot;
  readonly policySet: () => PolicySet;
  readonly instanceTypes: () => readonly InstanceType[];
  readonly names: PlatformNames;
  readonly clock: Pick<Clock, "now">;
  /** Namespaces that never meet admission. */
  readonly exempt: ReadonlySet<string>;
  /** Told where something was found, so that the report says so at once. */
  readonly onFound: (namespace: string) => void;
}

export interface ArrivalStep extends ControllerStep {
  readonly kind: "tell" | "fine";
  readonly namespace: string;
  readonly events: readonly EventNote[];
}

export type ArrivalObservation = Pick<ArrivalStep, "namespace" | "events">;

/** A watch that begins replays what has long been there; only what was made so lately has just come. */
const recentMs = 60_000;
/** Changes that wait for a look, with the object as it was. */
const arrivalsMax = 5_000;

const kinds = [
  ...(["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Rollout", "ReplicaSet", "ReplicationController", "Job"] as const),
  ...(["PodDisruptionBudget", "HorizontalPodAutoscaler", "ScaledObject", "WorkloadProfile", "VerticalPodAutoscaler"] as const),
] as const satisfies readonly KindName[];

/** Makes the controller with its triggers. */
export function arrivalController(ports: ArrivalPorts): {
  readonly controller: Controller<ArrivalObservation, ArrivalStep>;
  readonly triggers: readonly AnyTrigger[];
} {
  const waiting = new Map<string, Waiting>();
  const keysOf = (change: Change<KubeObject>): readonly ObjectKey[] => {
    if (!isArrival(change, ports)) return [];
    const key = arrivalKey(change.object);
    const text = `${key.namespace}/${key.name}`;
    const isNews = isDeparture(change) || !waiting.has(text);
    if (isNews && !waiting.has(text) && waiting.size >= arrivalsMax) return [];
    if (isNews) waiting.set(text, waitingOf(change));
    return [key];
  };
  const top = (change: Change<KubeObject>) => (isDeparture(change) || isOwnWord(change.object) ? keysOf(change) : []);
  const pods: Trigger<"Pod"> = { watches: "Pod", keysOf: (change) => (isBare(change, ports.names) ? keysOf(change) : []) };
  return {
    controller: {
      name: "arrivals",
      observe: (key) => {
        const text = `${key.namespace}/${key.name}`;
        const known = waiting.get(text);
        waiting.delete(text);
        return Promise.resolve(known === undefined ? undefined : observe(key, known, ports));
      },
      decide: ({ namespace, events }) => ({ kind: events.length > 0 ? "tell" : "fine", namespace, events }),
      act: ({ kind, namespace }) => {
        if (kind === "tell") ports.onFound(namespace);
        return Promise.resolve({ kind: "done" });
      },
    },
    triggers: [...kinds.map((watches): AnyTrigger => ({ watches, keysOf: top })), pods],
  };
}

/** What a controller made of a workload is judged there; budgets and autoscalers say what they say, whoever they name as theirs. */
function isOwnWord(object: KubeObject): boolean {
  return isOfLendingKind(object) || controllerOf(object) === undefined;
}

/** What goes, and a workload that something holds in deletion from now on. */
function isDeparture(change: Change<KubeObject>): boolean {
  const { kind, object } = change;
  if (kind === "deleted") return mayLend(object);
  const isNew = kind === "updated" && change.before.metadata.deletionTimestamp === undefined;
  return isNew && object.metadata.deletionTimestamp !== undefined && lendsPods(object);
}

interface Waiting {
  readonly before?: KubeObject;
  readonly gone?: KubeObject;
}

function waitingOf(change: Change<KubeObject>): Waiting {
  if (change.kind === "deleted") return { gone: change.object };
  if (isDeparture(change) && change.kind === "updated") return { gone: change.before };
  return change.kind === "updated" ? { before: change.before } : {};
}

function isArrival(change: Change<KubeObject>, { clock }: Pick<ArrivalPorts, "clock">): boolean {
  const { kind, object } = change;
  if (isDeparture(change)) return true;
  if (kind === "deleted" || object.metadata.deletionTimestamp !== undefined || !isWanted(change)) return false;
  return kind === "updated" || Date.parse(object.metadata.creationTimestamp ?? "") > clock.now() - recentMs;
}

/** Most Pods carry their contract, and those that change were judged when they came. */
function isBare(change: Change<Pod>, names: PlatformNames): boolean {
  if (change.kind !== "added") return false;
  return controllerOf(change.object) === undefined || profileOfNote(change.object, names) === undefined;
}

/** No name of these kinds holds a colon. */
function arrivalKey({ kind, metadata }: KubeObject): ObjectKey {
  return { namespace: metadata.namespace ?? "", name: `${kind}:${metadata.name ?? ""}` };
}

function observe(key: ObjectKey, { before, gone }: Waiting, ports: ArrivalPorts): ArrivalObservation | undefined {
  const { namespace } = key;
  const [kind = "", name = ""] = key.name.split(":");
  const { names, clock } = ports;
  const snapshot = ports.snapshot();
  const object = isKindName(kind) ? snapshot.get(kind, { namespace, name }) : undefined;
  if (!isNamespaceJudged(namespace, snapshot, ports.exempt)) return undefined;
  const context = { snapshot, instanceTypes: ports.instanceTypes(), names, now: clock.now() };
  const world = { policySet: ports.policySet(), context };
  const goes = object === undefined || object.metadata.deletionTimestamp !== undefined;
  if (goes) return gone === undefined ? undefined : { namespace, events: departureNotes({ object: gone, stands: object }, world) };
  // Made again under its name since: nothing stood before it.
  const isSame = before?.metadata.uid === object.metadata.uid;
  const arrival = { object, ...(isSame && before !== undefined ? { before } : {}) };
  return { namespace, events: arrivalNotes(arrival, world) };
}
