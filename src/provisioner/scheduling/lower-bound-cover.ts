/**
 * The least price at which a CoverProgram can be met, or a little less: never more.
 *
 * Reads a program. Groups ask for amounts; what a dollar buys, and each room, gives its amount of each dimension to one of the
 * groups that it takes (mixtures are made of several such gifts), so the columns of the program are made as they are needed.
 * Every step has prices for what groups ask for, and any such prices prove a bound: what all ask for is worth that much,
 * less what rooms give, as long as a dollar buys no more than a dollar's worth. They are scaled until that holds, in the
 * program's own figures, so neither rounding nor an early end can make the bound too high.
 */
import { basisOf, type Basis, type Column } from "./lower-bound-basis.ts";
import type { Cover, CoverProgram } from "./lower-bound-program.ts";

/** Steps after which the best bound so far is returned. */
const stepsMax = 4_000;
/** The bound is good enough this near to the price of a plan in shares. */
const gapMax = 1e-5;
/** The bound is told this much lower, so that rounding in its own sums never makes it too high. */
const roundingShare = 1e-9;

/** Returns a bound in USD an hour, and the steps that it took. */
export function coverBound(program: CoverProgram): { readonly pricePerHour: number; readonly steps: number } {
  const table = tableOf(program);
  if (table.cells.length === 0) return { pricePerHour: 0, steps: 0 };
  const basis = basisOf(startOf(table));
  let bound = 0;
  let steps = 0;
  for (; steps < stepsMax; steps += 1) {
    const offer = bestOffer(table, basis);
    bound = Math.max(bound, offer.bound);
    if (bound >= basis.cost() * (1 - gapMax) || offer.column === undefined || !basis.enter(offer.column)) break;
  }
  return { pricePerHour: bound * (1 - roundingShare), steps };
}

/** What a group asks for of one dimension: one row of the program, in shares of that demand. */
interface Cell {
  readonly group: number;
  readonly dimension: number;
  readonly asked: number;
}

/** Something to take amounts from, and by group whether it may. */
interface Source {
  readonly amounts: readonly number[];
  readonly has: Uint8Array;
}

interface Table {
  readonly cells: readonly Cell[];
  /** Rows by dimension. */
  readonly rowsOf: readonly (readonly number[])[];
  readonly dollars: readonly Source[];
  readonly rooms: readonly Source[];
  /** Dimensions of which rooms have something, each with the row that says that they are given once. */
  readonly roomRows: ReadonlyMap<number, number>;
}

function tableOf({ demand, perDollar, rooms }: CoverProgram): Table {
  const cells = demand.flatMap((asked, group) =>
    asked.flatMap((amount, dimension) => (amount > 0 ? [{ group, dimension, asked: amount }] : [])),
  );
  const rowsOf: number[][] = (demand[0] ?? []).map(() => []);
  for (const [row, { dimension }] of cells.entries()) rowsOf[dimension]?.push(row);
  const roomRows = new Map<number, number>();
  for (const dimension of rowsOf.keys()) {
    if (rooms.some(({ amounts }) => (amounts[dimension] ?? 0) > 0)) roomRows.set(dimension, cells.length + roomRows.size);
  }
  const source = ({ amounts, groups }: Cover): Source => {
    const has = new Uint8Array(demand.length);
    for (const group of groups) has[group] = 1;
    return { amounts, has };
  };
  return { cells, rowsOf, dollars: perDollar.map(source), rooms: rooms.map(source), roomRows };
}

/** Each row alone by the offering that is cheapest for it; rooms unused. */
function startOf({ cells, dollars, roomRows }: Table): readonly { readonly value: number; readonly cost: number }[] {
  const alone = cells.map(({ group, dimension, asked }) => {
    let most = 0;
    for (const { amounts, has } of dollars) if (has[group] === 1) most = Math.max(most, amounts[dimension] ?? 0);
    return { value: most / asked, cost: 1 };
  });
  return [...alone, ...[...roomRows].map(() => ({ value: 1, cost: 0 }))];
}

interface Offer {
  readonly bound: number;
  /** The column that promises most; undefined where none promises anything. */
  readonly column: Column | undefined;
}

