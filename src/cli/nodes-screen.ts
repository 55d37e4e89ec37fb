/**
 * The screen of `plimsoll nodes`: one frame, as lines.
 *
 * Reads the fleet, the view and the size of the terminal. Returns exactly as many lines as it has, each exactly as wide or less, with colours.
 * Pure: the same frame for the same cluster and second, so that only lines that differ from the last one's need be drawn.
 */
import pc from "picocolors";
import type { Instant } from "../api/ports.ts";
import { amountText, barText, cut, fitted, grouped, hourlyText, monthlyText, percentText } from "./nodes-cell.ts";
import type { NodeColumn } from "./nodes-columns.ts";
import type { Fleet } from "./nodes-fleet.ts";
import type { PodCounts } from "./nodes-pods.ts";
import { fleetTotals, hoursPerMonth, moneyBy, type FleetTotals } from "./nodes-money.ts";
import type { NodeRow } from "./nodes-row.ts";
import { partOf } from "./nodes-use.ts";
import type { NodesView } from "./nodes-view.ts";

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export interface NodesScreen {
  readonly fleet: Fleet;
  readonly pods: PodCounts;
  /** Those that pass the filter, in order. */
  readonly shown: readonly NodeRow[];
  readonly columns: readonly NodeColumn[];
  /** By the key of the column. */
  readonly widths: ReadonlyMap<string, number>;
  readonly resources: readonly string[];
  readonly view: NodesView;
  readonly size: ScreenSize;
  readonly now: Instant;
  /** What is wrong with the cluster's answers or with what was typed, the most pressing first. */
  readonly troubles: readonly string[];
  /** Lines of the page that is open. */
  readonly page: readonly string[];
  readonly isColoured: boolean;
}

type Colours = ReturnType<typeof pc.createColors>;

/** Head, header of the table and foot, besides one line a resource. */
const otherLines = 4;
const gap = " ";

/** Returns how many rows of the table fit. */
export function tableHeight({ rows }: ScreenSize, resources: number): number {
  return Math.max(1, rows - otherLines - resources);
}

/** Returns how many lines of a page fit. */
export function pageHeight({ rows }: ScreenSize): number {
  return Math.max(1, rows - 1);
}

/** Returns the lines of a frame. */
export function nodesFrame(screen: NodesScreen): readonly string[] {
  const colours = pc.createColors(screen.isColoured);
  const { size, view } = screen;
  const lines =
    view.page === "nodes"
      ? [...headLines(screen, colours), ...tableLines(screen, colours), footLine(screen, colours)]
      : [...pageLines(screen), footLine(screen, colours)];
  return lines.slice(0, size.rows);
}

function pageLines({ page, view, size }: NodesScreen): readonly string[] {
  const height = pageHeight(size);
  return Array.from({ length: height }, (_unused, index) => cut(page[view.pageTop + index] ?? "", size.columns));
}

function headLines(screen: NodesScreen, colours: Colours): readonly string[] {
  const { fleet, pods, shown, resources, size, now } = screen;
  const totals = fleetTotals(shown);
  const of = shown.length === fleet.rows.length ? "" : ` of ${grouped(fleet.rows.length)}`;
  const phases = Object.entries(totals.phases)
    .filter(([word]) => word !== "ready")
    .map(([word, count]) => `${grouped(count)} ${word}`);
  const left = [
    `${grouped(shown.length)}${of} node${shown.length === 1 ? "" : "s"}${phases.length === 0 ? "" : ` (${phases.join(", ")})`}`,
    `${grouped(pods.total)} Pods: ${grouped(pods.pending)} pending, ${grouped(pods.running)} running, ${grouped(pods.bound)} bound`,
  ].join("  ");
  const clock = new Date(now).toISOString().slice(11, 19).concat("Z");
  const room = size.columns - clock.length - 1;
  // Whoever has a narrow terminal has a clock elsewhere.
  const first = left.length > room ? left : `${fitted(left, room)} ${clock}`;
  const bars = resources.map((name, index) => resourceLine(name, { totals, size, colours, money: moneyTexts(totals)[index] ?? "" }));
  return [colours.bold(cut(first, size.columns)), ...bars, cut(moneyLine(screen), size.columns)];
}

