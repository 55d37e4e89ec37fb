/**
 * Audit: what runs already, judged as if its own admission came now.
 *
 * Reads objects of a snapshot and the policies. Returns, for each object, whose it is and what admission would say of it:
 * what `audit` rules record, what came in under earlier policies, and what entered while nobody could judge. The background
 * scan, `plimsoll audit` and the reports are made of it, so they can't disagree.
 */
import type { KindName } from "../api/kinds.ts";
import type { KubeObject } from "../api/object.ts";
import type { Instant } from "../api/ports.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { isTerminal, isTerminating } from "../kube/pod-state.ts";
import type { AdmissionContext } from "./admission-context.ts";
import type { AdmissionRequest } from "./admission-request.ts";
import { auditRequest } from "./audit-request.ts";
import { costOwnerOf } from "./audit-owner.ts";
import { unseenPodFindings } from "./audit-unseen.ts";
import { validate } from "./evaluate.ts";
import { standsGrandfathered } from "./grandfather.ts";
import { isObjectOf } from "./overlay-snapshot.ts";
import type { PolicySet } from "./policy-set.ts";
import type { Finding } from "./verdict.ts";
import { isCompiledBudget, judgedWorkload } from "./workload-view.ts";

/** What an audit judges by. */
export interface AuditWorld {
  readonly policySet: PolicySet;
  readonly context: AdmissionContext;
  /** Since when admission is asked about requests; undefined where nothing is known of it (files). */
  readonly registeredAt: Instant | undefined;
}

/** One object of the cluster and what admission would say of it now. */
export interface AuditedObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** "" for objects without a namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | undefined;
  /** Who pays for it, by its label, its profile or its namespace; "" where nobody says so. Asked for only where something was found. */
  readonly owner: string;
  readonly findings: readonly Finding[];
  /**
   * True where admission would refuse the object and it was made while admission was registered: it entered while nobody could
   * judge, or under policies that allowed it.
   */
  readonly unseen: boolean;
  /** Why it could not be judged: a rule of ours broke. */
  readonly fault?: string;
}

const clusterKinds = ["NodePool", "EC2NodeClass", "NodeClass"] as const satisfies readonly KindName[];
const namespacedKinds = [
  ...(["CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet"] as const),
  ...(["HorizontalPodAutoscaler", "PodDisruptionBudget", "ScaledObject", "Service", "WorkloadProfile"] as const),
] as const satisfies readonly KindName[];

/** Returns the objects of one namespace that an audit judges; for the namespace "" those that have none. */
export function auditedObjects(context: Pick<AdmissionContext, "snapshot" | "names">, namespace: string): readonly KubeObject[] {
  return auditCandidates(context, namespace).filter((object) => isAudited(object, context));
}

/**
 * Returns the objects among which {@link isAudited} tells those that are judged, at no cost each: most objects of a cluster are
 * Pods that are not, and telling so of thousands is work of its own.
 */
export function auditCandidates({ snapshot }: Pick<AdmissionContext, "snapshot">, namespace: string): readonly KubeObject[] {
  if (namespace === "") return clusterKinds.flatMap((kind): readonly KubeObject[] => snapshot.list(kind));
  return namespacedKinds.flatMap((kind): readonly KubeObject[] => snapshot.list(kind, namespace));
}

/** Returns the namespaces of a snapshot, and "" for everything that has none. */
export function auditedNamespaces(snapshot: ClusterSnapshot): readonly string[] {
  return ["", ...snapshot.list("Namespace").map(({ metadata }) => metadata.name ?? "")];
}

const anywhere: ReadonlySet<string> = new Set(clusterKinds);

/** Says whether an audit judges an object: what a controller made is judged at its owner, and what has ended runs no more. */
export function isAudited(object: KubeObject, { names, snapshot }: Pick<AdmissionContext, "names" | "snapshot">): boolean {
  if (anywhere.has(object.kind)) return true;
  if (isObjectOf("PodDisruptionBudget", object, names.domain)) return !isCompiledBudget(object, { names, snapshot });
  if (isObjectOf("Pod", object, names.domain) && (isTerminal(object) || isTerminating(object))) return false;
  if (isObjectOf("Job", object, names.domain) && hasEnded(object)) return false;
  return judgedWorkload(object, snapshot) !== undefined || unownedKinds.has(object.kind);
}

