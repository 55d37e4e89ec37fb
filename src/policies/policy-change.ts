/**
 * Policy change: what an edit of the policies means for what is there already.
 *
 * Reads two policy sets and objects of one world. Returns the objects whose verdict is another one under the second, with whose they
 * are, so that nobody learns of an edit by a refused deployment. One by one, since a large cluster must not hold up who judges it.
 */
import type { KubeObject } from "../api/object.ts";
import { heldPartOf } from "../kube/held-part.ts";
import type { AdmissionContext } from "./admission-context.ts";
import { auditedNamespaces, auditedObjects, auditObject, type AuditedObject } from "./audit.ts";
import type { PolicySet } from "./policy-set.ts";

/** What a verdict comes down to, from good to bad. */
export type VerdictWord = "allowed" | "warned" | "denied";

/** An object whose verdict changes. */
export interface PolicyChange {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Who pays for it; "" where nobody says so. */
  readonly owner: string;
  readonly before: VerdictWord;
  readonly after: VerdictWord;
  /** The rules that make the difference: what refuses or warns after, else what did before; sorted. */
  readonly rules: readonly string[];
}

/** Two policies over one world. */
export interface PolicyEdit {
  readonly before: PolicySet;
  readonly after: PolicySet;
  readonly context: AdmissionContext;
}

/** Returns every object that is judged in a world, cluster-wide ones first. */
export function judgedObjects(context: AdmissionContext): readonly KubeObject[] {
  const inFiles = new Set(auditedNamespaces(context.snapshot));
  // A folder of files names namespaces that it has no object of.
  for (const kind of [
    "Deployment",
    "StatefulSet",
    "CronJob",
    "WorkloadProfile",
    "PodDisruptionBudget",
    "DaemonSet",
    "Job",
    "Pod",
  ] as const) {
    for (const { metadata } of context.snapshot.list(kind)) inFiles.add(metadata.namespace ?? "");
  }
  return [...inFiles].sort().flatMap((namespace) => auditedObjects(context, namespace));
}

/** Returns how an edit changes the verdict on one object; undefined where it does not, or where only a part of the object is held. */
export function changeOf(object: KubeObject, { before, after, context }: PolicyEdit): PolicyChange | undefined {
  if (heldPartOf(object) !== undefined) return undefined;
  const world = { context, registeredAt: undefined };
  const old = auditObject(object, { ...world, policySet: before });
  const now = auditObject(object, { ...world, policySet: after });
  const [was, is] = [wordOf(old), wordOf(now)];
  if (was === is) return undefined;
  const { kind, namespace, name } = now;
  return { kind, namespace, name, owner: now.owner === "" ? old.owner : now.owner, before: was, after: is, rules: differing(old, now) };
}

/** Returns all changes of an edit, sorted by owner, then place. */
export function evaluatePolicyChange(edit: PolicyEdit): readonly PolicyChange[] {
  return sortedChanges(judgedObjects(edit.context).flatMap((object) => changeOf(object, edit) ?? []));
}

/** Returns changes sorted by owner, namespace, kind and name. */
export function sortedChanges(changes: readonly PolicyChange[]): readonly PolicyChange[] {
  const keyOf = ({ owner, namespace, kind, name }: PolicyChange): string =>
    [owner === "" ? "\uffff" : owner, namespace, kind, name].join("\0");
  return [...changes].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Is true where an object that may enter now would be refused. */
export function isNewDenial({ before, after }: PolicyChange): boolean {
  return after === "denied" && before !== "denied";
}

/** Returns a change in one line: "Deployment shop/web: allowed -> denied (DRAIN-002)". */
export function formatChange({ kind, namespace, name, before, after, rules }: PolicyChange): string {
  return `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}: ${before} -> ${after} (${rules.join(", ")})`;
}

function wordOf({ findings }: AuditedObject): VerdictWord {
  if (findings.some(({ action }) => action === "deny")) return "denied";
  return findings.some(({ action }) => action === "warn") ? "warned" : "allowed";
}

function differing(before: AuditedObject, after: AuditedObject): readonly string[] {
  const strong = ({ findings }: AuditedObject): readonly string[] =>
    findings.filter(({ action }) => action !== "audit").map(({ rule, action }) => `${rule} ${action}`);
  const [old, now] = [strong(before), strong(after)];
  const changed = [...now.filter((one) => !old.includes(one)), ...old.filter((one) => !now.includes(one))];
  return [...new Set(changed.map((one) => one.slice(0, one.lastIndexOf(" "))))].sort();
}
