/**
 * A plan as a picture for a terminal: nodes as boxes, with what stands on them and how full they are.
 *
 * Reads a plan and how wide the terminal is. Returns lines. Nodes that are equal but for their names are one box with a
 * number; a letter stands for a workload in every box, # for DaemonSets and for what runs already.
 */
import pc from "picocolors";
import type { Resources } from "../api/object.ts";
import { formatAmount, toResources } from "../kube/resources.ts";
import { dollars, nextBestText } from "./node-why-text.ts";
import type { Plan, PlannedPlace } from "./plan-form.ts";

export interface PictureOptions {
  readonly columns: number;
  readonly isColoured: boolean;
}

/** Boxes that are drawn; the rest is told as a number. */
const boxesMax = 400;
const boxWidthMin = 40;
const boxWidthUsual = 46;
const gap = " ";
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const overhead = "#";
const free = "·";

/** One line of a box: its text, and the same with colours. */
interface Line {
  readonly plain: string;
  readonly painted: string;
}

interface Box {
  readonly title: string;
  readonly foot: string;
  readonly lines: readonly Line[];
  count: number;
}

/** Draws the nodes of a plan, those that are there first. */
export function picturePlan(plan: Plan, { columns, isColoured }: PictureOptions): string {
  const perRow = Math.max(1, Math.floor((columns + gap.length) / (boxWidthUsual + gap.length)));
  const width = Math.max(boxWidthMin, Math.floor((columns - gap.length * (perRow - 1)) / perRow));
  const paint = painterOf(plan, pc.createColors(isColoured));
  const boxes = new Map<string, Box>();
  for (const place of placesOf(plan)) {
    const box = boxOf(place, { inner: width - 4, paint });
    const name = [box.title, box.foot, ...box.lines.map(({ plain }) => plain)].join("\n");
    const known = boxes.get(name);
    if (known === undefined) boxes.set(name, box);
    else known.count += 1;
  }
  const drawn = [...boxes.values()].slice(0, boxesMax);
  const rows = Array.from({ length: Math.ceil(drawn.length / perRow) }, (_unused, row) => drawn.slice(row * perRow, (row + 1) * perRow));
  const left = boxes.size - drawn.length;
  return `${rows.map((row) => rowText(row, width)).join("")}${left === 0 ? "" : `and ${left} more boxes\n`}`;
}

interface PlaceText {
  readonly head: string;
  readonly foot: string;
  readonly place: PlannedPlace;
  /** What the next best would cost. */
  readonly next?: string;
}

function placesOf(plan: Plan): readonly PlaceText[] {
  return [
    ...plan.existing.map((place) => ({ head: place.node, foot: "is there", place })),
    ...plan.nodes.map((place) => ({
      head: `${place.instanceType} ${place.capacityType} ${place.zone}`,
      foot: `${place.nodePool}  ${dollars(place.pricePerHour)}/h`,
      next: nextBestText(place.why),
      place,
    })),
  ];
}

type Painter = (workload: string) => { readonly letter: string; readonly painted: (text: string) => string };

/** Letters in the order in which workloads appear; those beyond the alphabet share one. */
function painterOf(plan: Plan, colours: ReturnType<typeof pc.createColors>): Painter {
  const known = new Map<string, number>();
  for (const { place } of placesOf(plan)) {
    for (const { workload } of place.workloads) if (!known.has(workload)) known.set(workload, known.size);
  }
  const palette = [colours.cyan, colours.yellow, colours.green, colours.magenta, colours.blue, colours.red];
  return (workload) => {
    const index = known.get(workload) ?? letters.length;
    return { letter: letters[index] ?? "+", painted: palette[index % palette.length] ?? colours.reset };
  };
}

function boxOf({ head, place, foot, next }: PlaceText, { inner, paint }: { readonly inner: number; readonly paint: Painter }): Box {
  const bars = barNames(place).map((name) => barLine(place, { name, inner, paint }));
  const workloads = place.workloads.map(({ workload, pods }): Line => {
    const { letter, painted } = paint(workload);
    const text = cut(`${workload} ×${pods}`, inner - 2);
    return { plain: `${letter} ${text}`, painted: `${painted(letter)} ${text}` };
  });
  const lines = [...bars, ...workloads, ...(next === undefined ? [] : [{ plain: cut(next, inner), painted: cut(next, inner) }])];
  return { title: cut(head, inner), foot: cut(foot, inner - 6), lines, count: 1 };
}

