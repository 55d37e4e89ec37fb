/**
 * WorkloadProfile status: what the platform made of a profile.
 *
 * One schema. The printer columns read it, so that `kubectl get wlp -A` alone answers who blocks drains; each wide text
 * that a column shows has its own field, since a JSONPath can't compute.
 */
import { conditionList } from "./condition-list.ts";
import { choice, decimal, flag, list, object, open, optional, text, whole, type Shape } from "./schema-field.ts";

const atomic = { "x-kubernetes-list-type": "atomic" } as const;

const target = object("One workload that the profile binds.", {
  apiVersion: optional(text("API version of the workload.")),
  kind: text("Kind of the workload."),
  name: text("Name of the workload."),
  uid: optional(text("UID of the workload.")),
  matchedBy: choice("What bound it.", ["targetRef", "label", "selector", "name"]),
  replicas: optional(whole("Replicas that it wants now.", { minimum: 0 })),
  podsCompiled: optional(whole("Pods that carry the contract of now.", { minimum: 0 })),
  podsStale: optional(whole("Pods that carry an older contract, or none, or were resized since.", { minimum: 0 })),
  podsResized: optional(whole("Of the stale Pods, those that were resized in place since they were compiled.", { minimum: 0 })),
});

const compiled = object("What was compiled.", {
  hash: text("Hash of the compiled contract; Pods carry it as a label."),
  policyBundle: optional(text("Hash of the policies.yaml that it was compiled with.")),
  pdb: optional(text('The PodDisruptionBudget, such as "billing-api: maxUnavailable 1".')),
  hpa: optional(text('The HorizontalPodAutoscaler, such as "billing-api: 3..50, cpu 70%".')),
  spread: optional(text('The spread, such as "zone required, host preferred".')),
  placement: optional(text('Where Pods may run, such as "workload-class=general".')),
  requests: optional(text('What each Pod requests, such as "500m/768Mi".')),
});

const evictionsAllowed = object("How many Pods may be evicted at once while all are healthy.", {
  atMin: optional(whole("At availability.minReplicas.", { minimum: 0 })),
  now: optional(whole("At the replicas of now.", { minimum: 0 })),
  atMax: optional(whole("At scaling.maxReplicas.", { minimum: 0 })),
  summary: optional(text("now/atMin, for the column EVICT.")),
});

const spot = object("Whether replicas may run on Spot.", {
  allowed: flag("Whether they may, or could if the profile asked for it."),
  reason: text("Why, or why not, and what would change it."),
});

const denial = object("One denial of a request that concerned the profile.", {
  time: text("When.", { format: "date-time" }),
  user: text("Who asked: a client, or a controller. Not by name, since anybody may call the webhook by another's."),
  rule: text("The rule that refused."),
  message: optional(text("What was refused and why, in fixed words; who asked was told the numbers.")),
});

/** The fields of status.resolved that columns read; the rest follows spec. */
const resolved = open("The spec with every default filled in.");

export const workloadProfileStatusSchema = object("What the platform made of the profile.", {
  observedGeneration: optional(whole("The metadata.generation that this status describes.", { format: "int64" })),
  conditions: optional(conditionList),
  targets: optional(list("The workloads that the profile binds.", target, atomic)),
  targetCount: optional(whole("How many workloads the profile binds.", { minimum: 0 })),
  compiled: optional(compiled),
  resolved: optional(resolved),
  evictionsAllowed: optional(evictionsAllowed),
  spot: optional(spot),
  coldStart: optional(
    object("How long a Pod takes from its creation to Ready.", {
      p50Seconds: optional(decimal("Half of the starts were faster.", { minimum: 0 })),
      p95Seconds: optional(decimal("19 of 20 starts were faster.", { minimum: 0 })),
      samples: optional(whole("Starts that were measured.", { minimum: 0 })),
    }),
  ),
  plan: optional(
    object("What a replica would run on.", {
      pool: optional(text("The NodePool.")),
      candidateTypes: optional(list("Instance types, cheapest first.", text("An instance type."), atomic)),
      perReplicaHourly: optional(text('US dollars an hour for one replica, such as "0.0212".')),
      note: optional(text("What the replicas of now cost, where that is above cost.maxHourly.")),
    }),
  ),
  lostZones: optional(
    list(
      "Zones in which nothing that its Pods could run on has been to be had for minutes; new Pods are spread over the others.",
      text("A zone."),
      atomic,
    ),
  ),
  exemptUntil: optional(text("When the first exemption in use expires.")),
  lastDenials: optional(list("The latest denials, newest first.", denial, { ...atomic, maxItems: 5 })),
});

/** The status of a WorkloadProfile; resolved is typed with the spec. */
export type WorkloadProfileStatus = Omit<Shape<typeof workloadProfileStatusSchema>, "resolved">;
