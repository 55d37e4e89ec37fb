/**
 * The reference page of the metrics: each with its kind, labels and meaning.
 *
 * Reads the definitions that the registry is made from. Returns the text by its path and writes nothing.
 */
import { auditMetricDefinitions } from "../src/cli/audit-metrics.ts";
import { ec2MetricDefinitions } from "../src/cli/ec2-metrics.ts";
import { fleetMetricDefinitions } from "../src/cli/fleet-metrics.ts";
import { lifeMetricDefinitions } from "../src/cli/life-metrics.ts";
import { processMetricDefinitions } from "../src/cli/process-metrics.ts";
import { providerMetricDefinitions } from "../src/cli/provider-metrics.ts";
import { removalMetricDefinitions } from "../src/cli/removal-metrics.ts";
import { viewMetricDefinitions } from "../src/cli/view-metrics.ts";
import { type MetricDefinition, webhookMetricDefinitions } from "../src/webhook/metrics.ts";

/** Returns the page by its path from the root of the repository. */
export function metricsPage(): ReadonlyMap<string, string> {
  const page = [
    "# Metrics",
    "<!-- Made from the definitions in src by `npm run generate`; don't edit. -->",
    "`plimsoll serve` answers `/metrics` on the port of the webhook server (9443 unless told otherwise), over HTTPS, in the Prometheus text format.",
    "## Admission",
    metricTable(Object.values(webhookMetricDefinitions)),
    "## Process and controllers",
    metricTable(Object.values(processMetricDefinitions)),
    "## The view that is judged by",
    metricTable(Object.values(viewMetricDefinitions)),
    "## Nodes and their lives",
    "Told by the process that provisions, and by it alone. Names that begin with karpenter or operator are Karpenter's, with its labels as far as given here.",
    metricTable([...Object.values(lifeMetricDefinitions), ...Object.values(removalMetricDefinitions)]),
    "## The fleet as it is",
    "Told by the process that provisions. Karpenter has a series for each node; here nodes with the same labels are one series with their sum.",
    metricTable(Object.values(fleetMetricDefinitions)),
    "## The provider of nodes",
    metricTable(Object.values(providerMetricDefinitions)),
    "## EC2",
    "Told with `--provider ec2`.",
    metricTable(Object.values(ec2MetricDefinitions)),
    "## Audit of what already runs",
    "Told by the process that leads, and by it alone.",
    metricTable(Object.values(auditMetricDefinitions)),
  ];
  return new Map([["docs/reference/metrics.md", `${page.join("\n\n")}\n`]]);
}

function metricTable(definitions: readonly MetricDefinition[]): string {
  const rows = definitions.map(
    ({ name, kind, labels, help }) => `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help} |`,
  );
  return ["| metric | kind | labels | meaning |", "|---|---|---|---|", ...rows].join("\n");
}
