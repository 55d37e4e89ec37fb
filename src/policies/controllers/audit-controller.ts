/**
 * The audit's controller: keeps one report a namespace on what runs there, and tells the counts.
 *
 * Its key is a namespace, "" for what has none. Observes every object of it with the functions of admission, in short slices,
 * so that reviews are never kept waiting; decides whether the report that stands says the same; applies or deletes it. Where
 * the cluster serves no report API the counts are still told.
 */
import type { Controller, ControllerStep, Requeue } from "../../api/controller.ts";
import type { InstanceType } from "../../api/instance-type.ts";
import type { KindName } from "../../api/kinds.ts";
import type { PlatformNames } from "../../api/labels.ts";
import type { KubeObject, ObjectKey } from "../../api/object.ts";
import type { ReportContent } from "../../api/policy-report.ts";
import type { Clock, Instant } from "../../api/ports.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { err, ok, type Result } from "../../api/result.ts";
import { heldPartOf } from "../../kube/held-part.ts";
import { auditCandidates, auditObject, isAudited, unreadObject } from "../audit.ts";
import { reportDraft, reportHashAnnotation } from "../audit-report.ts";
import { tallyCounter, type AuditTally } from "../audit-tally.ts";
import type { PolicySet } from "../policy-set.ts";
import type { ReportShelf, StandingReports } from "./audit-shelf.ts";

/** What the controller needs of the world. */
export interface AuditControllerPorts {
  readonly snapshot: () => ClusterSnapshot;
  readonly policySet: () => PolicySet;
  readonly instanceTypes: () => readonly InstanceType[];
  readonly names: PlatformNames;
  readonly clock: Clock;
  readonly shelf: ReportShelf;
  /** Namespaces that never meet admission. */
  readonly exempt: ReadonlySet<string>;
  /** Since when admission is asked; undefined before it is. */
  readonly registeredAt: (snapshot: ClusterSnapshot) => Instant | undefined;
  /** Returns once whether a namespace is to be looked at now, however short ago the last look was; absent: none ever is. */
  readonly takeUrgent?: (namespace: string) => boolean;
  /** Lets everything else that waits have its turn. */
  readonly pause: () => Promise<void>;
  /** Reads a stored object whole, where the snapshot holds but a part of it. */
  readonly wholeOf: (object: KubeObject) => Promise<Result<KubeObject, string>>;
  /** Told after each look; undefined where the namespace is gone, or is not judged. */
  readonly onAudited: (namespace: string, tally: AuditTally | undefined) => void;
}

/** What was found in a namespace: the counts, and the report where there is anything to say. */
export interface AuditedNamespace {
  readonly tally: AuditTally;
  readonly report: ReportContent | undefined;
}

/** One namespace, judged. */
export interface ObservedNamespace {
  readonly namespace: string;
  /** Undefined where there is nothing to judge: the namespace is gone, goes, or never meets admission. */
  readonly audited: AuditedNamespace | undefined;
  /** Undefined where the cluster serves no report API. */
  readonly standing: StandingReports | undefined;
  readonly domain: string;
}

export type AuditStep =
  /** Seen a moment ago, or not everything is listed yet. */
  | (ControllerStep & { readonly kind: "later"; readonly delayMs: number })
  | (ControllerStep & { readonly kind: "retry"; readonly reason: string })
  | (ControllerStep & { readonly kind: "keep"; readonly told: Told })
  | (ControllerStep & { readonly kind: "put"; readonly told: Told; readonly report: ReportContent })
  | (ControllerStep & { readonly kind: "take"; readonly told: Told });

interface Told {
  readonly namespace: string;
  readonly tally: AuditTally | undefined;
}

/** A slice of work between two pauses: the loop is held at most this long, and by one more object. */
const sliceMs = 5;
/** Changes of a busy namespace are looked at together: at most one look in this time. */
const quietMs = 3_000;
/** Where a request was let in that should not have been, it is told sooner. */
const urgentQuietMs = 500;

/** Objects of one namespace that are read whole in one look, one after the other: each may be megabytes. */
export const wholeReadsMax = 20;
const readsSpent = `${wholeReadsMax} others of its namespace that are as large were read`;

/** Kinds that must be listed before anything is judged: without them a finding would only be ignorance. */
export const auditNeeds = [
  ...([
    "WorkloadProfile",
    "Deployment",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "Pod",
    "Namespace",
  ] as const),
  ...(["PodDisruptionBudget", "HorizontalPodAutoscaler", "NodePool", "ValidatingWebhookConfiguration"] as const),
] as const satisfies readonly KindName[];

export type AuditObservation =
  | ({ readonly kind: "seen" } & ObservedNamespace)
  | { readonly kind: "early"; readonly delayMs: number }
  | { readonly kind: "unread"; readonly reason: string };

