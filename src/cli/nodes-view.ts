/**
 * The view: what a person at `plimsoll nodes` looks at, and what each key makes of it.
 *
 * Reads the view, a key and how much there is to see. Returns the next view. It knows rows by their number alone: whatever changes in the
 * cluster, the cursor stays where the eye is.
 */
import { moneyKeys, type MoneyKey } from "./nodes-money.ts";
import type { RowOrder } from "./nodes-filter.ts";

export interface NodesView {
  readonly order: RowOrder;
  /** The filter that counts. */
  readonly filter: string;
  /** The filter that is being typed. */
  readonly typed: string | undefined;
  /** The row under the cursor, from 0 on. */
  readonly cursor: number;
  /** The first row that is shown. */
  readonly top: number;
  /** The first column after the name that is shown. */
  readonly column: number;
  readonly money: MoneyKey;
  readonly page: "nodes" | "node" | "help";
  /** The node that a page is about, and its first line that is shown. */
  readonly node: string;
  readonly pageTop: number;
}

/** What there is to move in. */
export interface NodesExtent {
  readonly rows: number;
  /** Rows that fit on the screen. */
  readonly height: number;
  /** Lines of the page that is open, and how many fit. */
  readonly pageLines: number;
  readonly pageHeight: number;
  /** Columns after the name that may be scrolled away. */
  readonly columnsMax: number;
  /** Keys of the columns, to sort by one after the other. */
  readonly orders: readonly string[];
  /** The name of the row under the cursor, "" where there is none. */
  readonly node: string;
}

/** How long a typed filter may become. */
const typedMax = 200;

/** Returns the view at the start. */
export function firstView(of: Pick<NodesView, "order" | "filter" | "money">): NodesView {
  return { ...of, typed: undefined, cursor: 0, top: 0, column: 0, page: "nodes", node: "", pageTop: 0 };
}

/** Returns the view after a key, or "quit". */
export function nextView(view: NodesView, key: string, extent: NodesExtent): NodesView | "quit" {
  if (key === "ctrl-c") return "quit";
  if (view.typed !== undefined) return typedView(view, key);
  if (view.page !== "nodes") return pageView(view, key, extent);
  if (key === "q" || (key === "escape" && view.filter === "")) return "quit";
  return moved(view, key, extent) ?? chosen(view, key, extent);
}

/** Returns a view whose cursor and first row are there, whatever has gone meanwhile. */
export function withinExtent(view: NodesView, { rows, height, pageLines, pageHeight, columnsMax }: NodesExtent): NodesView {
  const cursor = clamp(view.cursor, rows - 1);
  const top = clamp(Math.max(cursor - height + 1, Math.min(view.top, cursor)), rows - height);
  return { ...view, cursor, top, column: clamp(view.column, columnsMax), pageTop: clamp(view.pageTop, pageLines - pageHeight) };
}

function typedView(view: NodesView, key: string): NodesView {
  const typed = view.typed ?? "";
  switch (key) {
    case "enter":
      return { ...view, typed: undefined, filter: typed, cursor: 0, top: 0 };
    case "escape":
      return { ...view, typed: undefined };
    case "backspace":
      return { ...view, typed: typed.slice(0, -1) };
    case "space":
      return { ...view, typed: `${typed} `.slice(0, typedMax) };
    default:
      return key.length === 1 ? { ...view, typed: `${typed}${key}`.slice(0, typedMax) } : view;
  }
}

function pageView(view: NodesView, key: string, { pageHeight, pageLines }: NodesExtent): NodesView | "quit" {
  if (["q", "escape", "enter", "left", "h", "backspace"].includes(key)) return { ...view, page: "nodes" };
  const by = stepOf(key, { height: pageHeight, all: pageLines });
  return by === undefined ? view : { ...view, pageTop: clamp(view.pageTop + by, pageLines - pageHeight) };
}

function moved(view: NodesView, key: string, extent: NodesExtent): NodesView | undefined {
  const by = stepOf(key, { height: extent.height, all: extent.rows });
  if (by !== undefined) return withinExtent({ ...view, cursor: clamp(view.cursor + by, extent.rows - 1) }, extent);
  if (key === "right" || key === "l") return { ...view, column: clamp(view.column + 1, extent.columnsMax) };
  if (key === "left" || key === "h") return { ...view, column: clamp(view.column - 1, extent.columnsMax) };
  return undefined;
}

/** By how many rows a key moves; undefined where it moves nothing. */
function stepOf(key: string, { height, all }: { readonly height: number; readonly all: number }): number | undefined {
  switch (key) {
    case "down":
    case "j":
      return 1;
    case "up":
    case "k":
      return -1;
    case "page-down":
    case "space":
      return Math.max(1, height - 1);
    case "page-up":
    case "b":
      return -Math.max(1, height - 1);
    case "home":
    case "g":
      return -all;
    case "end":
    case "G":
      return all;
    default:
      return undefined;
  }
}

function chosen(view: NodesView, key: string, extent: NodesExtent): NodesView {
  const { order } = view;
  switch (key) {
    case "s":
    case ">":
      return sortedBy(view, 1, extent);
    case "S":
    case "<":
      return sortedBy(view, -1, extent);
    case "r":
      return { ...view, order: { ...order, isDescending: !order.isDescending } };
    case "m":
      return { ...view, money: moneyKeys[(moneyKeys.indexOf(view.money) + 1) % moneyKeys.length] ?? view.money };
    case "/":
      return { ...view, typed: view.filter };
    case "escape":
      return { ...view, filter: "" };
    case "enter":
      return extent.node === "" ? view : { ...view, page: "node", node: extent.node, pageTop: 0 };
    case "?":
      return { ...view, page: "help", pageTop: 0 };
    default:
      return view;
  }
}

function sortedBy(view: NodesView, by: number, { orders }: NodesExtent): NodesView {
  const at = orders.indexOf(view.order.column);
  const column = orders[(at + by + orders.length) % orders.length] ?? view.order.column;
  return { ...view, order: { ...view.order, column }, cursor: 0, top: 0 };
}

/** From 0 to the most, and 0 where there is nothing. */
function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(value, most));
}