const unownedKinds: ReadonlySet<string> = new Set(["HorizontalPodAutoscaler", "ScaledObject", "Service", "WorkloadProfile"]);

function hasEnded({
  status,
}: {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}) {
  return (status?.conditions ?? []).some(({ type, status: is }) => (type === "Complete" || type === "Failed") && is === "True");
}

/** Judges one object as if it were created now; a rule that breaks is told on the object, and hides no other. */
export function auditObject(object: KubeObject, world: AuditWorld): AuditedObject {
  const { apiVersion, kind, metadata } = object;
  const { namespace = "", name = "", uid } = metadata;
  const judged = judge(object, world);
  const findings = typeof judged === "string" ? [] : judged;
  const isFound = typeof judged === "string" || findings.length > 0;
  return {
    ...{ apiVersion, kind, namespace, name, uid, findings },
    owner: isFound ? costOwnerOf(object, world) : "",
    unseen: isSince(object, world.registeredAt) && findings.some(({ action }) => action === "deny"),
    ...(typeof judged === "string" ? { fault: judged } : {}),
  };
}

/** Returns an object that is held in part and could not be read whole: it is not judged, and says why. */
export function unreadObject({ apiVersion, kind, metadata }: KubeObject, reason: string): AuditedObject {
  const { namespace = "", name = "", uid } = metadata;
  const fault = `it is so large that only a part of it is held, and it was not read whole: ${reason}`;
  return { apiVersion, kind, namespace, name, uid, findings: [], owner: "", unseen: false, fault };
}

/**
 * Judges an object as the request that brought it in, beside all that stands by now. Returns what admission would have refused, had it known;
 * nothing of what was wrong before that request, or is let be.
 */
export function standingFindings(
  { object, before }: { readonly object: KubeObject; readonly before?: KubeObject },
  world: Omit<AuditWorld, "registeredAt">,
): readonly Finding[] {
  const created = auditRequest(object, world.context.names.domain);
  const request: AdmissionRequest = before === undefined ? created : { ...created, operation: "UPDATE", oldObject: before };
  const { findings } = validate({ policySet: world.policySet, request, context: world.context });
  return letBe(findings, object, world);
}

/** Returns those of {@link standingFindings} for which admission would refuse the object. */
export function refusalsOf(...of: Parameters<typeof standingFindings>): readonly Finding[] {
  return standingFindings(...of).filter(({ action }) => action === "deny");
}

/** One bad rule or object must not hide the rest of a cluster for as long as it is there: the fault becomes a result. */
function judge(object: KubeObject, world: AuditWorld): readonly Finding[] | string {
  const { policySet, context } = world;
  try {
    const request = auditRequest(object, context.names.domain);
    const findings = letBe(validate({ policySet, request, context }).findings, object, world);
    const uncompiled = world.registeredAt === undefined ? [] : unseenPodFindings(object, { ...world, registeredAt: world.registeredAt });
    return uncompiled.length === 0 ? findings : [...findings, ...uncompiled];
  } catch (fault) {
    return fault instanceof Error ? fault.message : String(fault);
  }
}

/** The request is a creation, and the object is not: an old workload is let be here as in an update that leaves it alone. */
function letBe(
  findings: readonly Finding[],
  object: KubeObject,
  { policySet, context }: Omit<AuditWorld, "registeredAt">,
): readonly Finding[] {
  const { grandfather } = policySet.settings;
  if (grandfather === undefined || !standsGrandfathered(object, { grandfather, now: context.now })) return findings;
  return findings.map((finding) =>
    finding.action === "deny" ? { ...finding, action: "warn", lifted: { kind: "grandfather", until: grandfather.untilText } } : finding,
  );
}

/** The API server counts creation in whole seconds; what was made in the second of the registration was made before it. */
function isSince({ metadata }: KubeObject, registeredAt: Instant | undefined): boolean {
  if (registeredAt === undefined || metadata.creationTimestamp === undefined) return false;
  return Date.parse(metadata.creationTimestamp) > registeredAt;
}
