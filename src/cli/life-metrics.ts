/**
 * Metrics of nodes' lives: what became of NodeClaims while this process provisioned, under Karpenter's names where it has one.
 *
 * Reads the changes of NodeClaims and NodePools as the watch brings them, and the Events that controllers say. Nothing in the provisioner
 * counts for itself: what is told here is what anybody could have seen on the API server, so it can't differ from it. What happened before
 * the term began is another process's to tell.
 */
import { Counter, Histogram, type Registry } from "prom-client";
import type { Change } from "../api/controller.ts";
import type { EventNote } from "../api/event-note.ts";
import { capacityTypeLabel, nodePoolLabel, zoneLabel, type PlatformNames } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { Instant } from "../api/ports.ts";
import { claimCondition, isTrue } from "../provisioner/lifecycle/claim-status.ts";
import { joinFailuresOf } from "../provisioner/lifecycle/launch-breaker.ts";
import type { MetricDefinition } from "../webhook/metrics.ts";

export const lifeMetricDefinitions = {
  created: {
    name: "karpenter_nodeclaims_created_total",
    kind: "counter",
    help: "NodeClaims that were created, by NodePool.",
    labels: ["nodepool"],
  },
  terminated: {
    name: "karpenter_nodeclaims_terminated_total",
    kind: "counter",
    help: "NodeClaims that are gone, by NodePool, way to buy and zone.",
    labels: ["nodepool", "capacity_type", "zone"],
  },
  disrupted: {
    name: "karpenter_nodeclaims_disrupted_total",
    kind: "counter",
    help:
      "NodeClaims that were given up or asked to go, by reason (empty, spot_interrupted, launch_timeout, registration_timeout, " +
      "nodeclass_not_ready, launch_failed, garbage_collected and the other reasons of the condition DisruptionReason), NodePool and way to buy.",
    labels: ["reason", "nodepool", "capacity_type"],
  },
  terminationSeconds: {
    name: "karpenter_nodeclaims_termination_duration_seconds",
    kind: "histogram",
    help: "Time from the deletion of a NodeClaim until it is gone, by NodePool.",
    labels: ["nodepool"],
  },
  instanceTerminationSeconds: {
    name: "karpenter_nodeclaims_instance_termination_duration_seconds",
    kind: "histogram",
    help: "Time from the end of an instance, as it was asked of the cloud, until its NodeClaim is gone, by NodePool.",
    labels: ["nodepool"],
  },
  nodesCreated: {
    name: "karpenter_nodes_created_total",
    kind: "counter",
    help: "Nodes that registered, by NodePool and zone.",
    labels: ["nodepool", "zone"],
  },
  nodesTerminated: {
    name: "karpenter_nodes_terminated_total",
    kind: "counter",
    help: "Registered nodes that are gone, by NodePool and zone.",
    labels: ["nodepool", "zone"],
  },
  nodesDrained: {
    name: "karpenter_nodes_drained_total",
    kind: "counter",
    help: "Nodes that were drained, by NodePool.",
    labels: ["nodepool"],
  },
  nodeLifeSeconds: {
    name: "karpenter_nodes_lifetime_duration_seconds",
    kind: "histogram",
    help: "Life of registered nodes that are gone, from the creation of their NodeClaim on, by NodePool.",
    labels: ["nodepool"],
  },
  stepSeconds: {
    name: "plimsoll_node_step_duration_seconds",
    kind: "histogram",
    help: "Time of each step of a new node: launch (from its NodeClaim's creation), register (from the launch), initialize (from there), by NodePool.",
    labels: ["step", "nodepool"],
  },
  joinFailures: {
    name: "plimsoll_join_failures_total",
    kind: "counter",
    help:
      "Nodes that were launched and never joined, by NodePool and cause (node-role-permissions, access-entry, private-endpoints, " +
      "security-group, bootstrap, image-or-user-data, dns, no-addresses, unknown).",
    labels: ["cause", "nodepool"],
  },
  events: {
    name: "plimsoll_events_total",
    kind: "counter",
    help: "Events that the provisioner's controllers said, also those that were folded into one or dropped, by kind of object, type and reason.",
    labels: ["kind", "type", "reason"],
  },
} as const satisfies Record<string, MetricDefinition>;

