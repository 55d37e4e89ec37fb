/**
 * The session of a person at `plimsoll nodes`: frames at an interval and at each key, until the last key.
 *
 * Reads the cluster's source and a terminal. Draws. Rows are sorted and filtered again only where they, the order or the filter are others,
 * so that a quiet cluster costs next to nothing.
 */
import type { PlatformNames } from "../api/labels.ts";
import type { Instant } from "../api/ports.ts";
import { wrapped } from "./nodes-cell.ts";
import { columnWidths } from "./nodes-columns.ts";
import type { NodeEvent } from "./nodes-events.ts";
import { parseFilter, sortedRows } from "./nodes-filter.ts";
import type { Fleet, FleetOf } from "./nodes-fleet.ts";
import { helpLines } from "./nodes-help.ts";
import type { NodesPlan } from "./nodes-options.ts";
import type { NodeRow } from "./nodes-row.ts";
import { nodesFrame, pageHeight, tableHeight, type NodesScreen, type ScreenSize } from "./nodes-screen.ts";
import type { NodesSource } from "./nodes-source.ts";
import { openNodesTerminal } from "./nodes-terminal.ts";
import { firstView, nextView, withinExtent, type NodesExtent, type NodesView } from "./nodes-view.ts";
import type { TerminalStreams } from "./surroundings.ts";
import { nodeAnswer } from "./why-node-answer.ts";
import { nodeAnswerLines } from "./why-node-text.ts";
import { rowNamed } from "./why-node.ts";

export interface SessionOptions extends Omit<NodesPlan, "test" | "selector"> {
  readonly terminal: TerminalStreams;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly filter: string;
  readonly fleet: FleetOf;
  readonly source: NodesSource;
  readonly everyMs: number;
  readonly names: PlatformNames;
}

/** What a frame is made of besides the cluster. */
interface Moment {
  readonly view: NodesView;
  readonly size: ScreenSize;
  readonly now: Instant;
  readonly events: readonly NodeEvent[];
}

/** A filter by ages or times is asked anew after so long, though no row has changed. */
const filterAgainMs = 10_000;

/** Runs until the person quits or the process is told to end; the terminal is then as it was. */
export function runNodesScreen(options: SessionOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    openSession(options, { resolve, reject });
  });
}

function openSession(options: SessionOptions, on: { readonly resolve: () => void; readonly reject: (fault: Error) => void }): void {
  const session = sessionState(options, { size: () => terminal.size(), fail });
  const draw = guardedBy(fail, () => {
    terminal.draw(session.frame());
  });
  const press = guardedBy(fail, (keys: readonly string[]) => {
    if (keys.every((key) => session.press(key))) draw();
    else end();
  });
  const terminal = openNodesTerminal(options.terminal, { keys: press, resize: draw });
  const timer = setInterval(draw, options.everyMs);
  process.once("SIGTERM", end);
  draw();

  function close(): void {
    clearInterval(timer);
    process.off("SIGTERM", end);
    terminal.close();
  }
  function end(): void {
    close();
    on.resolve();
  }
  function fail(fault: unknown): void {
    close();
    on.reject(fault instanceof Error ? fault : new Error(String(fault)));
  }
}

interface SessionState {
  /** The lines of now. */
  frame(): readonly string[];
  /** Returns false when the person is done. */
  press(key: string): boolean;
}

function sessionState(
  options: SessionOptions,
  { size, fail }: { readonly size: () => ScreenSize; readonly fail: (fault: unknown) => void },
): SessionState {
  const screenAt = screensOf(options);
  let view = firstView({ order: options.order, filter: options.filter, money: "pool" });
  let events: readonly NodeEvent[] = [];
  const screenNow = (): NodesScreen => screenAt({ view, events, size: size(), now: Date.now() });
  const readEvents = async (node: string, { fleet }: NodesScreen): Promise<void> => {
    events = [];
    const claim = rowNamed(fleet.rows, node)?.claim?.metadata.name ?? "";
    const found = await options.source.events([node, claim]);
    if (view.node === node) events = found;
  };
  return {
    frame: () => {
      const screen = screenNow();
      view = screen.view;
      return nodesFrame(screen);
    },
    press: (key) => {
      const screen = screenNow();
      const next = nextView(screen.view, key, extentOf(screen));
      if (next === "quit") return false;
      if (next.page === "node" && view.page !== "node") readEvents(next.node, screen).catch(fail);
      view = next;
      return true;
    },
  };
}