/** Beside the first bars. */
function moneyTexts({ pricePerHour, idlePerHour, unpriced }: FleetTotals): readonly string[] {
  const unknown = unpriced === 0 ? "" : `, ${grouped(unpriced)} unpriced`;
  const idle = pricePerHour === 0 ? 0 : idlePerHour / pricePerHour;
  return [
    `${hourlyText(pricePerHour)}/hour ${monthlyText(pricePerHour * hoursPerMonth)}/month${unknown}`,
    `${hourlyText(idlePerHour)}/hour idle (${percentText(idle)})`,
  ];
}

function resourceLine(
  name: string,
  of: { readonly totals: FleetTotals; readonly size: ScreenSize; readonly colours: Colours; readonly money: string },
): string {
  const { totals, size, colours, money } = of;
  const share = partOf(totals.requests, totals.allocatable, name);
  const all = totals.allocatable[name] ?? 0;
  const amounts = all === 0 ? "no node has any" : `${amountText(name, totals.requests[name] ?? 0)} of ${amountText(name, all)}`;
  const head = `${fitted(name.split("/").at(-1) ?? name, 8)} ${fitted(amounts, 20)} ${fitted(percentText(share), 4, "right")} `;
  const cells = Math.max(0, Math.min(50, size.columns - head.length - 33));
  const plain = cut(`${head}${barText(share, cells)} ${money}`, size.columns);
  return `${plain.slice(0, head.length)}${paintOfShare(share, colours)(plain.slice(head.length, head.length + cells))}${plain.slice(head.length + cells)}`;
}

function moneyLine({ shown, view }: NodesScreen): string {
  const groups = moneyBy(shown, view.money);
  const texts = groups.map(({ name, pricePerHour }) => `${name === "" ? "-" : name} ${hourlyText(pricePerHour)}`);
  return `$ by ${view.money}: ${texts.join(", ") || "nothing"}`;
}

/** eks-node-viewer's bounds: a full node is money well spent. */
function paintOfShare(share: number, colours: Colours): (text: string) => string {
  if (share > 0.9) return colours.green;
  return share > 0.6 ? colours.yellow : colours.red;
}

interface PlacedColumn extends NodeColumn {
  readonly cells: number;
}

function tableLines(screen: NodesScreen, colours: Colours): readonly string[] {
  const { shown, view, size, resources } = screen;
  const placed = placedColumns(screen);
  const height = tableHeight(size, resources.length);
  const header = placed.map(({ key, title, cells, align }) => fitted(`${title}${markOf(key, view)}`, cells, align)).join(gap);
  const rows = Array.from({ length: height }, (_unused, index) => {
    const row = shown[view.top + index];
    if (row === undefined) return index === 0 && shown.length === 0 ? emptyText(screen) : "";
    return rowLine(row, { screen, placed, colours, isChosen: view.top + index === view.cursor });
  });
  return [colours.dim(cut(header, size.columns)), ...rows];
}

function emptyText({ fleet, view }: NodesScreen): string {
  return fleet.rows.length > 0 && view.filter !== "" ? `no node passes the filter "${view.filter}"` : "no node";
}

function markOf(key: string, { order }: NodesView): string {
  if (key !== order.column) return "";
  return order.isDescending ? "↓" : "↑";
}

function rowLine(
  row: NodeRow,
  of: {
    readonly screen: NodesScreen;
    readonly placed: readonly PlacedColumn[];
    readonly colours: Colours;
    readonly isChosen: boolean;
  },
): string {
  const { screen, placed, colours, isChosen } = of;
  const cells = placed.map((column) => {
    const text = cellText(column, row, screen.now);
    return isChosen ? text : paintOf(column, { row, colours })(text);
  });
  return isChosen ? colours.inverse(cells.join(gap)) : cells.join(gap);
}