/** What is told of the provisioner's controllers, of one registry. */
export interface LifeMetrics {
  /** Counts a change of a NodeClaim that the provider serves. */
  claimChanged(change: Change<NodeClaim>, of: { readonly beganAt: Instant; readonly now: Instant }): void;
  poolChanged(change: Change<NodePool>, names: Pick<PlatformNames, "joinFailuresAnnotation">): void;
  /** `nodeClaim` is the one that the Event is about, where it is about one. */
  said(note: EventNote, nodeClaim: NodeClaim | undefined): void;
}

/** Nodes take from seconds to some quarter of an hour, drains as long as somebody holds them up. */
const durationBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048];
/** A quarter of an hour to thirty days. */
const lifeBuckets = [900, 1800, 3600, 7200, 14_400, 28_800, 57_600, 86_400, 172_800, 604_800, 1_209_600, 2_592_000];

/** Events that end a NodeClaim without the condition DisruptionReason, with Karpenter's word for it. */
const endingEvents: Readonly<Record<string, string>> = {
  LaunchTimeout: "launch_timeout",
  RegistrationTimeout: "registration_timeout",
  NodeClassNotReady: "nodeclass_not_ready",
  LaunchFailed: "launch_failed",
  InstanceGone: "garbage_collected",
};

type Instruments = ReturnType<typeof instruments>;

/** Makes the metrics in a registry. */
export function lifeMetrics(registry: Registry): LifeMetrics {
  const made = instruments(registry);
  return {
    claimChanged: (change, { beganAt, now }) => {
      const { object } = change;
      if (change.kind === "deleted") countEnd(made, object, now);
      else if (change.kind === "updated") countCame(made, object, change.before);
      else if (timeOf(object.metadata.creationTimestamp) >= Math.floor(beganAt / 1000) * 1000) {
        made.created.inc({ nodepool: poolOf(object) });
        countCame(made, object, undefined);
      }
    },
    poolChanged: (change, names) => {
      if (change.kind !== "updated") return;
      const failures = joinFailuresOf(change.object, names);
      // Each claim that is given up leaves its name, whether or not it is one more in a row.
      if (failures === undefined || failures.nodeClaim === joinFailuresOf(change.before, names)?.nodeClaim) return;
      made.joinFailures.inc({ cause: failures.cause, nodepool: change.object.metadata.name ?? "" });
    },
    said: ({ regarding, type, reason }, nodeClaim) => {
      made.events.inc({ kind: regarding.kind, type, reason });
      const ending = regarding.kind === "NodeClaim" ? endingEvents[reason] : undefined;
      if (ending !== undefined) countDisrupted(made, ending, nodeClaim);
    },
  };
}

type Labelled<L extends string> = Pick<MetricDefinition, "name" | "help"> & { readonly labels: readonly L[] };

function instruments(registry: Registry) {
  const counter = <L extends string>({ name, help, labels }: Labelled<L>): Counter<L> =>
    new Counter({ name, help, labelNames: labels, registers: [registry] });
  const histogram = <L extends string>({ name, help, labels }: Labelled<L>, buckets = durationBuckets): Histogram<L> =>
    new Histogram({ name, help, labelNames: labels, buckets, registers: [registry] });
  const of = lifeMetricDefinitions;
  return {
    created: counter(of.created),
    terminated: counter(of.terminated),
    disrupted: counter(of.disrupted),
    terminationSeconds: histogram(of.terminationSeconds),
    instanceTerminationSeconds: histogram(of.instanceTerminationSeconds),
    nodesCreated: counter(of.nodesCreated),
    nodesTerminated: counter(of.nodesTerminated),
    nodesDrained: counter(of.nodesDrained),
    nodeLifeSeconds: histogram(of.nodeLifeSeconds, lifeBuckets),
    stepSeconds: histogram(of.stepSeconds),
    joinFailures: counter(of.joinFailures),
    events: counter(of.events),
  };
}

