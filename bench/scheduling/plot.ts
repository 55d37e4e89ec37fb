/**
 * The picture of the scheduling benchmark: for each case one bar a scheduler, of Pods a second and of the price.
 *
 * Reads rows; returns an SVG. Pods a second are on a logarithmic scale, where a bar that is longer by one line is ten times as fast. The
 * price is that of the plan by the bound: 1 is a price that nobody can go below.
 */
import type { SchedulingRow } from "./rows.ts";
import type { SchedulingTool } from "./scheduler-runs.ts";

const barHeight = 14;
const caseGap = 12;
const top = 64;
const labelWidth = 170;
const panelWidth = 330;
const panelGap = 110;
const colours: Readonly<Record<SchedulingTool, string>> = { plimsoll: "#1f6f8b", karpenter: "#d98e32" };

interface Panel {
  readonly title: string;
  readonly left: number;
  readonly ticks: readonly number[];
  /** From 0 to 1 along the panel. */
  readonly place: (value: number) => number;
  readonly value: (row: SchedulingRow) => number;
  readonly text: (row: SchedulingRow) => string;
}

/** Returns the picture. */
export function plotOf(rows: readonly SchedulingRow[]): string {
  const cases = [...new Set(rows.map((row) => row.case))];
  const panels = [speedPanel(rows), pricePanel(rows)];
  const tops = placesOf(cases, rows);
  const height = top + rows.length * barHeight + cases.length * caseGap + 16;
  const width = labelWidth + 2 * panelWidth + 2 * panelGap;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...legend(),
    ...cases.map((name, index) => text({ x: labelWidth - 8, y: (tops[index] ?? 0) + barHeight - 3, anchor: "end" }, name)),
    ...panels.flatMap((panel) => [
      ...axis(panel, height),
      ...cases.flatMap((name, index) => bars(panel, ofCase(rows, name), tops[index] ?? 0)),
    ]),
    "</svg>",
    "",
  ].join("\n");
}

function speedPanel(rows: readonly SchedulingRow[]): Panel {
  const decades = Math.max(1, ...rows.map(({ podsPerSecond }) => Math.ceil(Math.log10(Math.max(1, podsPerSecond)))));
  return {
    title: "Pods a second (logarithmic)",
    left: labelWidth,
    ticks: Array.from({ length: decades + 1 }, (_, index) => 10 ** index),
    place: (value) => Math.log10(Math.max(1, value)) / decades,
    value: (row) => row.podsPerSecond,
    text: (row) => String(row.podsPerSecond),
  };
}

function pricePanel(rows: readonly SchedulingRow[]): Panel {
  const most = Math.max(1, ...rows.map(overBound));
  const steps = Math.ceil(most * 2);
  return {
    title: "price of the plan by the bound",
    left: labelWidth + panelWidth + panelGap,
    ticks: Array.from({ length: steps + 1 }, (_, index) => index / 2),
    place: (value) => (value * 2) / steps,
    value: overBound,
    text: (row) => (row.boundPerHour === 0 ? `$${row.pricePerHour.toFixed(2)}/h` : overBound(row).toFixed(3)),
  };
}

function overBound({ pricePerHour, boundPerHour }: SchedulingRow): number {
  return boundPerHour === 0 ? 0 : pricePerHour / boundPerHour;
}

function ofCase(rows: readonly SchedulingRow[], name: string): readonly SchedulingRow[] {
  return rows.filter((row) => row.case === name);
}

function placesOf(cases: readonly string[], rows: readonly SchedulingRow[]): readonly number[] {
  const places: number[] = [];
  let next = top;
  for (const name of cases) {
    places.push(next);
    next += ofCase(rows, name).length * barHeight + caseGap;
  }
  return places;
}

function legend(): readonly string[] {
  return Object.entries(colours).flatMap(([tool, colour], index) => {
    const x = labelWidth + index * 110;
    return [`<rect x="${x}" y="8" width="12" height="12" fill="${colour}"/>`, text({ x: x + 18, y: 18, anchor: "start" }, tool)];
  });
}

function axis({ title, left, ticks, place }: Panel, height: number): readonly string[] {
  return [
    text({ x: left, y: 38, anchor: "start" }, title),
    ...ticks.flatMap((tick) => {
      const x = left + place(tick) * panelWidth;
      return [
        `<line x1="${x}" x2="${x}" y1="${top - 6}" y2="${height - 12}" stroke="#dddddd"/>`,
        text({ x, y: top - 10, anchor: "middle" }, tick.toLocaleString("en-US")),
      ];
    }),
  ];
}

function bars(panel: Panel, rows: readonly SchedulingRow[], y: number): readonly string[] {
  return rows.flatMap((row, index) => {
    const width = Math.max(1, panel.place(panel.value(row)) * panelWidth);
    const at = y + index * barHeight;
    return [
      `<rect x="${panel.left}" y="${at}" width="${width.toFixed(1)}" height="${barHeight - 2}" fill="${colours[row.tool]}"/>`,
      text({ x: panel.left + width + 4, y: at + barHeight - 4, anchor: "start" }, panel.text(row)),
    ];
  });
}

function text({ x, y, anchor }: { readonly x: number; readonly y: number; readonly anchor: string }, words: string): string {
  const safe = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${safe}</text>`;
}
