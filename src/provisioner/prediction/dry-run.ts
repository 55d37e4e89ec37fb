/**
 * Dry runs: what the API server said that it would make of a workload's next Pod, after every webhook, without making it.
 *
 * Reads a workload and what its Pods' admission depends on. Returns the Pod to ask about, the key under which the answer is
 * remembered, and what an answer means. The key changes with the template and with whoever has a say in it, so an answer is never
 * used beyond what it was given for.
 */
import type { ApiStatus } from "../../api/api-status.ts";
import { canonicalJson, hashOf } from "../../api/hash.ts";
import type { KubeObject, ObjectMeta } from "../../api/object.ts";
import type { Pod } from "../../api/pod.ts";
import type { Result } from "../../api/result.ts";
import type { Workload } from "../../kube/workload.ts";
import type { ContractWorld } from "../../policies/profile/workload-contract.ts";

/** What the API server would do with a Pod of a workload. */
export type DryRunAnswer = { readonly kind: "pod"; readonly pod: Pod } | { readonly kind: "refused"; readonly message: string };

/** Answers by {@link dryRunKey}. */
export type DryRuns = ReadonlyMap<string, DryRunAnswer>;

export type DryRunSubject = ContractWorld & { readonly workload: Workload };

/** Returns the key of a workload's dry run: the same as long as its template and all that has a say in its Pods stay as they are. */
export function dryRunKey({ workload, snapshot, policySet }: DryRunSubject): string {
  const { namespace, kind, name, template } = workload;
  const deciders = [
    snapshot.get("Namespace", { namespace: "", name: namespace })?.metadata.labels ?? {},
    policySet.bundle,
    generationsOf(snapshot.list("LimitRange", namespace)),
    ...[snapshot.list("MutatingWebhookConfiguration"), snapshot.list("ValidatingWebhookConfiguration")].map(generationsOf),
    generationsOf(snapshot.list("WorkloadProfile", namespace)),
  ];
  return hashOf({ namespace, kind, name, template: canonicalJson(template), deciders });
}

/** A profile's status changes without changing what it says. */
function generationsOf(objects: readonly (KubeObject & { readonly spec?: unknown })[]): readonly unknown[] {
  return objects.map(({ metadata: { uid, name, generation, resourceVersion }, spec }) => [
    uid ?? name,
    generation ?? (spec === undefined ? resourceVersion : canonicalJson(spec)),
  ]);
}

/** Returns a Pod as the workload's controller would send it; the owner is the workload itself, whose ReplicaSet may not be there yet. */
export function dryRunPod(sent: Pod, { apiVersion, kind, name, object }: Workload): Pod {
  const metadata: { -readonly [K in keyof ObjectMeta]: ObjectMeta[K] } = { ...sent.metadata };
  delete metadata.name;
  const owner = { apiVersion, kind, name, uid: object.metadata.uid ?? "", controller: true };
  return { ...sent, metadata: { ...metadata, generateName: `${name}-`, ownerReferences: [owner] } };
}

/** Returns what an answer says of the Pod; undefined where it says nothing of it: no right to ask, or no answer. */
export function dryRunAnswer(answer: Result<Pod, ApiStatus>): DryRunAnswer | undefined {
  if (answer.ok) return { kind: "pod", pod: answer.value };
  const { code, message = "" } = answer.error;
  // How many a quota lets in is counted apart (quota-room.ts): the answer would be old a moment later.
  if (/exceeded quota/.test(message)) return undefined;
  if (isWithoutRight(answer.error) || (code !== 403 && code !== 422 && code !== 400)) return undefined;
  return { kind: "refused", message: `the API server would refuse its Pods: ${message}` };
}

/** Says whether it was our account that was refused, and not the Pod. */
export function isWithoutRight({ code, message = "" }: ApiStatus): boolean {
  return code === 401 || (code === 403 && /cannot create resource "pods"/.test(message));
}