/** What the prices of this step prove, and which column would improve on them. */
function bestOffer(table: Table, basis: Basis): Offer {
  const { prices } = basis;
  const { cells, roomRows, dollars } = table;
  const ranking = rankingOf(table, prices);
  let asked = 0;
  for (let row = 0; row < cells.length; row += 1) asked += Math.max(0, prices[row] ?? 0);
  let mostPerDollar = 0;
  let dearest: Source | undefined;
  for (const source of dollars) {
    const worth = worthOf(source, ranking);
    if (worth > mostPerDollar) [mostPerDollar, dearest] = [worth, source];
  }
  const columns = [...corrections(table, prices)];
  if (dearest !== undefined) {
    const source = dearest;
    columns.push({ promise: (mostPerDollar - 1) * basis.cost(), column: () => givenBy(source, { table, ranking }) });
  }
  let given = 0;
  for (const [dimension, row] of roomRows) {
    const worth = roomsWorth(table, { dimension, ranking });
    given += worth;
    columns.push({ promise: worth + (prices[row] ?? 0), column: () => givenByRooms(table, { dimension, ranking, row }) });
  }
  const best = columns.reduce((most, one) => (one.promise > most.promise ? one : most), { promise: 0, column: none });
  return { bound: mostPerDollar === 0 ? 0 : (asked - given) / mostPerDollar, column: best.column() };
}

const none = (): Column | undefined => undefined;

interface Promised {
  /** USD an hour, about. */
  readonly promise: number;
  readonly column: () => Column | undefined;
}

/** Prices below 0: what is given beyond what is asked for is left over. Above 0 for a room: it need not be given. */
function* corrections({ cells, roomRows }: Table, prices: Float64Array): Generator<Promised> {
  for (let row = 0; row < cells.length; row += 1) {
    const price = prices[row] ?? 0;
    if (price < 0) yield { promise: -price, column: () => ({ rows: [row], values: [-1], cost: 0 }) };
  }
  for (const row of roomRows.values()) {
    const price = prices[row] ?? 0;
    if (price > 0) yield { promise: price, column: () => ({ rows: [row], values: [1], cost: 0 }) };
  }
}

/** By dimension: the groups that ask for it, dearest first, with the worth of one unit. */
type Ranking = readonly (readonly { readonly group: number; readonly row: number; readonly worth: number }[])[];

function rankingOf({ cells, rowsOf }: Table, prices: Float64Array): Ranking {
  return rowsOf.map((rows) =>
    rows
      .flatMap((row) => {
        const { group = 0, asked = 1 } = cells[row] ?? {};
        const price = prices[row] ?? 0;
        return price > 0 ? [{ group, row, worth: price / asked }] : [];
      })
      .sort((a, b) => b.worth - a.worth || a.row - b.row),
  );
}

/** Returns who gets a source's amount of a dimension: the group that pays most for it. */
function taker({ has }: Source, ranked: Ranking[number] | undefined): Ranking[number][number] | undefined {
  if (ranked === undefined) return undefined;
  for (const one of ranked) if (has[one.group] === 1) return one;
  return undefined;
}

function worthOf(source: Source, ranking: Ranking): number {
  let worth = 0;
  for (let dimension = 0; dimension < ranking.length; dimension += 1) {
    worth += (source.amounts[dimension] ?? 0) * (taker(source, ranking[dimension])?.worth ?? 0);
  }
  return worth;
}

function roomsWorth({ rooms }: Table, { dimension, ranking }: { readonly dimension: number; readonly ranking: Ranking }): number {
  let worth = 0;
  for (const room of rooms) worth += (room.amounts[dimension] ?? 0) * (taker(room, ranking[dimension])?.worth ?? 0);
  return worth;
}

function givenBy(source: Source, { table, ranking }: { readonly table: Table; readonly ranking: Ranking }): Column {
  const given = ranking.flatMap((ranked, dimension) => {
    const to = taker(source, ranked);
    const amount = source.amounts[dimension] ?? 0;
    return to === undefined || amount === 0 ? [] : [{ row: to.row, value: amount / (table.cells[to.row]?.asked ?? 1) }];
  });
  return { rows: given.map(({ row }) => row), values: given.map(({ value }) => value), cost: 1 };
}

function givenByRooms(
  { rooms, cells }: Table,
  { dimension, ranking, row }: { readonly dimension: number; readonly ranking: Ranking; readonly row: number },
): Column {
  const given = new Map<number, number>();
  for (const room of rooms) {
    const to = taker(room, ranking[dimension]);
    if (to !== undefined) given.set(to.row, (given.get(to.row) ?? 0) + (room.amounts[dimension] ?? 0) / (cells[to.row]?.asked ?? 1));
  }
  return { rows: [...given.keys(), row], values: [...given.values(), 1], cost: 0 };
}
