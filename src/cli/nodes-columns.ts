/**
 * The columns of `plimsoll nodes`: what each shows of a row, and what it is sorted and filtered by.
 *
 * Reads the resources and labels that are asked for. Returns columns in the order in which they are given up where the terminal is narrow.
 */
import { computeTypeLabel } from "../api/labels.ts";
import type { Instant } from "../api/ports.ts";
import { ageText, amountText, hourlyText, percentText } from "./nodes-cell.ts";
import { isUnpaid, type NodeRow } from "./nodes-row.ts";
import { partOf, type PodShare } from "./nodes-use.ts";

export interface NodeColumn {
  /** What it is called when sorting and filtering; labels go by their key. */
  readonly key: string;
  readonly title: string;
  readonly align: "left" | "right";
  /** At least and at most; between them as wide as its widest text. */
  readonly width: readonly [from: number, to: number];
  /** The whole text; the screen cuts it. */
  readonly text: (row: NodeRow, now: Instant) => string;
  readonly order: (row: NodeRow) => number | string;
  /** True where the order is a number that people compare with. */
  readonly isNumber: boolean;
  /** Takes what is left of the screen. */
  readonly isFlexible?: true;
  /** Drawn as a bar, with the per cent behind it. */
  readonly share?: (row: NodeRow) => number;
}

export interface ColumnOptions {
  /** Each is a bar. */
  readonly resources: readonly string[];
  /** Labels with a column of their own. */
  readonly labels: readonly string[];
}

const barWidth = 10;
const stateWidth = 14;

/** Returns all columns; the name is the first. */
export function nodeColumns({ resources, labels }: ColumnOptions): readonly NodeColumn[] {
  return [
    { ...textColumn("name", "NODE", ({ name }) => name), width: [12, 48] },
    stateColumn,
    ...resources.map(resourceColumn),
    podsColumn,
    { ...textColumn("type", "TYPE", ({ instanceType }) => instanceType), width: [4, 18] },
    priceColumn,
    textColumn("buy", "BUY", ({ capacityType, labels: own }) =>
      own[computeTypeLabel] === "auto" ? `${capacityType} auto`.trimStart() : capacityType,
    ),
    textColumn("zone", "ZONE", ({ zone }) => zone),
    textColumn("pool", "POOL", ({ nodePool }) => nodePool),
    textColumn("class", "CLASS", (row) => withOthers(row.workloadClass, row.use.classes)),
    textColumn("owner", "OWNER", ({ use }) => withOthers(use.owners.find(({ name }) => name !== "")?.name ?? "", use.owners)),
    ageColumn,
    expiryColumn,
    ...labels.map((key) => textColumn(key, (key.split("/").at(-1) ?? key).toUpperCase(), (row) => row.labels[key] ?? "")),
    blockerColumn,
    textColumn("nodeclass", "NODECLASS", ({ nodeClass }) => nodeClass),
  ];
}

function textColumn(key: string, title: string, of: (row: NodeRow) => string): NodeColumn {
  return { key, title, align: "left", width: [title.length, 20], text: of, order: of, isNumber: false };
}

const stateColumn: NodeColumn = {
  key: "state",
  title: "STATE",
  align: "left",
  width: [stateWidth, stateWidth],
  text: ({ phase }, now) => `${phase.word} ${ageText(now - phase.since)}`,
  order: ({ phase }) => phase.word,
  isNumber: false,
};

const podsColumn: NodeColumn = {
  key: "pods",
  title: "PODS",
  align: "right",
  width: [4, 7],
  text: ({ use, allocatable }) => (allocatable["pods"] === undefined ? String(use.pods) : `${use.pods}/${allocatable["pods"]}`),
  order: ({ use }) => use.pods,
  isNumber: true,
};

const priceColumn: NodeColumn = {
  key: "price",
  title: "$/HOUR",
  align: "right",
  width: [7, 9],
  text: (row) => (row.pricePerHour === undefined || isUnpaid(row) ? "-" : hourlyText(row.pricePerHour)),
  // What nobody knows is neither cheap nor dear.
  order: ({ pricePerHour }) => pricePerHour ?? -1,
  isNumber: true,
};

