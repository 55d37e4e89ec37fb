/**
 * Metrics of EC2's market and of its notices: prices, quotas, what can't be had, and what the interruption queue told.
 *
 * Reads what the ec2 provider knows when somebody scrapes, and hears marks and messages as they pass. Asks AWS for nothing itself.
 * Karpenter's names stand where it has one.
 */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { assertNever } from "../api/assert.ts";
import type { CloudNoticeKind } from "../api/cloud-notices.ts";
import type { Clock } from "../api/ports.ts";
import { parseNotice } from "../ec2/interruption/notice-message.ts";
import type { SqsCalls, SqsMessage } from "../ec2/sqs-calls.ts";
import type { OfferingName, UnavailableOfferings, UnavailableReason } from "../ec2/unavailable-offerings.ts";
import type { MetricDefinition } from "../webhook/metrics.ts";
import type { Ec2Market } from "./ec2-market.ts";

const offeringLabels = ["instance_type", "zone", "capacity_type", "reason"] as const;
const quotaLabels = ["quota", "code", "capacity_type"] as const;
const reasons = "capacity, quota, interrupted, reservation-full, unsupported";

export const ec2MetricDefinitions = {
  priceSequence: {
    name: "plimsoll_ec2_price_sequence",
    kind: "gauge",
    help: "How often prices were others than before, since the provisioner's thread began; 0 while the dated table counts alone.",
    labels: [],
  },
  priceAge: {
    name: "plimsoll_ec2_price_age_seconds",
    kind: "gauge",
    help: "Time since AWS last told prices, by kind (on-demand, spot); absent while it never has, and then the dated table counts.",
    labels: ["kind"],
  },
  quota: { name: "plimsoll_ec2_vcpu_quota", kind: "gauge", help: "vCPUs that the account may run, by quota.", labels: quotaLabels },
  quotaUsed: {
    name: "plimsoll_ec2_vcpu_quota_used",
    kind: "gauge",
    help: "vCPUs of the quota that instances of the whole account have, as counted last; absent while nobody has counted.",
    labels: quotaLabels,
  },
  lacks: {
    name: "plimsoll_ec2_offering_lacks_total",
    kind: "counter",
    help: `How often an offering could not be had, by instance type, zone, way to buy and reason (${reasons}).`,
    labels: offeringLabels,
  },
  unavailable: {
    name: "plimsoll_ec2_offering_unavailable",
    kind: "gauge",
    help: `1 for each offering that is left alone now, by instance type, zone, way to buy and reason (${reasons}); 0 is not told.`,
    labels: offeringLabels,
  },
  received: {
    name: "karpenter_interruption_received_messages_total",
    kind: "counter",
    help:
      "Messages of the interruption queue, by type (spot_interrupted, capacity_reservation_interrupted, rebalance_recommendation, " +
      "scheduled_change, instance_stopped, instance_terminated, no_op, and unreadable); one that is delivered again counts again.",
    labels: ["message_type"],
  },
  deleted: {
    name: "karpenter_interruption_deleted_messages_total",
    kind: "counter",
    help: "Messages of the interruption queue that are done with.",
    labels: [],
  },
  queueSeconds: {
    name: "karpenter_interruption_message_queue_duration_seconds",
    kind: "histogram",
    help: "Time from what AWS says to when it was read from the interruption queue.",
    labels: [],
  },
} as const satisfies Record<string, MetricDefinition>;

/** Distinct offerings that are counted; those that come later share one. A region has some ten thousand. */
const offeringsMax = 1_000;
const others = "(others)";

export interface Ec2Metrics {
  /** The same offerings, whose marks are counted. */
  readonly marked: (offerings: UnavailableOfferings) => UnavailableOfferings;
  /** The same queue, whose messages are counted. */
  readonly heard: (sqs: SqsCalls) => SqsCalls;
}

