/**
 * What is known of a NodeClaim at one look, and what may be done about it: the words in which its lifecycle is decided.
 *
 * Shapes, and the Events that steps carry. Every step is one idempotent write, or none.
 */
import type { ControllerStep, Reason } from "../../api/controller.ts";
import type { EventNote } from "../../api/event-note.ts";
import type { PlatformNames } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { Pod } from "../../api/pod.ts";
import type { CloudInstance, Instant } from "../../api/ports.ts";
import type { ClaimStatus } from "./claim-status.ts";
import type { PodRemoval } from "./drain.ts";
import type { NodePatch } from "./registration.ts";

export interface ObservedClaim {
  readonly nodeClaim: NodeClaim;
  /** The Node with its providerID. */
  readonly node?: Node;
  /** Pods bound to that Node. */
  readonly pods: readonly Pod[];
  /** When it was last seen to lack capacity; absent where nobody saw that. */
  readonly lackedAt?: Instant;
  /** Only asked for while the claim is being deleted; absent once the cloud has none, unknown where it did not answer. */
  readonly instance?: CloudInstance | "unknown";
  /** Our annotations that are of a NodeClaim alone. */
  readonly claimOnlyAnnotations: readonly string[];
  readonly names: Pick<PlatformNames, "disruptionWindowAnnotation" | "launchRequestAnnotation">;
  /** Only while the claim is being deleted: volumes that are still attached for Pods that had to leave. */
  readonly awaitedVolumes?: readonly string[];
  /** Only while the claim is being deleted: the budgets of the Pods' namespaces. */
  readonly budgets?: readonly PodDisruptionBudget[];
}

export type LifecycleState =
  | "unguarded"
  | "unlaunched"
  | "asked"
  | "unregistered"
  | "uninitialized"
  | "initialized"
  | "draining"
  | "detaching"
  | "terminating"
  | "terminated"
  | "ended"
  | "released";

type StepOf<K extends string, Fields = unknown> = { readonly kind: K; readonly nodeClaim: NodeClaim } & Fields;

export type LifecycleStep = ControllerStep &
  (
    | StepOf<"add-finalizer">
    | StepOf<"launch">
    /** A launch was asked for and its answer is not written: the provider gives what it made then, or makes it now. */
    | StepOf<"adopt">
    | StepOf<"write-status", { readonly status: ClaimStatus }>
    | StepOf<"patch-claim", { readonly patch: Readonly<Record<string, unknown>> }>
    | StepOf<"patch-node", { readonly node: Node; readonly patch: NodePatch }>
    | StepOf<"delete-claim", { readonly reason: Reason }>
    | StepOf<"remove-pods", { readonly node: Node; readonly removals: readonly PodRemoval[] }>
    | StepOf<"end-instance">
    | StepOf<"delete-node", { readonly node: Node }>
    | StepOf<"release-node", { readonly node: Node }>
    | StepOf<"release-claim">
    /** Nothing to do before the delay, or (without one) before something changes. */
    | StepOf<"wait", { readonly delayMs?: number }>
  );

type NoteText = Pick<EventNote, "type" | "reason" | "message">;

/** Returns an Event on a NodeClaim. */
export function claimNote({ apiVersion, kind, metadata }: NodeClaim, note: NoteText): EventNote {
  const uid = metadata.uid === undefined ? undefined : { uid: metadata.uid };
  return { regarding: { apiVersion, kind, namespace: "", name: metadata.name ?? "", ...uid }, ...note };
}

/** Returns an Event on a NodeClaim and, where it has one, on its Node, which more people look at. */
export function nodeNotes({ nodeClaim, node }: Pick<ObservedClaim, "nodeClaim" | "node">, note: NoteText): readonly EventNote[] {
  const ofClaim = claimNote(nodeClaim, note);
  if (node === undefined) return [ofClaim];
  // Events on Nodes are found by the name in place of the uid, as kubelets write them.
  const name = node.metadata.name ?? "";
  return [ofClaim, { regarding: { apiVersion: "v1", kind: "Node", namespace: "", name, uid: name }, ...note }];
}

/** Returns an Event on a Pod. */
export function podNote({ metadata }: Pod, note: NoteText): EventNote {
  const uid = metadata.uid === undefined ? undefined : { uid: metadata.uid };
  return { regarding: { apiVersion: "v1", kind: "Pod", namespace: metadata.namespace ?? "", name: metadata.name ?? "", ...uid }, ...note };
}

/** Returns an instant of an object's metadata or condition; what can't be read counts as `otherwise`. */
export function timeOf(text: string | undefined, otherwise: Instant): Instant {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? otherwise : time;
}

/** Returns Pods by name, the first few; bounded since a message of a condition is. */
export function podNames(pods: readonly Pod[], namesMax = 5): string {
  const names = pods.map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name ?? ""}`).sort();
  const more = names.length - namesMax;
  return more > 0 ? `${names.slice(0, namesMax).join(", ")} and ${more} more` : names.join(", ");
}