const ageColumn: NodeColumn = {
  key: "age",
  title: "AGE",
  align: "right",
  width: [4, 4],
  text: ({ createdAt }, now) => ageText(now - createdAt),
  // The older, the more: an age grows while its instant stays.
  order: ({ createdAt }) => -createdAt,
  isNumber: false,
};

const expiryColumn: NodeColumn = {
  key: "expires",
  title: "EXPIRES",
  align: "right",
  width: [7, 7],
  text: ({ expiresAt }, now) => (expiresAt === undefined ? "-" : expiresAt <= now ? "due" : ageText(expiresAt - now)),
  order: ({ expiresAt }) => expiresAt ?? Number.MAX_SAFE_INTEGER,
  isNumber: false,
};

const blockerColumn: NodeColumn = {
  key: "blocker",
  title: "IN THE WAY",
  align: "left",
  width: [12, 400],
  isFlexible: true,
  text: obstacleText,
  order: ({ phase, blockers }) => (phase.reason === undefined ? 0 : 1000) + blockers.reduce((sum, { pods }) => sum + pods.length, 0),
  isNumber: true,
};

function resourceColumn(name: string): NodeColumn {
  const share = ({ use, allocatable }: NodeRow): number => partOf(use.requests, allocatable, name);
  return {
    key: name,
    title: (name.split("/").at(-1) ?? name).toUpperCase(),
    align: "left",
    width: [barWidth, barWidth],
    text: (row) =>
      `${amountText(name, row.use.requests[name] ?? 0)}/${amountText(name, row.allocatable[name] ?? 0)} ${percentText(share(row))}`,
    order: share,
    isNumber: true,
    share,
  };
}

/** Why a node is no further, when it ends, and what would hold its drain up. */
function obstacleText({ phase, blockers }: NodeRow, now: Instant): string {
  const { reason, message, deadline, givenUpAt } = phase;
  const [first] = blockers;
  const held = blockers.reduce((sum, { pods }) => sum + pods.length, 0);
  return [
    ...(deadline === undefined ? [] : [`ends in ${ageText(deadline - now)}`]),
    ...(reason === undefined ? [] : [message === undefined ? reason : `${reason}: ${message}`]),
    ...(givenUpAt === undefined ? [] : [givenUpText(givenUpAt, now)]),
    ...(first === undefined
      ? []
      : [`${first.kind === "budget" ? `PDB ${first.by}: ` : `${first.by}: `}${first.text}${moreText(held - first.pods.length)}`]),
  ].join("; ");
}

/** Returns when a NodeClaim is given up; one that should be gone by now has nobody who looks after it. */
export function givenUpText(givenUpAt: Instant, now: Instant): string {
  return givenUpAt > now
    ? `given up in ${ageText(givenUpAt - now)}`
    : `overdue by ${ageText(now - givenUpAt)}: is the provisioner running?`;
}

function moreText(pods: number): string {
  return pods === 0 ? "" : ` (and ${pods} more Pod${pods === 1 ? "" : "s"})`;
}

function withOthers(name: string, shares: readonly PodShare[]): string {
  const others = shares.filter((share) => share.name !== "" && share.name !== name).length;
  return others === 0 ? name : `${name} +${others}`;
}

/** Returns how wide each column is for some rows: by all of them, so that scrolling moves no column. */
export function columnWidths(columns: readonly NodeColumn[], rows: readonly NodeRow[], now: Instant): ReadonlyMap<string, number> {
  const widthOf = ({ title, width: [from, to], text, isFlexible }: NodeColumn): number => {
    if (from === to || isFlexible === true) return from;
    // The mark of the order stands behind the title.
    const widest = rows.reduce((most, row) => Math.max(most, text(row, now).length), title.length + 1);
    return Math.max(from, Math.min(to, widest));
  };
  return new Map(columns.map((column) => [column.key, widthOf(column)]));
}