/** cpu and memory, and what else is asked for besides places for Pods. */
function barNames({ requests }: PlannedPlace): readonly string[] {
  return ["cpu", "memory", ...Object.keys(requests).filter((name) => name !== "cpu" && name !== "memory" && name !== "pods")];
}

function barLine(
  place: PlannedPlace,
  { name, inner, paint }: { readonly name: string; readonly inner: number; readonly paint: Painter },
): Line {
  const [used, most] = [toResources(place.requests), toResources(place.allocatable)].map((one: Resources) => one[name] ?? 0);
  const label = cut(name, 8).padEnd(8);
  const share = most === undefined || most === 0 ? 0 : (used ?? 0) / most;
  const tail = ` ${amountsText(name, { used: used ?? 0, most: most ?? 0 })} ${String(Math.round(share * 100)).padStart(3)}%`;
  const cells = Math.max(4, inner - label.length - tail.length);
  const segments = segmentsOf(place, { name, cells, paint });
  const bar = segments.map(({ letter, size }) => letter.repeat(size)).join("");
  const painted = segments.map(({ letter, size, painted: colour }) => colour(letter.repeat(size))).join("");
  const rest = free.repeat(Math.max(0, cells - bar.length));
  return { plain: `${label}${bar}${rest}${tail}`, painted: `${label}${painted}${rest}${tail}` };
}

const gibibyte = 1024 ** 3;

/** Cores and gibibytes with one digit; whatever else there is as it is written. */
function amountsText(name: string, { used, most }: { readonly used: number; readonly most: number }): string {
  if (name === "cpu") return `${(used / 1000).toFixed(1)}/${(most / 1000).toFixed(1)}`;
  if (name === "memory") return `${(used / gibibyte).toFixed(1)}/${(most / gibibyte).toFixed(1)}Gi`;
  return `${formatAmount(name, used)}/${formatAmount(name, most)}`;
}

/** Ends are rounded, not sizes, so that a bar is as long as the sum. */
function segmentsOf(
  place: PlannedPlace,
  { name, cells, paint }: { readonly name: string; readonly cells: number; readonly paint: Painter },
) {
  const most = toResources(place.allocatable)[name] ?? 0;
  const own = place.workloads.map(({ workload, requests }) => ({ ...paint(workload), amount: toResources(requests)[name] ?? 0 }));
  const rest = (toResources(place.requests)[name] ?? 0) - own.reduce((sum, { amount }) => sum + amount, 0);
  const all = [{ letter: overhead, painted: (text: string) => text, amount: Math.max(0, rest) }, ...own];
  let before = 0;
  return all.map(({ amount, letter, painted }) => {
    const from = before;
    before += amount;
    const end = (at: number): number => (most === 0 ? 0 : Math.min(cells, Math.round((at / most) * cells)));
    return { letter, painted, size: end(before) - end(from) };
  });
}

function rowText(boxes: readonly Box[], width: number): string {
  const height = Math.max(...boxes.map(({ lines }) => lines.length));
  const blocks = boxes.map((box) => blockOf(box, { width, height }));
  return `${Array.from({ length: height + 2 }, (_unused, line) => blocks.map((block) => block[line] ?? "").join(gap)).join("\n")}\n`;
}

function blockOf(
  { title, foot, lines, count }: Box,
  { width, height }: { readonly width: number; readonly height: number },
): readonly string[] {
  const inner = width - 4;
  const times = count === 1 ? "" : ` ×${count} `;
  const empty: Line = { plain: "", painted: "" };
  const body = Array.from({ length: height }, (_unused, index) => lines[index] ?? empty);
  return [
    `┌ ${title} ${"─".repeat(Math.max(0, inner - title.length))}┐`,
    ...body.map(({ plain, painted }) => `│ ${painted}${" ".repeat(Math.max(0, inner - plain.length))} │`),
    `└ ${foot} ${"─".repeat(Math.max(0, inner - foot.length - times.length))}${times}┘`,
  ];
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, Math.max(0, most - 1))}…`;
}
