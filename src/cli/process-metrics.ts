/**
 * Metrics of the process beside the webhook's: controllers, leadership, Events. One definition each, for registry and docs.
 */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { RunnerMetrics } from "../cluster/runner.ts";
import type { MetricDefinition } from "../webhook/metrics.ts";
import { type AuditMetrics, auditMetrics } from "./audit-metrics.ts";
import type { Log } from "./log.ts";

export const processMetricDefinitions = {
  runs: {
    name: "plimsoll_controller_runs_total",
    kind: "counter",
    help: "Looks at one key, by controller and outcome (done, after, retry, skipped, fault).",
    labels: ["controller", "outcome"],
  },
  runSeconds: {
    name: "plimsoll_controller_run_duration_seconds",
    kind: "histogram",
    help: "Time of one look at one key: observe, decide, act.",
    labels: ["controller"],
  },
  queued: {
    name: "plimsoll_controller_queue_depth",
    kind: "gauge",
    help: "Keys that wait, by controller.",
    labels: ["controller"],
  },
  leading: {
    name: "plimsoll_leader",
    kind: "gauge",
    help: "1 while this process leads and runs the controllers.",
    labels: [],
  },
  threadUp: {
    name: "plimsoll_provisioner_thread_up",
    kind: "gauge",
    help: "1 while the provisioner's thread runs, on every replica with a provider; 0 while it is started again, and without one.",
    labels: [],
  },
  threadDeaths: {
    name: "plimsoll_provisioner_thread_deaths_total",
    kind: "counter",
    help: "Times that the provisioner's thread died and was started again; the log says why. Webhooks go on meanwhile.",
    labels: [],
  },
  threadLate: {
    name: "plimsoll_provisioner_thread_late_total",
    kind: "counter",
    help: "Questions that the provisioner's thread did not answer in time, by question (metrics, decisions, advice).",
    labels: ["question"],
  },
  refusedCalls: {
    name: "plimsoll_cloud_refused_calls_total",
    kind: "counter",
    help: "Calls that AWS refused for a permission that is missing, by service, call, and the action to grant; the log has the fix.",
    labels: ["service", "call", "action"],
  },
  refusedRequests: {
    name: "plimsoll_api_refused_requests_total",
    kind: "counter",
    help: "Requests that the API server refused for a right that is missing, by verb and resource; with the deployed roles there are none.",
    labels: ["verb", "resource"],
  },
} as const satisfies Record<string, MetricDefinition>;

/** What is told of the provisioner's thread. */
export interface ThreadMetrics {
  readonly up: Gauge;
  readonly deaths: Counter;
  readonly late: Counter<"question">;
}

/** What is refused to this process. */
export interface RefusalMetrics {
  readonly calls: Counter<"service" | "call" | "action">;
  readonly requests: Counter<"verb" | "resource">;
}

export interface ProcessMetrics {
  readonly refusals: RefusalMetrics;
  readonly runner: RunnerMetrics;
  readonly thread: ThreadMetrics;
  readonly leading: Gauge;
  readonly audit: AuditMetrics;
}

/** Makes the process's metrics in the webhook server's registry; retries and faults also go to the log. */
export function processMetrics(registry: Registry, log: Log): ProcessMetrics {
  const { leading, threadUp, threadDeaths, threadLate } = processMetricDefinitions;
  const registers = [registry];
  return {
    leading: new Gauge({ name: leading.name, help: leading.help, registers }),
    audit: auditMetrics(registry),
    runner: runnerMetrics(registry, log),
    refusals: refusalMetrics(registry),
    thread: {
      up: new Gauge({ name: threadUp.name, help: threadUp.help, registers }),
      deaths: new Counter({ name: threadDeaths.name, help: threadDeaths.help, registers }),
      late: new Counter({ name: threadLate.name, help: threadLate.help, labelNames: threadLate.labels, registers }),
    },
  };
}

/** Makes what is told of refusals, in the registry of their thread. */
export function refusalMetrics(registry: Registry): RefusalMetrics {
  const { refusedCalls, refusedRequests } = processMetricDefinitions;
  const registers = [registry];
  const made = ({ name, help }: MetricDefinition) => ({ name, help, registers });
  return {
    calls: new Counter({ ...made(refusedCalls), labelNames: refusedCalls.labels }),
    requests: new Counter({ ...made(refusedRequests), labelNames: refusedRequests.labels }),
  };
}

/** Makes what controllers tell of themselves, in the registry of their thread. */
export function runnerMetrics(registry: Registry, log: Log): RunnerMetrics {
  const { runs, runSeconds, queued } = processMetricDefinitions;
  const registers = [registry];
  const runsTotal = new Counter({ name: runs.name, help: runs.help, labelNames: runs.labels, registers });
  const duration = new Histogram({ name: runSeconds.name, help: runSeconds.help, labelNames: runSeconds.labels, registers });
  const depth = new Gauge({ name: queued.name, help: queued.help, labelNames: queued.labels, registers });
  return {
    ran: ({ controller, outcome, durationMs, queued: waiting }) => {
      runsTotal.inc({ controller, outcome });
      duration.observe({ controller }, durationMs / 1000);
      depth.set({ controller }, waiting);
    },
    retried: ({ controller, key, delayMs, reason, fault }) => {
      const fields = { controller, namespace: key.namespace, name: key.name, delayMs, reason };
      if (fault === undefined) log.warn(fields, "will look again");
      else log.error({ ...fields, err: fault }, "a controller broke an invariant");
    },
    refused: ({ controller, key }) => {
      log.warn({ controller, namespace: key.namespace, name: key.name }, "a controller's queue is full");
    },
  };
}
