/**
 * Cells of `plimsoll nodes`: amounts, ages, money and bars as short texts.
 *
 * Reads numbers. Returns text of known width without control characters, whatever a cluster's messages hold.
 */
import { isBytes } from "../kube/resources.ts";

const gibibyte = 1024 ** 3;
const [secondMs, minuteMs, hourMs, dayMs] = [1000, 60_000, 3_600_000, 86_400_000];

/** Returns an amount: cores and gibibytes (or tebibytes) with one digit, whatever else there is as a number. */
export function amountText(resource: string, amount: number): string {
  if (resource === "cpu") return amount < 1_000_000 ? (amount / 1000).toFixed(1) : grouped(amount / 1000);
  if (!isBytes(resource)) return grouped(amount);
  return amount < 1024 * gibibyte ? `${(amount / gibibyte).toFixed(1)}Gi` : `${(amount / gibibyte / 1024).toFixed(1)}Ti`;
}

/** Returns a time that has passed, or is left, in its largest unit: "45s", "12m", "5h", "3d". */
export function ageText(durationMs: number): string {
  const size = Math.max(0, durationMs);
  if (size < 2 * minuteMs) return `${Math.floor(size / secondMs)}s`;
  if (size < 2 * hourMs) return `${Math.floor(size / minuteMs)}m`;
  if (size < 2 * dayMs) return `${Math.floor(size / hourMs)}h`;
  return `${Math.floor(size / dayMs)}d`;
}

/** Returns money of an hour: "$1.2345" below ten, fewer digits above. */
export function hourlyText(pricePerHour: number): string {
  return `$${pricePerHour < 10 ? pricePerHour.toFixed(4) : grouped(Math.round(pricePerHour * 100) / 100, 2)}`;
}

/** Returns a whole number of dollars, as months are told. */
export function monthlyText(price: number): string {
  return `$${grouped(Math.round(price))}`;
}

/** Returns a number with commas; the same in every locale. */
export function grouped(amount: number, digits = 0): string {
  const [whole = "", fraction] = amount.toFixed(digits).split(".");
  const commas = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? commas : `${commas}.${fraction}`;
}

/** Returns a share in whole per cent. */
export function percentText(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** Returns a bar of exactly so many cells; what is more than full shows as full. */
export function barText(share: number, cells: number): string {
  const full = Math.max(0, Math.min(cells, Math.round(share * cells)));
  return "█".repeat(full) + "░".repeat(cells - full);
}

/** Returns a text cut to a width, on one line, with an ellipsis where something is left out. */
export function cut(text: string, width: number): string {
  const line = text.replace(/\p{Cc}+/gu, " ");
  if (line.length <= width) return line;
  return width < 1 ? "" : `${line.slice(0, width - 1)}…`;
}

/** Returns a text of exactly a width. */
export function fitted(text: string, width: number, align: "left" | "right" = "left"): string {
  const short = cut(text, width);
  return align === "right" ? short.padStart(width) : short.padEnd(width);
}

/** Returns a line as several that are no wider, broken between words; those after the first stand four columns further in. */
export function wrapped(line: string, width: number): readonly string[] {
  const text = cut(line, line.length);
  if (text.length <= width || width < 20) return [cut(text, width)];
  const start = text.search(/\S/);
  const inset = " ".repeat(Math.min(Math.floor(width / 2), start + 4));
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const at = rest.lastIndexOf(" ", width);
    const end = at > inset.length ? at : width;
    lines.push(rest.slice(0, end).trimEnd());
    rest = `${inset}${rest.slice(end).trimStart()}`;
  }
  return [...lines, rest];
}
