/**
 * Metrics of the audit: what was found in what already runs, by namespace, owner, rule and action.
 *
 * Reads the tally of each look at a namespace. Label values are users' words, so both are bounded: the namespaces and owners
 * with the fewest objects found share the value "(others)". Made anew at each scrape, so that nothing outlives its namespace.
 */
import { Gauge, type Registry } from "prom-client";
import type { AuditTally } from "../policies/audit-tally.ts";
import type { Exemption } from "../policies/exemption.ts";
import type { MetricDefinition } from "../webhook/metrics.ts";

export const auditMetricDefinitions = {
  findings: {
    name: "plimsoll_audit_findings",
    kind: "gauge",
    help: "Objects that run with a finding, by namespace, cost owner, rule and action (deny: a new one would be refused).",
    labels: ["namespace", "owner", "rule", "action"],
  },
  unseen: {
    name: "plimsoll_audit_entered_unseen",
    kind: "gauge",
    help: "Objects that would be refused and were made while admission was registered: it was away, or the policies were others.",
    labels: ["namespace"],
  },
  objects: {
    name: "plimsoll_audit_objects",
    kind: "gauge",
    help: "Objects that the audit has judged.",
    labels: [],
  },
  exempted: {
    name: "plimsoll_exemption_objects",
    kind: "gauge",
    help: "Objects that run by an exemption alone, by its id; 0 where it matches nothing and may be stale.",
    labels: ["exemption"],
  },
  expiry: {
    name: "plimsoll_exemption_expiry_timestamp_seconds",
    kind: "gauge",
    help: "When an exemption of policies.yaml ends, in seconds since the epoch; a time that is past is of one that lifts nothing more.",
    labels: ["exemption", "owner"],
  },
} as const satisfies Record<string, MetricDefinition>;

/** What the audit tells; `clear` when this process no longer leads. */
export interface AuditMetrics {
  tell(namespace: string, tally: AuditTally | undefined, exemptions: readonly Exemption[]): void;
  clear(): void;
}

/** Distinct values of the labels that users name. */
const namespacesMax = 200;
const ownersMax = 100;
const exemptionsMax = 500;
const others = "(others)";

/** Makes the audit's metrics in the webhook server's registry. */
export function auditMetrics(registry: Registry): AuditMetrics {
  const tallies = new Map<string, AuditTally>();
  const policies: { exemptions: readonly Exemption[] } = { exemptions: [] };
  const told = () => policies.exemptions.slice(0, exemptionsMax);
  const { findings, unseen, objects, exempted, expiry } = auditMetricDefinitions;
  const gauge = (definition: MetricDefinition, series: () => readonly Series[]): void => {
    new Gauge({
      ...{ name: definition.name, help: definition.help, labelNames: definition.labels, registers: [registry] },
      collect() {
        this.reset();
        for (const { labels, value } of series()) this.set(labels, value);
      },
    });
  };
  gauge(findings, () => findingSeries(tallies));
  gauge(unseen, () => unseenSeries(tallies));
  gauge(objects, () => [{ labels: {}, value: [...tallies.values()].reduce((sum, tally) => sum + tally.objects, 0) }]);
  gauge(exempted, () => told().map(({ id }) => ({ labels: { exemption: id }, value: exemptedObjects(tallies, id) })));
  gauge(expiry, () => told().map(({ id, owner, expires }) => ({ labels: { exemption: id, owner }, value: expires / 1000 })));
  return {
    tell: (namespace, tally, exemptions) => {
      policies.exemptions = exemptions;
      if (tally === undefined) tallies.delete(namespace);
      else tallies.set(namespace, tally);
    },
    clear: () => {
      tallies.clear();
      policies.exemptions = [];
    },
  };
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Returns one series for each namespace, owner, rule and action, within the bounds. */
export function findingSeries(tallies: ReadonlyMap<string, AuditTally>): readonly Series[] {
  const counts = [...tallies].flatMap(([namespace, tally]) => tally.counts.map((count) => ({ namespace, ...count })));
  const namespaces = kept(
    counts.map((count) => [count.namespace, count.objects]),
    namespacesMax,
  );
  const owners = kept(
    counts.map((count) => [count.owner, count.objects]),
    ownersMax,
  );
  const series = new Map<string, Series>();
  for (const { namespace, owner, rule, outcome: action, objects } of counts) {
    const labels = { namespace: namespaces.has(namespace) ? namespace : others, owner: owners.has(owner) ? owner : others, rule, action };
    const key = JSON.stringify(labels);
    series.set(key, { labels, value: (series.get(key)?.value ?? 0) + objects });
  }
  return [...series.values()];
}

function unseenSeries(tallies: ReadonlyMap<string, AuditTally>): readonly Series[] {
  const namespaces = kept(
    [...tallies].map(([namespace, { unseen }]) => [namespace, unseen]),
    namespacesMax,
  );
  const series = new Map<string, number>();
  for (const [namespace, { unseen }] of tallies) {
    const label = namespaces.has(namespace) ? namespace : others;
    series.set(label, (series.get(label) ?? 0) + unseen);
  }
  return [...series].map(([namespace, value]) => ({ labels: { namespace }, value }));
}

function exemptedObjects(tallies: ReadonlyMap<string, AuditTally>, id: string): number {
  return [...tallies.values()].reduce((sum, { exempted }) => sum + (exempted.get(id) ?? 0), 0);
}

/** The values with the greatest weights, as many as are allowed; of equal ones the first by name. */
function kept(weighted: readonly (readonly [string, number])[], valuesMax: number): ReadonlySet<string> {
  const sums = new Map<string, number>();
  for (const [value, weight] of weighted) sums.set(value, (sums.get(value) ?? 0) + weight);
  const sorted = [...sums].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
  return new Set(sorted.slice(0, valuesMax).map(([value]) => value));
}
