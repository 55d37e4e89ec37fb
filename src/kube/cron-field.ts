/**
 * The five fields of a cron schedule, read as Go's standard parser reads them.
 *
 * Reads one field of text. Returns it as plain numbers, so that the cron library decides nothing about syntax: it reads "7"
 * as Sunday, "0-sun" as a week and "*,5" as restricted, and Kubernetes does not.
 */
export interface CronField {
  readonly min: number;
  readonly max: number;
  /** Names of values, by value less `min`; in lower case. */
  readonly names?: readonly string[];
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** Minute, hour, day of month, month, day of week. */
export const cronFields: readonly CronField[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: weekdays },
];

const itemPattern = /^(?:([*?])|([^-/]+)(?:-([^-/]+))?)(?:\/(\d+))?$/;

/**
 * Returns a field as "*" or as a list of numbers; undefined if it is not one. Only "*" leaves a day field out of the rule
 * that days of month and of week are alternatives: as in Go, one item * (or ?) makes the whole field *, and * with a step
 * above 1 does not.
 */
export function plainCronField(field: CronField, text: string): string | undefined {
  const values = new Set<number>();
  let everything = false;
  for (const item of text.split(",")) {
    const range = rangeOf(field, item);
    if (range === undefined) return undefined;
    if (range.isStar) everything = true;
    for (let value = range.from; value <= range.to; value += range.step) values.add(value);
  }
  return everything ? "*" : [...values].sort((a, b) => a - b).join(",");
}

interface CronRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly isStar: boolean;
}

/** N is one value, N/step runs to the end of the field, and * is all of it. */
function rangeOf(field: CronField, item: string): CronRange | undefined {
  const match = itemPattern.exec(item);
  if (match === null) return undefined;
  const [, star, first, last, stepText] = match;
  const step = stepText === undefined ? 1 : Number(stepText);
  const from = star === undefined ? valueOf(field, first ?? "") : field.min;
  const to = star === undefined && last !== undefined ? valueOf(field, last) : endOf(field, { star, from, stepText });
  if (from === undefined || to === undefined || step === 0 || from > to) return undefined;
  return { from, to, step, isStar: star !== undefined && step === 1 };
}

function endOf(
  field: CronField,
  item: { star: string | undefined; from: number | undefined; stepText: string | undefined },
): number | undefined {
  return item.star !== undefined || item.stepText !== undefined ? field.max : item.from;
}

function valueOf({ min, max, names = [] }: CronField, text: string): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  const value = named >= 0 ? named + min : Number(/^\+?\d+$/.test(text) ? text : NaN);
  return value >= min && value <= max ? value : undefined;
}