/** What has come true of a claim since it was last seen. */
function countCame(made: Instruments, claim: NodeClaim, before: NodeClaim | undefined): void {
  const came = (type: Parameters<typeof isTrue>[1]): boolean => isTrue(claim, type) && (before === undefined || !isTrue(before, type));
  const nodepool = poolOf(claim);
  const at = (type: string): Instant => timeOf(claimCondition(claim, type)?.lastTransitionTime);
  if (came("Launched"))
    observe(made.stepSeconds.labels({ step: "launch", nodepool }), at("Launched") - timeOf(claim.metadata.creationTimestamp));
  // A Node that is made anew under its claim is another node, but not one that somebody waited for.
  if (came("Registered")) {
    made.nodesCreated.inc({ nodepool, zone: labelOf(claim, zoneLabel) });
    if (!before?.status?.nodeName) observe(made.stepSeconds.labels({ step: "register", nodepool }), at("Registered") - at("Launched"));
  }
  const wasInitialized = before !== undefined && claimCondition(before, "Initialized")?.reason === "NodeReinitializing";
  if (came("Initialized") && !wasInitialized)
    observe(made.stepSeconds.labels({ step: "initialize", nodepool }), at("Initialized") - at("Registered"));
  if (came("Drained")) made.nodesDrained.inc({ nodepool });
  if (came("DisruptionReason")) countDisrupted(made, snakeCase(claimCondition(claim, "DisruptionReason")?.reason ?? ""), claim);
}

function countEnd(made: Instruments, claim: NodeClaim, now: Instant): void {
  const [nodepool, zone] = [poolOf(claim), labelOf(claim, zoneLabel)];
  made.terminated.inc({ nodepool, zone, capacity_type: labelOf(claim, capacityTypeLabel) });
  const { deletionTimestamp, creationTimestamp } = claim.metadata;
  observe(made.terminationSeconds.labels({ nodepool }), now - timeOf(deletionTimestamp));
  const ending = claimCondition(claim, "InstanceTerminating");
  if (ending?.status === "True") observe(made.instanceTerminationSeconds.labels({ nodepool }), now - timeOf(ending.lastTransitionTime));
  if (!isTrue(claim, "Registered")) return;
  made.nodesTerminated.inc({ nodepool, zone });
  observe(made.nodeLifeSeconds.labels({ nodepool }), now - timeOf(creationTimestamp));
}

function countDisrupted(made: Instruments, reason: string, claim: NodeClaim | undefined): void {
  const of =
    claim === undefined
      ? { nodepool: "", capacity_type: "" }
      : { nodepool: poolOf(claim), capacity_type: labelOf(claim, capacityTypeLabel) };
  made.disrupted.inc({ reason, ...of });
}

/** Times are whole seconds, so what took none may seem to have ended before it began; one that nobody noted is no duration. */
function observe(histogram: { observe(seconds: number): void }, durationMs: number): void {
  if (!Number.isNaN(durationMs)) histogram.observe(Math.max(0, durationMs / 1000));
}

function poolOf(claim: NodeClaim): string {
  return labelOf(claim, nodePoolLabel);
}

function labelOf({ metadata }: NodeClaim, label: string): string {
  return metadata.labels?.[label] ?? "";
}

function timeOf(text: string | undefined): Instant {
  return Date.parse(text ?? "");
}

/** SpotInterrupted is spot_interrupted, as Karpenter writes reasons in metrics. */
function snakeCase(reason: string): string {
  return reason.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toLowerCase();
}
