/**
 * Metrics of what the provisioner asks of its provider of nodes, under Karpenter's names.
 *
 * Reads a provider. Returns the same provider, whose calls are timed and whose failures are counted; it answers as before.
 */
import { Counter, Histogram, type Registry } from "prom-client";
import { assertNever } from "../api/assert.ts";
import { nodePoolLabel } from "../api/labels.ts";
import type { Clock, CloudProvider, LaunchOutcome } from "../api/ports.ts";
import type { MetricDefinition } from "../webhook/metrics.ts";

export const providerMetricDefinitions = {
  seconds: {
    name: "karpenter_cloudprovider_duration_seconds",
    kind: "histogram",
    help: "Time of what was asked of the provider of nodes, by method (Create, Delete, Get, List, GetInstanceTypes) and provider.",
    labels: ["method", "provider"],
  },
  errors: {
    name: "karpenter_cloudprovider_errors_total",
    kind: "counter",
    help:
      "What the provider of nodes could not do, by method, provider, NodePool (of Create) and error (InsufficientCapacityError, " +
      "NodeClassNotReadyError, unknown).",
    labels: ["method", "provider", "error", "nodepool"],
  },
} as const satisfies Record<string, MetricDefinition>;

/** Makes the metrics in a registry; returns how to time a provider. */
export function providerMetrics(registry: Registry): (provider: CloudProvider, clock: Pick<Clock, "now">) => CloudProvider {
  const { seconds, errors } = providerMetricDefinitions;
  const registers = [registry];
  const duration = new Histogram({
    ...{ name: seconds.name, help: seconds.help, labelNames: seconds.labels, registers },
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  });
  const failures = new Counter({ name: errors.name, help: errors.help, labelNames: errors.labels, registers });
  // What others keep by a provider they find again only if it is the same one.
  const known = new WeakMap<CloudProvider, CloudProvider>();
  return (provider, clock) => {
    const before = known.get(provider);
    if (before !== undefined) return before;
    const timed = async <T>(
      method: string,
      ask: () => Promise<T>,
      judge: (answer: T) => { readonly error?: string; readonly nodepool?: string },
    ) => {
      const startedAt = clock.now();
      const told = await ask();
      duration.observe({ method, provider: provider.name }, (clock.now() - startedAt) / 1000);
      const { error, nodepool = "" } = judge(told);
      if (error !== undefined) failures.inc({ method, provider: provider.name, error, nodepool });
      return told;
    };
    const unknownUnless = ({ ok }: { readonly ok: boolean }) => (ok ? {} : { error: "unknown" });
    const made: CloudProvider = {
      ...provider,
      instanceTypes: (reference) => timed("GetInstanceTypes", () => provider.instanceTypes(reference), unknownUnless),
      create: (nodeClaim, candidates) =>
        timed(
          "Create",
          () => provider.create(nodeClaim, candidates),
          (outcome) => ({
            ...launchError(outcome),
            nodepool: nodeClaim.metadata.labels?.[nodePoolLabel] ?? "",
          }),
        ),
      get: (reference) => timed("Get", () => provider.get(reference), unknownUnless),
      list: () => timed("List", () => provider.list(), unknownUnless),
      delete: (reference) => timed("Delete", () => provider.delete(reference), unknownUnless),
    };
    known.set(provider, made);
    return made;
  };
}

/** In Karpenter's words; what it has no word for is unknown. */
function launchError(outcome: LaunchOutcome): { readonly error?: string } {
  switch (outcome.kind) {
    case "launched":
      return {};
    case "insufficient-capacity":
      return { error: "InsufficientCapacityError" };
    case "node-class-not-ready":
      return { error: "NodeClassNotReadyError" };
    case "refused":
    case "failed":
      return { error: "unknown" };
    default:
      return assertNever(outcome);
  }
}
