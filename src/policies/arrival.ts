/**
 * Arrival: an object that a watch has just brought, judged beside all that stands by then.
 *
 * Admission judges a request by what one replica knows at that moment. Of two requests at once each may pass without the other's object, and
 * a Pod may be made before anybody here has heard of its profile. A deletion is never refused: what it leaves is told as well. Reads what came
 * or went and the world. Returns what admission would have refused,
 * had it known, and the Pods that run without their profile; and the words for both.
 */
import type { EventNote } from "../api/event-note.ts";
import type { KubeObject } from "../api/object.ts";
import type { Pod } from "../api/pod.ts";
import { isKindName } from "../api/kinds.ts";
import { heldPartOf } from "../kube/held-part.ts";
import type { AdmissionContext } from "./admission-context.ts";
import { isAudited, refusalsOf, standingFindings } from "./audit.ts";
import { auditRequest } from "./audit-request.ts";
import { leftBehind, type Deleted } from "./deletion-warnings.ts";
import { isObjectOf } from "./overlay-snapshot.ts";
import { workloadOfPod } from "./pod-owner.ts";
import type { PolicySet } from "./policy-set.ts";
import { barePods } from "./profile/bare-pods.ts";
import { claimedTargets } from "./profile/profile-targets.ts";
import { workloadContract } from "./profile/workload-contract.ts";
import type { Finding } from "./verdict.ts";
import { cutText } from "./warning.ts";

export interface Arrival {
  readonly object: KubeObject;
  /** The object as it was, where it stood before. */
  readonly before?: KubeObject;
}

export interface ArrivalWorld {
  readonly policySet: PolicySet;
  readonly context: AdmissionContext;
}

/**
 * Returns what is to be told on the workloads that an object leaves behind, now that it is gone, or stands in deletion; nothing where its
 * namespace goes.
 */
export function departureNotes(deleted: Deleted, { policySet, context }: ArrivalWorld): readonly EventNote[] {
  const { object: gone, stands } = { ...deleted, object: withoutDeletion(deleted.object) };
  const { namespace = "", name = "" } = gone.metadata;
  if (context.snapshot.get("Namespace", { namespace: "", name: namespace })?.metadata.deletionTimestamp !== undefined) return [];
  const byObject = new Map<KubeObject, Finding[]>();
  for (const { workload, finding } of leftBehind(
    { object: gone, stands },
    { policySet, context, request: auditRequest(gone, context.names.domain) },
  )) {
    const { object } = workload;
    byObject.set(object, [...(byObject.get(object) ?? []), finding]);
  }
  return [...byObject].flatMap(([object, left]) => {
    // What an exemption or a day of grace lets be is no news.
    const standing = new Set(refusalsOf({ object }, { policySet, context }).map(({ rule }) => rule));
    const refusals = left.filter(({ rule }) => standing.has(rule));
    const when = object === stands ? "in deletion" : `without ${gone.kind} ${name}, which was deleted,`;
    return refusals.length === 0 ? [] : [violationNote(object, refusals, when)];
  });
}

/** What a finalizer held was in deletion when it went; what it lent it had lent before. */
function withoutDeletion(object: KubeObject): KubeObject {
  const { deletionTimestamp, ...metadata } = object.metadata;
  return deletionTimestamp === undefined ? object : { ...object, metadata };
}

/** Pods that are told of one by one at once. */
const podsToldMax = 10;
const messageLengthMax = 1_000;

/** Returns what is to be told on objects now that this one is there; nothing where admission would let it in. */
export function arrivalNotes(arrival: Arrival, world: ArrivalWorld): readonly EventNote[] {
  // What is held in part is the audit's, which reads it whole.
  const isWhole = heldPartOf(arrival.object) === undefined;
  const findings = isWhole && isAudited(arrival.object, world.context) ? standingFindings(arrival, world) : [];
  const refusals = findings.filter(({ action }) => action === "deny");
  const bare = bareArrivals(arrival.object, world).slice(0, podsToldMax);
  return [
    ...(refusals.length === 0 ? [] : [violationNote(arrival.object, refusals)]),
    ...verticalNotes(arrival.object, world),
    ...groupNotes(arrival.object, { findings, policySet: world.policySet }),
    ...bare.map(({ pod, profile }) => bareNote(pod, profile)),
  ];
}

