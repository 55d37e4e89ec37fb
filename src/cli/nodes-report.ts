/**
 * `plimsoll nodes` as a table for a pipe, and as JSON for a program.
 *
 * Reads the fleet and the rows that are shown. Returns text. JSON names amounts as Kubernetes does and instants in RFC 3339, so that nothing
 * has to be guessed from a column.
 */
import type { Instant } from "../api/ports.ts";
import { toResourceList } from "../kube/resources.ts";
import { timeText } from "../kube/time-text.ts";
import { grouped, hourlyText, monthlyText, percentText } from "./nodes-cell.ts";
import type { NodeColumn } from "./nodes-columns.ts";
import type { Fleet } from "./nodes-fleet.ts";
import { fleetTotals, type FleetTotals, hoursPerMonth, idleOf, moneyBy, moneyKeys, type MoneyGroup } from "./nodes-money.ts";
import type { PodCounts } from "./nodes-pods.ts";
import type { NodeRow } from "./nodes-row.ts";
import { partOf } from "./nodes-use.ts";
import { textTable } from "./text-table.ts";

export interface NodesReport {
  readonly fleet: Fleet;
  readonly pods: PodCounts;
  readonly shown: readonly NodeRow[];
  readonly columns: readonly NodeColumn[];
  readonly resources: readonly string[];
  readonly now: Instant;
}

/** Returns the table with the sums above it. */
export function nodesText({ fleet, pods, shown, columns, resources, now }: NodesReport): string {
  const totals = fleetTotals(shown);
  const phases = Object.entries(totals.phases).map(([word, count]) => `${grouped(count)} ${word}`);
  const sums = [
    `${grouped(shown.length)} node${shown.length === 1 ? "" : "s"}${phases.length === 0 ? "" : `: ${phases.join(", ")}`}`,
    `${grouped(pods.total)} Pods: ${grouped(pods.pending)} pending, ${grouped(pods.running)} running, ${grouped(pods.bound)} bound`,
    ...resources.map((name) => `${name}: ${requestedText(name, totals)}`),
    ...(fleet.prices.asOf === "" ? [] : moneyLines(shown, fleet.prices.asOf)),
    ...fleet.troubles,
  ];
  const table =
    shown.length === 0
      ? ""
      : `\n${textTable([columns.map(({ title }) => title), ...shown.map((row) => columns.map(({ text }) => text(row, now) || "-"))])}`;
  return `${sums.join("\n")}\n${table}`;
}

function requestedText(name: string, { requests, allocatable }: Pick<FleetTotals, "requests" | "allocatable">): string {
  if ((allocatable[name] ?? 0) === 0) return "no node has any";
  return `${percentText(partOf(requests, allocatable, name))} is requested`;
}

function moneyLines(shown: readonly NodeRow[], asOf: string): readonly string[] {
  const { pricePerHour, idlePerHour, unpriced } = fleetTotals(shown);
  const unknown = unpriced === 0 ? "" : `; of ${grouped(unpriced)} node${unpriced === 1 ? "" : "s"} no price is known`;
  return [
    `${hourlyText(pricePerHour)} an hour, ${monthlyText(pricePerHour * hoursPerMonth)} a month; ${hourlyText(idlePerHour)} an hour of it is idle${unknown}`,
    `prices: ${asOf}`,
  ];
}

/** Returns the same as data; a line of its own where `isLine`, for a stream of them. */
export function nodesJson({ fleet, pods, shown, now }: Omit<NodesReport, "columns" | "resources">, isLine: boolean): string {
  const { requests, allocatable, ...totals } = fleetTotals(shown);
  const money = (groups: readonly MoneyGroup[]) => groups.map((group) => ({ ...group, pricePerHour: rounded(group.pricePerHour) }));
  const report = {
    at: timeText(now),
    prices: fleet.prices.asOf,
    totals: {
      ...totals,
      pricePerHour: rounded(totals.pricePerHour),
      idlePerHour: rounded(totals.idlePerHour),
      requests: toResourceList(requests),
      allocatable: toResourceList(allocatable),
      pods,
    },
    money: Object.fromEntries(moneyKeys.map((key) => [key, money(moneyBy(shown, key))] as const)),
    troubles: fleet.troubles,
    nodes: shown.map(rowForm),
  };
  return `${JSON.stringify(report, undefined, isLine ? undefined : 2)}\n`;
}

/** Returns a row as data; what is not known is left out. */
export function rowForm(row: NodeRow) {
  const { phase, pricePerHour, expiresAt, use, claim } = row;
  const { since, deadline, givenUpAt, word, ...why } = phase;
  return {
    name: row.name,
    hasJoined: row.node !== undefined,
    ...(claim?.metadata.name === undefined ? {} : { nodeClaim: claim.metadata.name }),
    ...(claim?.status?.providerID ? { providerID: claim.status.providerID } : providerOf(row)),
    state: word,
    since: timeText(since),
    ...why,
    ...(deadline === undefined ? {} : { endsAt: timeText(deadline) }),
    ...(givenUpAt === undefined ? {} : { givenUpAt: timeText(givenUpAt) }),
    instanceType: row.instanceType,
    capacityType: row.capacityType,
    zone: row.zone,
    nodePool: row.nodePool,
    nodeClass: row.nodeClass,
    workloadClass: row.workloadClass,
    createdAt: timeText(row.createdAt),
    ...(expiresAt === undefined ? {} : { expiresAt: timeText(expiresAt) }),
    ...(pricePerHour === undefined ? {} : { pricePerHour, idlePerHour: rounded(idleOf(row)) }),
    pods: use.pods,
    requests: toResourceList(use.requests),
    allocatable: toResourceList(row.allocatable),
    classes: use.classes.map((one) => ({ ...one, share: rounded(one.share) })),
    owners: use.owners.map((one) => ({ ...one, share: rounded(one.share) })),
    blockers: row.blockers.map(({ until, ...blocker }) => ({ ...blocker, ...(until === undefined ? {} : { until: timeText(until) }) })),
    labels: row.labels,
  };
}

function providerOf({ node }: NodeRow): { readonly providerID?: string } {
  const id = node?.spec?.providerID;
  return id === undefined ? {} : { providerID: id };
}

/** Sums of money carry no floating-point dust. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
