/**
 * Which anti-affinity terms keep a Pod from others of its own workload, as the scheduler reads them.
 */
import { expect, it } from "vitest";
import type { PodAffinityTerm } from "../../src/api/pod.ts";
import { ownAntiAffinity, ownSpread } from "../../src/kube/pods-apart.ts";
import { workloadOf } from "../../src/kube/workload.ts";
import { deployment, statefulSet } from "../support/objects.ts";

const own = { matchLabels: { app: "web" } };
const hash = { matchExpressions: [{ key: "pod-template-hash", operator: "Exists" as const }] };

it.each<readonly [string, Partial<PodAffinityTerm>, boolean]>([
  ["its own labels", { labelSelector: own }, true],
  ["every label", { labelSelector: {} }, true],
  ["no selector", {}, false],
  ["another label", { labelSelector: { matchLabels: { app: "db" } } }, false],
  ["its own labels and one more", { labelSelector: { matchLabels: { app: "web", tier: "front" } } }, false],
  ["a label that its controller adds", { labelSelector: hash }, true],
  ["its own namespace", { labelSelector: own, namespaces: ["other", "shop"] }, true],
  ["another namespace", { labelSelector: own, namespaces: ["other"] }, false],
  ["all namespaces", { labelSelector: own, namespaceSelector: {} }, true],
  [
    "namespaces by name, not its own",
    { labelSelector: own, namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "other" } } },
    false,
  ],
  ["namespaces by a label that is not known here", { labelSelector: own, namespaceSelector: { matchLabels: { team: "a" } } }, true],
  ["another value of its own label", { labelSelector: {}, mismatchLabelKeys: ["app"] }, false],
  ["the same revision alone", { labelSelector: own, matchLabelKeys: ["pod-template-hash"] }, true],
])("an anti-affinity to %s", (_, term, keeps) => {
  const object = deployment();
  const workload = workloadOf(object);
  const affinity = {
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "kubernetes.io/hostname", ...term }] },
  };
  const metadata = { labels: { app: "web" }, namespace: "shop" };
  const pod = { metadata, spec: { containers: [], affinity } };
  for (const made of [pod, { ...pod, ...(workload === undefined ? {} : { workload }) }])
    expect(ownAntiAffinity(made).required).toHaveLength(keeps ? 1 : 0);
});

it("a spread over one Pod of a StatefulSet is no spread of its Pods", () => {
  const workload = workloadOf(statefulSet());
  const labelSelector = { matchLabels: { "statefulset.kubernetes.io/pod-name": "web-0" } };
  const constraint = { maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "DoNotSchedule" as const, labelSelector };
  const pod = {
    metadata: { labels: { app: "web" }, namespace: "shop" },
    spec: { containers: [], topologySpreadConstraints: [constraint] },
  };
  expect(ownSpread({ ...pod, ...(workload === undefined ? {} : { workload }) })).toEqual([]);
});
