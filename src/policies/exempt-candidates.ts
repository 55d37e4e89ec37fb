/**
 * Exempt candidates: what of a request an exemption may name.
 *
 * Reads facts. Returns the judged object (and the owner of a Pod), and the workloads that it touches: a change of a budget that
 * concerns nothing but an exempt workload is that workload's own.
 */
import type { KubeObject } from "../api/object.ts";
import type { ExemptCandidate } from "./exemption.ts";
import type { Facts } from "./facts.ts";
import { isPodSubject } from "./subject.ts";
import { ownerOfPod } from "./grandfather.ts";

/** Returns what an exemption may name: one of `own`, or every one of `touched`. */
export function candidatesOf(facts: Facts): { readonly own: readonly ExemptCandidate[]; readonly touched: readonly ExemptCandidate[] } {
  const { request, subject, views } = facts;
  const { object } = request;
  const touched = views.map(({ workload }) => ({
    kind: workload.kind,
    namespace: workload.namespace,
    name: workload.name,
    labels: { ...workload.template.metadata?.labels, ...workload.labels },
  }));
  const isWorkload = subject.kind === "scale" || isPodSubject(subject);
  const judged = object === undefined || isWorkload ? [] : [candidateOf(object, request)];
  const owner = ownerOfPod(facts);
  return { own: [...judged, ...(owner === undefined ? [] : [candidateOf(owner, request)])], touched };
}

function candidateOf({ kind, metadata }: KubeObject, request: { readonly namespace: string; readonly name: string }): ExemptCandidate {
  return { kind, namespace: metadata.namespace ?? request.namespace, name: metadata.name ?? request.name, labels: metadata.labels ?? {} };
}
