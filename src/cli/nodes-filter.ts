/**
 * Filters and orders of rows, as people type them.
 *
 * Reads words: "spot" finds it anywhere, "pool=general" in one column, "cpu<40" and "blocker>0" compare, "!" before any of them turns it
 * around; all of them must hold. Returns a test of rows, or the sentence that names the word that can't be read.
 */
import { nearestWord } from "../api/nearest-word.ts";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { NodeColumn } from "./nodes-columns.ts";
import type { NodeRow } from "./nodes-row.ts";

export type RowTest = (row: NodeRow, now: Instant) => boolean;

export interface RowOrder {
  /** The key of a column. */
  readonly column: string;
  readonly isDescending: boolean;
}

/** Longer filters are not typed by people. */
const filterLengthMax = 200;
const termPattern = /^(!?)(?:([^=<>]+)([=<>]))?(.*)$/;

/** Reads a filter; an empty one lets every row through. */
export function parseFilter(text: string, columns: readonly NodeColumn[]): Result<RowTest, string> {
  if (text.length > filterLengthMax) return err(`a filter has at most ${filterLengthMax} characters`);
  const tests: RowTest[] = [];
  for (const word of text.split(/\s+/).filter((one) => one !== "")) {
    const test = parseTerm(word, columns);
    if (!test.ok) return test;
    tests.push(test.value);
  }
  return ok((row, now) => tests.every((test) => test(row, now)));
}

function parseTerm(word: string, columns: readonly NodeColumn[]): Result<RowTest, string> {
  const [, not = "", key, operator, value = ""] = termPattern.exec(word) ?? [];
  const turned = (test: RowTest): RowTest => (not === "" ? test : (row, now) => !test(row, now));
  const wanted = value.toLowerCase();
  if (key === undefined) return ok(turned((row, now) => columns.some((column) => column.text(row, now).toLowerCase().includes(wanted))));
  const column = columnOf(key, columns);
  if (!column.ok) return column;
  if (operator === "=") return ok(turned((row, now) => column.value.text(row, now).toLowerCase().includes(wanted)));
  return compared(column.value, { operator: operator === "<" ? "<" : ">", value, turned });
}

/** Shares are compared in per cent. */
function compared(
  { key, order, isNumber, share }: NodeColumn,
  { operator, value, turned }: { readonly operator: "<" | ">"; readonly value: string; readonly turned: (test: RowTest) => RowTest },
): Result<RowTest, string> {
  const bound = value === "" ? NaN : Number(value.replace(/%$/, ""));
  if (!isNumber) return err(`${key} is no number: write ${key}=TEXT`);
  if (Number.isNaN(bound)) return err(`${key}${operator}${value}: write a number, as in ${key}${operator}50`);
  const amount = (row: NodeRow): number => (share === undefined ? Number(order(row)) : share(row) * 100);
  return ok(turned((row) => (operator === "<" ? amount(row) < bound : amount(row) > bound)));
}

/** Reads an order such as "cpu", "price:desc" or "topology.kubernetes.io/zone:asc". */
export function parseOrder(text: string, columns: readonly NodeColumn[]): Result<RowOrder, string> {
  const [, key = "", direction] = /^(.*?)(?::(asc|desc))?$/.exec(text) ?? [];
  const column = columnOf(key, columns);
  return column.ok ? ok({ column: column.value.key, isDescending: direction === "desc" }) : column;
}

/** Returns the rows that pass, in an order; rows that are equal in it stand by name. */
export function sortedRows(rows: readonly NodeRow[], order: RowOrder, columns: readonly NodeColumn[]): readonly NodeRow[] {
  const column = columns.find(({ key }) => key === order.column);
  if (column === undefined) return rows;
  const sign = order.isDescending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, value: column.order(row) }));
  keyed.sort((a, b) => {
    if (a.value !== b.value) return a.value < b.value ? -sign : sign;
    return a.row.name < b.row.name ? -1 : 1;
  });
  return keyed.map(({ row }) => row);
}

function columnOf(key: string, columns: readonly NodeColumn[]): Result<NodeColumn, string> {
  const keys = columns.map((column) => column.key);
  const column = columns.find((known) => known.key === key.toLowerCase() || known.key === key);
  if (column !== undefined) return ok(column);
  const nearest = nearestWord(key.toLowerCase(), keys);
  return err(`there is no column "${key}"; ${nearest === undefined ? `known: ${keys.join(", ")}` : `did you mean ${nearest}?`}`);
}
