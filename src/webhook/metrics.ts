/**
 * Metrics of the webhook: their one definition, from which the registry and the docs table are made.
 *
 * Children with labels are looked up once per label set by prom-client; the hot path pays about a microsecond.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** One metric as documented: name, kind, help and label names. */
export interface MetricDefinition {
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
}

export const webhookMetricDefinitions = {
  requests: {
    name: "plimsoll_admission_requests_total",
    kind: "counter",
    help: "Admission requests answered, by phase (mutate, validate), outcome (allowed, patched, denied, error, bad-request, shed) and dry run.",
    labels: ["phase", "outcome", "dry_run"],
  },
  duration: {
    name: "plimsoll_admission_duration_seconds",
    kind: "histogram",
    help: "Time from the last byte of a review to its answer, by phase.",
    labels: ["phase"],
  },
  shed: {
    name: "plimsoll_admission_shed_total",
    kind: "counter",
    help: "Reviews turned away unjudged, by tier (open ones pass, closed ones don't), reason (count, bytes, lag, deadline, transit) and whether the caller's address and connection used no less than others of late (heavy) or less (light); where callers of the registered path are here, who is one (known) and who is not (stranger).",
    labels: ["tier", "reason", "standing"],
  },
  strangers: {
    name: "plimsoll_admission_strangers_total",
    kind: "counter",
    help: "Reviews that came without the word of the registered path while others came with it: a flood, or our webhook configurations were rewritten.",
    labels: [],
  },
  connectionsClosed: {
    name: "plimsoll_webhook_connections_closed_total",
    kind: "counter",
    help: "Connections that were closed since there were too many (sockets), too many without a handshake (handshakes), or a second request on one before the first was answered (pipelining).",
    labels: ["reason"],
  },
  lag: {
    name: "plimsoll_event_loop_lag_seconds",
    kind: "gauge",
    help: "How late the process is with what it should do, smoothed; above 1 open reviews are turned away, but only of heavy callers while no caller is known.",
    labels: [],
  },
  steps: {
    name: "plimsoll_admission_steps",
    kind: "histogram",
    help: "Counted steps of a validating review, by sizes alone; above 10,000,000 it is refused (SYS-003 of plimsoll_admission_findings_total).",
    labels: [],
  },
  findings: {
    name: "plimsoll_admission_findings_total",
    kind: "counter",
    help: "Findings by rule and action (deny, warn, audit); dry runs are not counted.",
    labels: ["rule", "action"],
  },
  policyLoadFailed: {
    name: "plimsoll_policy_load_failed",
    kind: "gauge",
    help: "1 while the newest policies.yaml was refused and the last good bundle is in force.",
    labels: [],
  },
  certificateExpiry: {
    name: "plimsoll_certificate_expiry_timestamp_seconds",
    kind: "gauge",
    help: "When the certificate that is being served ends, in seconds since the epoch.",
    labels: [],
  },
  certificateInfo: {
    name: "plimsoll_certificate_info",
    kind: "gauge",
    help: "1 for the certificate that is being served, by its SHA-256 fingerprint and its CA's.",
    labels: ["fingerprint", "authority"],
  },
  certificateGeneration: {
    name: "plimsoll_certificate_generation",
    kind: "gauge",
    help: "How often the certificates that the replicas share were changed, as this replica knows it; equal on all of them but for moments.",
    labels: [],
  },
} as const satisfies Record<string, MetricDefinition>;

/** The live metrics of one webhook server. */
export interface WebhookMetrics {
  readonly registry: Registry;
  readonly requests: Counter<"phase" | "outcome" | "dry_run">;
  readonly duration: Histogram<"phase">;
  readonly shed: Counter<"tier" | "reason" | "standing">;
  readonly strangers: Counter;
  readonly connectionsClosed: Counter<"reason">;
  /** Takes the lag from here whenever it is asked for. */
  readonly lagOf: (lag: { smoothedMs(): number }) => void;
  readonly steps: Histogram;
  readonly findings: Counter<"rule" | "action">;
  readonly policyLoadFailed: Gauge;
  readonly certificateExpiry: Gauge;
  readonly certificateInfo: Gauge<"fingerprint" | "authority">;
  readonly certificateGeneration: Gauge;
}

/** Makes a registry with the webhook's metrics in it. */
export function webhookMetrics(registry: Registry = new Registry()): WebhookMetrics {
  const {
    requests,
    duration,
    shed,
    strangers,
    connectionsClosed,
    steps,
    findings,
    policyLoadFailed,
    certificateExpiry,
    certificateInfo,
    certificateGeneration,
  } = webhookMetricDefinitions;
  const registers = [registry];
  return {
    shed: new Counter({ name: shed.name, help: shed.help, labelNames: shed.labels, registers }),
    strangers: new Counter({ name: strangers.name, help: strangers.help, registers }),
    connectionsClosed: new Counter({
      name: connectionsClosed.name,
      help: connectionsClosed.help,
      labelNames: connectionsClosed.labels,
      registers,
    }),
    lagOf: lagGauge(registry),
    registry,
    requests: new Counter({ name: requests.name, help: requests.help, labelNames: requests.labels, registers }),
    duration: new Histogram({
      name: duration.name,
      help: duration.help,
      labelNames: duration.labels,
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
      registers,
    }),
    steps: new Histogram({ name: steps.name, help: steps.help, buckets: [1_000, 10_000, 100_000, 1_000_000, 10_000_000], registers }),
    findings: new Counter({ name: findings.name, help: findings.help, labelNames: findings.labels, registers }),
    policyLoadFailed: new Gauge({ name: policyLoadFailed.name, help: policyLoadFailed.help, registers }),
    certificateExpiry: new Gauge({ name: certificateExpiry.name, help: certificateExpiry.help, registers }),
    certificateInfo: new Gauge({ name: certificateInfo.name, help: certificateInfo.help, labelNames: certificateInfo.labels, registers }),
    certificateGeneration: new Gauge({ name: certificateGeneration.name, help: certificateGeneration.help, registers }),
  };
}

/** Registers the gauge of the lag; returns what it is told by from where to take it. */
function lagGauge(registry: Registry): WebhookMetrics["lagOf"] {
  const source = { lagMs: (): number => 0 };
  const { name, help } = webhookMetricDefinitions.lag;
  new Gauge({
    ...{ name, help },
    registers: [registry],
    collect() {
      this.set(source.lagMs() / 1000);
    },
  });
  return (measured) => {
    source.lagMs = () => measured.smoothedMs();
  };
}
