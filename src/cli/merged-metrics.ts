/**
 * Metrics of several threads, told as those of one process.
 *
 * Reads this thread's registry and what another has sent. Returns the text for /metrics: counters, histograms and gauges of the same
 * name and labels are summed, so threads must not set the same gauge for the same thing.
 */
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue, type Registry } from "prom-client";

/** One metric with its values, as plain data. */
export type ExposedMetric = MetricObjectWithValues<MetricValue<string>>;

/** Returns the registry's metrics and the others' as one text in the Prometheus format. */
export async function mergedMetrics(registry: Registry, others: readonly ExposedMetric[]): Promise<string> {
  if (others.length === 0) return registry.metrics();
  // Values that are equal in all but their order of labels are one.
  return AggregatorRegistry.aggregate([await registry.getMetricsAsJSON(), [...others]]).metrics();
}