function cellText({ share, text, cells, align }: PlacedColumn, row: NodeRow, now: Instant): string {
  if (share === undefined) return fitted(text(row, now), cells, align);
  // What has not joined has no bar: nothing can stand on it.
  if (row.node === undefined) return "".padEnd(cells);
  const percent = percentText(share(row));
  return `${barText(share(row), cells - 5)} ${percent.padStart(4)}`.slice(0, cells);
}

function paintOf(
  { key, share }: NodeColumn,
  { row, colours }: { readonly row: NodeRow; readonly colours: Colours },
): (text: string) => string {
  if (share !== undefined) return row.node === undefined ? String : paintOfShare(share(row), colours);
  if (key === "state") return stateColours(colours)[row.phase.word] ?? String;
  if (key === "blocker") return row.phase.reason === undefined ? colours.dim : colours.red;
  return String;
}

function stateColours(colours: Colours): Partial<Record<string, (text: string) => string>> {
  return {
    ready: colours.green,
    "not ready": colours.red,
    launching: colours.cyan,
    joining: colours.cyan,
    starting: colours.cyan,
    cordoned: colours.yellow,
    replacing: colours.yellow,
    draining: colours.yellow,
    ending: colours.magenta,
  };
}

/** The name, then the columns from the first that is shown on, as far as they fit; the flexible one takes what is left. */
function placedColumns(screen: NodesScreen): readonly PlacedColumn[] {
  const { columns, size, view, widths } = screen;
  const [name, ...others] = columns;
  if (name === undefined) return [];
  const nameCells = Math.min(widths.get(name.key) ?? 0, nameCellsMax(size));
  const placed: PlacedColumn[] = [{ ...name, cells: nameCells }];
  let left = size.columns - nameCells;
  for (const column of others.slice(view.column)) {
    const width = widths.get(column.key) ?? 0;
    const cells = column.isFlexible === true ? Math.max(width, Math.min(left - gap.length, column.width[1])) : width;
    if (cells + gap.length > left) break;
    placed.push({ ...column, cells });
    left -= cells + gap.length;
  }
  return placed;
}

/** Half of a narrow terminal would be names. */
function nameCellsMax({ columns }: ScreenSize): number {
  return Math.max(22, Math.floor(columns * 0.13));
}

/** Which columns are on the screen, where it does not hold them all; the name always is. */
function columnsText(screen: NodesScreen): string {
  const [all, placed] = [screen.columns.length - 1, placedColumns(screen).length - 1];
  const first = screen.view.column + 1;
  return placed === all ? "" : `  columns ${first}-${first + placed - 1} of ${all} ←→`;
}

function footLine(screen: NodesScreen, colours: Colours): string {
  const { view, shown, size, troubles, fleet, resources } = screen;
  if (view.typed !== undefined)
    return cut(`filter: ${view.typed}▏ ${troubles[0] ?? "enter: use it, escape: leave it; such as pool=general cpu<40"}`, size.columns);
  const [trouble] = [...troubles, ...fleet.troubles];
  if (view.page !== "nodes") return colours.inverse(fitted(" arrows scroll   q back", size.columns));
  const last = Math.min(shown.length, view.top + tableHeight(size, resources.length));
  const range = shown.length === 0 ? "0" : `${view.top + 1}-${last} of ${grouped(shown.length)}`;
  const filter = view.filter === "" ? "" : `  filter: ${view.filter}`;
  const keys = "enter why  ? keys  q quit  / filter  s sort  r turn  m money";
  const text = trouble === undefined ? ` ${range}${filter}${columnsText(screen)}  ${keys}` : ` ${trouble}`;
  return (trouble === undefined ? colours.inverse : colours.red)(fitted(text, size.columns));
}
