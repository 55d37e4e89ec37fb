/**
 * A plan as an SVG image: nodes as boxes, each with its bars of cpu and memory in the colours of the workloads on it.
 *
 * Reads a plan. Returns one document that needs nothing else: no script, no font, no style sheet.
 */
import { toResources } from "../kube/resources.ts";
import { dollars, nextBestText } from "./node-why-text.ts";
import type { Plan, PlannedPlace } from "./plan-form.ts";
import { leftOut, summaryOf } from "./plan-text.ts";

const boxWidth = 320;
const gap = 14;
const perRow = 4;
const lineHeight = 16;
const barHeight = 12;
const resources = ["cpu", "memory"] as const;
const overheadColour = "#9aa0a6";
/** Boxes that are drawn; the rest is told as a number. */
const boxesMax = 1_000;
const nameCharactersMax = 44;
const reasonsShownMax = 40;
const reasonCharactersMax = 200;
/** The golden angle, so that neighbours differ however many colours there are. */
const hueStep = 137.5;

interface Card {
  readonly title: string;
  readonly note: string;
  /** What the next best would cost. */
  readonly next?: string;
  readonly place: PlannedPlace;
}

/** Draws the nodes of a plan, those that are there first. */
export function svgPlan(plan: Plan): string {
  const cards = cardsOf(plan);
  const colour = coloursOf(cards);
  const drawn = cards.slice(0, boxesMax);
  const rows = Array.from({ length: Math.ceil(drawn.length / perRow) }, (_unused, row) => drawn.slice(row * perRow, (row + 1) * perRow));
  const parts: string[] = [];
  let y = gap;
  for (const row of rows) {
    const height = Math.max(...row.map(heightOf));
    for (const [column, card] of row.entries()) parts.push(cardSvg(card, { x: gap + column * (boxWidth + gap), y, height, colour }));
    y += height + gap;
  }
  const more = cards.length === drawn.length ? [] : [`and ${cards.length - drawn.length} more nodes`];
  const footnotes = [...more, ...leftOut(plan).split("\n").slice(0, reasonsShownMax), ...summaryOf(plan).trim().split("\n")].filter(
    (line) => line !== "",
  );
  for (const line of footnotes) parts.push(textSvg({ x: gap, y: (y += lineHeight), text: line.slice(0, reasonCharactersMax) }));
  const width = gap + Math.max(1, Math.min(perRow, drawn.length)) * (boxWidth + gap);
  const size = `width="${Math.max(width, 760)}" height="${y + gap}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="monospace" font-size="12">\n<rect width="100%" height="100%" fill="#ffffff"/>\n${parts.join("\n")}\n</svg>\n`;
}

function cardsOf(plan: Plan): readonly Card[] {
  return [
    ...plan.existing.map((place) => ({ title: place.node, note: "is there", place })),
    ...plan.nodes.map((place) => ({
      title: `${place.instanceType} ${place.capacityType}`,
      note: `${place.nodePool}, ${place.zone}, ${dollars(place.pricePerHour)}/h`,
      next: nextBestText(place.why),
      place,
    })),
  ];
}

function coloursOf(cards: readonly Card[]): (workload: string) => string {
  const known = new Map<string, number>();
  for (const { place } of cards) for (const { workload } of place.workloads) if (!known.has(workload)) known.set(workload, known.size);
  return (workload) => `hsl(${Math.round(((known.get(workload) ?? 0) * hueStep) % 360)} 60% 60%)`;
}

function heightOf({ place, next }: Card): number {
  return gap + lineHeight * ((next === undefined ? 2 : 3) + resources.length + place.workloads.length) + gap;
}

function cardSvg(
  { title, note, next, place }: Card,
  at: { readonly x: number; readonly y: number; readonly height: number; readonly colour: (workload: string) => string },
): string {
  const { x, y, height, colour } = at;
  const left = x + gap;
  let line = y + gap + 10;
  const parts = [
    `<rect x="${x}" y="${y}" width="${boxWidth}" height="${height}" rx="6" fill="#f8f9fa" stroke="#5f6368"/>`,
    textSvg({ x: left, y: line, text: short(title), weight: "bold" }),
    textSvg({ x: left, y: (line += lineHeight), text: short(note) }),
  ];
  for (const name of resources) parts.push(barSvg(place, { name, x: left, y: (line += lineHeight) - barHeight + 2, colour }));
  for (const { workload, pods } of place.workloads) {
    line += lineHeight;
    parts.push(`<rect x="${left}" y="${line - 9}" width="10" height="10" fill="${colour(workload)}"/>`);
    parts.push(textSvg({ x: left + 16, y: line, text: short(`${workload} ×${pods}`) }));
  }
  if (next !== undefined) parts.push(textSvg({ x: left, y: line + lineHeight, text: short(next) }));
  return `<g>\n${parts.join("\n")}\n</g>`;
}

function barSvg(
  place: PlannedPlace,
  { name, x, y, colour }: { readonly name: string; readonly x: number; readonly y: number; readonly colour: (workload: string) => string },
): string {
  const most = toResources(place.allocatable)[name] ?? 0;
  const used = toResources(place.requests)[name] ?? 0;
  const width = boxWidth - 2 * gap - 100;
  const own = place.workloads.map(({ workload, requests }) => ({ fill: colour(workload), amount: toResources(requests)[name] ?? 0 }));
  const rest = Math.max(0, used - own.reduce((sum, { amount }) => sum + amount, 0));
  let from = 0;
  const segments = [{ fill: overheadColour, amount: rest }, ...own].map(({ fill, amount }) => {
    const size = most === 0 ? 0 : Math.min(width - from, (amount / most) * width);
    const segment = `<rect x="${round(x + 56 + from)}" y="${y}" width="${round(size)}" height="${barHeight}" fill="${fill}"/>`;
    from += size;
    return segment;
  });
  const share = most === 0 ? 0 : Math.round((used / most) * 100);
  return [
    textSvg({ x, y: y + 10, text: name }),
    `<rect x="${x + 56}" y="${y}" width="${width}" height="${barHeight}" fill="#e8eaed"/>`,
    ...segments,
    textSvg({ x: x + 62 + width, y: y + 10, text: `${share}%` }),
  ].join("\n");
}

function textSvg({
  x,
  y,
  text,
  weight,
}: {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly weight?: string;
}): string {
  return `<text x="${round(x)}" y="${round(y)}"${weight === undefined ? "" : ` font-weight="${weight}"`}>${escaped(text)}</text>`;
}

function short(text: string): string {
  return text.length <= nameCharactersMax ? text : `${text.slice(0, nameCharactersMax - 1)}…`;
}

function round(amount: number): number {
  return Math.round(amount * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
