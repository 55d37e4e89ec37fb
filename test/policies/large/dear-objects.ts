/**
 * Dear objects: what costs much to read or to judge beside what it is, each by a count.
 *
 * Returns plain objects as an API server would send them.
 */
import type { KubeObject } from "../../../src/api/object.ts";
import type { AdmissionRequest } from "../../../src/policies/admission-request.ts";
import { requestFor } from "../../support/admission.ts";
import { crowdedNamespace, webPodSpec } from "./large-world.ts";

const metadata = { name: "web", namespace: crowdedNamespace, labels: { app: "web" } };

export function listOf<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

export function mapOf<T>(count: number, make: (index: number) => readonly [string, T]): Readonly<Record<string, T>> {
  return Object.fromEntries(listOf(count, make));
}

/** An update from an object of one less to one of so many. */
export function updateOf(make: (count: number) => KubeObject, count: number): AdmissionRequest {
  return requestFor(make(count), { old: make(count - 1) });
}

export function dearScaler(annotations: Readonly<Record<string, string>>): KubeObject {
  const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
  const scaler = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { ...metadata, annotations },
    spec: { scaleTargetRef, minReplicas: 2 + (Object.keys(annotations).length % 2), maxReplicas: 9 },
  };
  return scaler;
}

/** A Pod with so many finalizers, the last of them first. */
export function podWith(count: number): KubeObject {
  const finalizers = listOf(count, (index) => `example.com/f${count - index}`);
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, finalizers }, spec: webPodSpec };
  return pod;
}

export function budgetOf(digits: string): KubeObject {
  const spec = { minAvailable: `${digits}%`, selector: { matchLabels: { app: "web" } } };
  const budget = { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata, spec };
  return budget;
}

/** One term that asks for a label in so many expressions. */
export function notIn(count: number): object {
  const matchExpressions = listOf(count, (index) => ({ key: "rack", operator: "NotIn", values: [`r${index}`] }));
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } } };
}
