/**
 * Metrics of garbage collection: what it would end and does not. One definition each, for registry and docs.
 */
import { Gauge, type Registry } from "prom-client";
import type { MetricDefinition } from "../webhook/metrics.ts";

export const removalMetricDefinitions = {
  held: {
    name: "plimsoll_removals_held",
    kind: "gauge",
    help: "Nodes that look like garbage and are not ended before somebody answers, by NodePool; told by the process that leads.",
    labels: ["nodepool"],
  },
} as const satisfies Record<string, MetricDefinition>;

/** Makes whoever is told, after each look, how many nodes of each NodePool are held; a pool that is not named has none. */
export function removalMetrics(registry: Registry): (held: ReadonlyMap<string, number>) => void {
  const { name, help, labels: labelNames } = removalMetricDefinitions.held;
  const gauge = new Gauge({ name, help, labelNames, registers: [registry] });
  return (held) => {
    gauge.reset();
    for (const [nodepool, count] of held) gauge.set({ nodepool }, count);
  };
}