/** A fault between two frames has no caller; the person must get the terminal back all the same. */
function guardedBy<A extends readonly unknown[]>(fail: (fault: unknown) => void, run: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      run(...args);
    } catch (fault) {
      fail(fault);
    }
  };
}

/** Returns a function that makes the screen of a moment, with the view kept within what there is. */
export function screensOf(options: Omit<SessionOptions, "terminal" | "order" | "filter" | "everyMs">): (moment: Moment) => NodesScreen {
  const { columns, resources, source, env } = options;
  const shownRows = rememberedRows(options);
  const widthsOf = rememberedWidths(options);
  // https://no-color.org
  const isColoured = (env["NO_COLOR"] ?? "") === "";
  return (moment) => {
    const { view, size, now } = moment;
    const fleet = options.fleet(source.snapshot(), now);
    const { shown, trouble } = shownRows(fleet, { view, now });
    const typed = view.typed === undefined ? undefined : parseFilter(view.typed, columns);
    const troubles = [
      ...(typed?.ok === false ? [typed.error] : []),
      ...(trouble === undefined ? [] : [`filter: ${trouble}`]),
      ...source.troubles(),
    ];
    const page = pageOf(options, { ...moment, fleet });
    const screen = {
      fleet,
      pods: source.pods(),
      shown,
      columns,
      widths: widthsOf(fleet.rows, now),
      resources,
      view,
      size,
      now,
      troubles,
      page,
      isColoured,
    };
    return { ...screen, view: withinExtent(view, extentOf(screen)) };
  };
}

function extentOf({ shown, columns, resources, view, size, page }: NodesScreen): NodesExtent {
  return {
    rows: shown.length,
    height: tableHeight(size, resources.length),
    pageLines: page.length,
    pageHeight: pageHeight(size),
    // The name stays, and so does one column beside it.
    columnsMax: Math.max(0, columns.length - 2),
    orders: columns.map(({ key }) => key),
    node: shown[view.cursor]?.name ?? "",
  };
}

interface ShownRows {
  readonly shown: readonly NodeRow[];
  /** What of the filter can't be read; all rows are shown then. */
  readonly trouble: string | undefined;
}

function rememberedRows({ columns }: Pick<SessionOptions, "columns">): (fleet: Fleet, of: Pick<Moment, "view" | "now">) => ShownRows {
  let known: { readonly rows: readonly NodeRow[]; readonly asked: string; readonly answer: ShownRows } | undefined;
  return ({ rows }, { view, now }) => {
    const { filter, order } = view;
    const asked = JSON.stringify([filter, order, filter === "" ? 0 : Math.floor(now / filterAgainMs)]);
    if (known?.rows === rows && known.asked === asked) return known.answer;
    const test = parseFilter(filter, columns);
    const passing = test.ok ? rows.filter((row) => test.value(row, now)) : rows;
    const answer = { shown: sortedRows(passing, order, columns), trouble: test.ok ? undefined : test.error };
    known = { rows, asked, answer };
    return answer;
  };
}

/** Columns only grow while a session lasts: the eye finds them where they were, and only rows that are new are asked how wide they are. */
function rememberedWidths({ columns }: Pick<SessionOptions, "columns">): (rows: readonly NodeRow[], now: Instant) => NodesScreen["widths"] {
  let known: { readonly rows: readonly NodeRow[]; readonly widths: NodesScreen["widths"] } | undefined;
  return (rows, now) => {
    if (known?.rows === rows) return known.widths;
    const before = known;
    const news = before === undefined ? rows : rows.filter((row, index) => row !== before.rows[index]);
    const asked = columnWidths(columns, news, now);
    const widths = new Map([...asked].map(([key, width]) => [key, Math.max(width, before?.widths.get(key) ?? 0)]));
    known = { rows, widths };
    return widths;
  };
}

function pageOf(
  { source, names }: Pick<SessionOptions, "source" | "names">,
  { view, now, events, fleet, size }: Moment & { readonly fleet: Fleet },
): readonly string[] {
  const onScreen = (lines: readonly string[]): readonly string[] => lines.flatMap((line) => wrapped(line, size.columns));
  if (view.page === "help") return onScreen(helpLines);
  if (view.page === "nodes") return [];
  const row = rowNamed(fleet.rows, view.node);
  if (row === undefined) return [`${view.node} is not there any more`];
  return onScreen(nodeAnswerLines(nodeAnswer(row, { snapshot: source.snapshot(), names, events }), now));
}