/** Makes the metrics in a registry. */
export function ec2Metrics(
  registry: Registry,
  { market, clock }: { readonly market: Ec2Market; readonly clock: Pick<Clock, "now"> },
): Ec2Metrics {
  const { lacks, unavailable, received, deleted, queueSeconds } = ec2MetricDefinitions;
  const registers = [registry];
  marketGauges(registry, { market, clock });
  const counters = {
    lacks: new Counter({ name: lacks.name, help: lacks.help, labelNames: lacks.labels, registers }),
    received: new Counter({ name: received.name, help: received.help, labelNames: received.labels, registers }),
    deleted: new Counter({ name: deleted.name, help: deleted.help, registers }),
    queueSeconds: new Histogram({
      name: queueSeconds.name,
      help: queueSeconds.help,
      buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120],
      registers,
    }),
  };
  const counted = new Set<string>();
  return {
    marked: (offerings) => {
      gauge(registry, unavailable, () => offerings.standing().slice(0, offeringsMax).map(unavailableSeries));
      return {
        ...offerings,
        mark: (offering, why = "capacity") => {
          offerings.mark(offering, why);
          counters.lacks.inc(boundedLabels(counted, { offering, why }));
        },
      };
    },
    heard: (sqs) => ({
      ...sqs,
      receive: async (signal) => {
        const answer = await sqs.receive(signal);
        if (answer.ok) for (const message of answer.value) hear(counters, { message, clock });
        return answer;
      },
      delete: async (receipt) => {
        const answer = await sqs.delete(receipt);
        if (answer.ok) counters.deleted.inc();
        return answer;
      },
    }),
  };
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function marketGauges(registry: Registry, { market, clock }: { readonly market: Ec2Market; readonly clock: Pick<Clock, "now"> }): void {
  const { priceSequence, priceAge, quota, quotaUsed } = ec2MetricDefinitions;
  const ofQuota = (value: (use: ReturnType<Ec2Market["quotas"]["use"]>[number]) => number | undefined) => (): readonly Series[] =>
    market.quotas.use().flatMap((use) => {
      const known = value(use);
      const { code, name, capacityType } = use.quota;
      return known === undefined ? [] : [{ labels: { quota: name, code, capacity_type: capacityType }, value: known }];
    });
  gauge(registry, priceSequence, () => [{ labels: {}, value: market.livePrices.read().sequence }]);
  gauge(registry, priceAge, () =>
    market.livePrices.read().at.map(({ what, readAt }) => ({
      labels: { kind: what === "Spot prices" ? "spot" : "on-demand" },
      value: (clock.now() - readAt) / 1000,
    })),
  );
  gauge(
    registry,
    quota,
    ofQuota(({ quota: { vcpus } }) => vcpus),
  );
  gauge(
    registry,
    quotaUsed,
    ofQuota(({ used }) => used),
  );
}

/** Made anew at each scrape, so that nothing outlives what it tells of. */
function gauge(registry: Registry, { name, help, labels }: MetricDefinition, series: () => readonly Series[]): void {
  new Gauge({
    ...{ name, help, labelNames: labels, registers: [registry] },
    collect() {
      this.reset();
      for (const { labels: own, value } of series()) this.set(own, value);
    },
  });
}

interface Lack {
  readonly offering: OfferingName;
  readonly why: UnavailableReason;
}

function unavailableSeries(lack: Lack): Series {
  return { labels: labelsOf(lack), value: 1 };
}

function labelsOf({ offering: { instanceType, zone, capacityType }, why }: Lack) {
  return { instance_type: instanceType, zone, capacity_type: capacityType, reason: why };
}

function boundedLabels(counted: Set<string>, lack: Lack) {
  const labels = labelsOf(lack);
  const key = JSON.stringify(labels);
  if (!counted.has(key) && counted.size >= offeringsMax) return { ...labels, instance_type: others, zone: others };
  counted.add(key);
  return labels;
}

interface MessageCounters {
  readonly received: Counter<"message_type">;
  readonly queueSeconds: Histogram;
}

function hear(
  { received, queueSeconds }: MessageCounters,
  { message, clock }: { readonly message: SqsMessage; readonly clock: Pick<Clock, "now"> },
): void {
  const notice = parseNotice(message);
  received.inc({ message_type: !notice.ok ? "unreadable" : notice.value === undefined ? "no_op" : messageType(notice.value.kind) });
  if (notice.ok && notice.value !== undefined) queueSeconds.observe(Math.max(0, clock.now() - notice.value.saidAt) / 1000);
}

/** As Karpenter calls them. */
function messageType(kind: CloudNoticeKind): string {
  switch (kind) {
    case "spot-interruption":
      return "spot_interrupted";
    case "reservation-interruption":
      return "capacity_reservation_interrupted";
    case "rebalance-recommendation":
      return "rebalance_recommendation";
    case "scheduled-change":
      return "scheduled_change";
    case "instance-stopping":
      return "instance_stopped";
    case "instance-ending":
      return "instance_terminated";
    default:
      return assertNever(kind);
  }
}
