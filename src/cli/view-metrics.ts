/**
 * Metrics of the view: how old what is judged by may be. One definition each, for registry and docs.
 */
import { Gauge, type Registry } from "prom-client";
import type { Instant } from "../api/ports.ts";
import type { MetricDefinition } from "../webhook/metrics.ts";

export const viewMetricDefinitions = {
  unseen: {
    name: "plimsoll_api_server_unseen_seconds",
    kind: "gauge",
    help: "Time since the API server last answered this replica; verdicts tell the age of their view above 20.",
    labels: [],
  },
  age: {
    name: "plimsoll_view_age_seconds",
    kind: "gauge",
    help: "Time since the watch of a kind last proved alive, by kind; a watch that nothing happens on is opened anew after 90 s.",
    labels: ["kind"],
  },
} as const satisfies Record<string, MetricDefinition>;

/** Registers metrics that are worked out when they are read. */
export function viewMetrics(
  registry: Registry,
  view: { readonly now: () => Instant; readonly seenAt: () => Instant; readonly watches: () => Iterable<readonly [string, Instant]> },
): void {
  const { unseen, age } = viewMetricDefinitions;
  const registers = [registry];
  new Gauge({
    ...{ name: unseen.name, help: unseen.help, registers },
    collect() {
      this.set((view.now() - view.seenAt()) / 1000);
    },
  });
  new Gauge({
    ...{ name: age.name, help: age.help, labelNames: age.labels, registers },
    collect() {
      for (const [kind, at] of view.watches()) this.set({ kind }, (view.now() - at) / 1000);
    },
  });
}