/** Makes the controller; its key is a namespace, with the report's name. */
export function auditController(ports: AuditControllerPorts): Controller<AuditObservation, AuditStep> {
  /** When each namespace was looked at last; a namespace that is gone is forgotten. */
  const looks = new Map<string, Instant>();
  return {
    name: "audit",
    observe: (key) => observe(key, ports, looks),
    decide: decideAudit,
    act: (step) => actOnAudit(step, ports),
  };
}

async function observe({ namespace }: ObjectKey, ports: AuditControllerPorts, looks: Map<string, Instant>): Promise<AuditObservation> {
  const { clock, shelf, names } = ports;
  const since = clock.now() - (looks.get(namespace) ?? Number.NEGATIVE_INFINITY);
  const waitMs = (ports.takeUrgent?.(namespace) === true ? urgentQuietMs : quietMs) - since;
  if (waitMs > 0) return { kind: "early", delayMs: waitMs };
  const standing = await shelf.look();
  if (!standing.ok) return { kind: "unread", reason: `list the reports: ${standing.error.message ?? `status ${standing.error.code}`}` };
  looks.set(namespace, clock.now());
  const audited = await auditNamespace(namespace, ports);
  if (audited === undefined) looks.delete(namespace);
  return { kind: "seen", namespace, audited, standing: standing.value, domain: names.domain };
}

/** Judges a namespace as it is at one moment, in slices; what was found is counted and sifted as it comes, never all at once. */
async function auditNamespace(namespace: string, ports: AuditControllerPorts): Promise<AuditedNamespace | undefined> {
  const { clock, names, pause } = ports;
  const snapshot = ports.snapshot();
  if (!isNamespaceJudged(namespace, snapshot, ports.exempt)) return undefined;
  const context = { snapshot, instanceTypes: ports.instanceTypes(), names, now: clock.now() };
  const policySet = ports.policySet();
  const world = { policySet, context, registeredAt: ports.registeredAt(snapshot) };
  const [counter, draft] = [tallyCounter(), reportDraft()];
  let reads = 0;
  let sliceEndsAt = clock.now() + sliceMs;
  for (const object of auditCandidates(context, namespace)) {
    if (isAudited(object, context)) {
      const whole = heldPartOf(object) === undefined ? ok(object) : reads++ < wholeReadsMax ? await ports.wholeOf(object) : err(readsSpent);
      const audited = whole.ok ? auditObject(whole.value, world) : unreadObject(object, whole.error);
      counter.add(audited);
      draft.add(audited);
    }
    if (clock.now() < sliceEndsAt) continue;
    await pause();
    sliceEndsAt = clock.now() + sliceMs;
  }
  // The report's text and its hash are made in a slice of their own.
  await pause();
  return { tally: counter.tally(), report: draft.report({ namespace, bundle: policySet.bundle, domain: names.domain }) };
}

/** Says whether what stands in a namespace is judged: it is there to stay, and meets admission. */
export function isNamespaceJudged(namespace: string, snapshot: ClusterSnapshot, exempt: ReadonlySet<string>): boolean {
  if (namespace === "") return true;
  if (exempt.has(namespace)) return false;
  const object = snapshot.get("Namespace", { namespace: "", name: namespace });
  return object !== undefined && object.metadata.deletionTimestamp === undefined;
}

/** Decides what becomes of a namespace's report. Pure. */
export function decideAudit(observed: AuditObservation): AuditStep {
  if (observed.kind === "early") return { kind: "later", delayMs: observed.delayMs };
  if (observed.kind === "unread") return { kind: "retry", reason: observed.reason };
  const { namespace, audited, standing, domain } = observed;
  const told = { namespace, tally: audited?.tally };
  if (standing === undefined) return { kind: "keep", told };
  const report = audited?.report;
  const hash = standing.get(namespace);
  if (report === undefined) return { kind: hash === undefined ? "keep" : "take", told };
  return hash === report.metadata.annotations?.[reportHashAnnotation(domain)] ? { kind: "keep", told } : { kind: "put", told, report };
}

async function actOnAudit(step: AuditStep, { shelf, onAudited }: AuditControllerPorts): Promise<Requeue> {
  if (step.kind === "later") return { kind: "after", delayMs: step.delayMs };
  if (step.kind === "retry") return { kind: "retry", reason: step.reason };
  const { namespace, tally } = step.told;
  onAudited(namespace, tally);
  if (step.kind === "keep") return { kind: "done" };
  const written = step.kind === "put" ? await shelf.put(namespace, step.report) : await shelf.take(namespace);
  if (written.ok) return { kind: "done" };
  const what = step.kind === "put" ? "apply" : "delete";
  return { kind: "retry", reason: `${what} the report of ${namespace === "" ? "the cluster" : namespace}: ${written.error.message ?? ""}` };
}