function violationNote(object: KubeObject, refusals: readonly Finding[], when = "beside what stands by now"): EventNote {
  const [first] = refusals;
  const more = refusals.length > 1 ? ` (+${refusals.length - 1} more)` : "";
  const words = `[${first?.rule ?? ""}] ${first?.message ?? ""}${more}; fix: ${first?.fix ?? ""}`;
  return note(object, "PolicyViolation", `${when} admission would refuse this: ${words}`);
}

/** What speaks of a VPA and a profile together. */
const verticalRule = "CONF-004";

/** A VPA meets no admission of ours: its workload gets the Event about VPA and profile together as soon as the VPA is there. */
function verticalNotes(object: KubeObject, world: ArrivalWorld): readonly EventNote[] {
  const { snapshot, names } = world.context;
  if (!isObjectOf("VerticalPodAutoscaler", object, names.domain)) return [];
  const { name = "", namespace = "" } = object.metadata;
  const { kind = "", name: targetName = "" } = object.spec.targetRef ?? {};
  const target = isKindName(kind) ? snapshot.get(kind, { namespace, name: targetName }) : undefined;
  const refusals = target === undefined ? [] : refusalsOf({ object: target }, world).filter(({ rule }) => rule === verticalRule);
  return target === undefined || refusals.length === 0 ? [] : [violationNote(target, refusals, `beside VerticalPodAutoscaler ${name}`)];
}

/** Each use of a group's exemption makes one note. */
function groupNotes(
  object: KubeObject,
  { findings, policySet }: { readonly findings: readonly Finding[]; readonly policySet: PolicySet },
): readonly EventNote[] {
  return policySet.exemptions.flatMap(({ id, match, owner, expiresText }) => {
    const lifted = findings.filter((finding) => finding.lifted?.kind === "exemption" && finding.lifted.id === id);
    if (match.groups === undefined || lifted.length === 0) return [];
    const rules = [...new Set(lifted.map(({ rule }) => rule))].join(", ");
    const whom = match.groups.join(", ");
    return [note(object, "ExemptionUsed", `let in for ${whom} by exemption ${id} of ${owner} until ${expiresText}: ${rules}`)];
  });
}

function bareNote(pod: Pod, profile: string): EventNote {
  const { name = "", namespace = "" } = pod.metadata;
  const made = `WorkloadProfile ${profile} was not known yet when this Pod was made: it runs without the contract`;
  return note(pod, "ContractMissing", `${made}; make it again: kubectl delete pod ${name} -n ${namespace}`);
}

function note({ apiVersion, kind, metadata }: KubeObject, reason: string, message: string): EventNote {
  const { namespace = "", name = "", uid } = metadata;
  const regarding = { apiVersion, kind, namespace, name, ...(uid === undefined ? {} : { uid }) };
  return { regarding, type: "Warning", reason, message: cutText(message, messageLengthMax) };
}

interface BarePod {
  readonly pod: Pod;
  readonly profile: string;
}

/** The Pods that a profile finds without it, or the Pod that came without the profile that stands. */
function bareArrivals(object: KubeObject, { policySet, context }: ArrivalWorld): readonly BarePod[] {
  const { snapshot, names } = context;
  const namespace = object.metadata.namespace ?? "";
  const pairs = isObjectOf("WorkloadProfile", object, names.domain)
    ? claimedTargets({ snapshot, profile: object, names }).map(({ workload, pods }) => ({ workload, pods: pods() }))
    : isObjectOf("Pod", object, names.domain)
      ? [{ workload: workloadOfPod({ pod: object, namespace, snapshot }), pods: [object] }]
      : [];
  return pairs.flatMap(({ workload, pods }) => {
    if (workload === undefined || pods.length === 0) return [];
    const answer = workloadContract({ workload, policySet, ...context });
    if (answer.kind !== "compiled" || answer.binding.kind !== "bound") return [];
    const { profile } = answer.binding;
    return barePods({ profile, contract: answer.contract, pods, names }).map((pod) => ({ pod, profile: profile.metadata.name ?? "" }));
  });
}
