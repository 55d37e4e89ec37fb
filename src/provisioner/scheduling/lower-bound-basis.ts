/**
 * Basis: the heart of a revised simplex method, one column in and one out.
 *
 * Reads columns as (row, value) pairs with a cost each, for constraints "sum of columns = 1" in every row. Keeps the inverse
 * of the chosen columns, their levels and the rows' prices. A pivot costs rows times rows at most, so callers keep rows few.
 * Rounding may spoil its prices in the end; whoever uses them must prove what they are worth by the original figures.
 */

export interface Column {
  /** Rows and values, by position; rows ascending. */
  readonly rows: readonly number[];
  readonly values: readonly number[];
  readonly cost: number;
}

export interface Basis<C extends Column = Column> {
  /** What one more unit of each row would cost. */
  readonly prices: Float64Array;
  /** What the chosen columns cost together. */
  readonly cost: () => number;
  /** The columns that were brought in and are still chosen, with how much of each; those of the start are left out. */
  readonly chosen: () => readonly { readonly column: C; readonly level: number }[];
  /** Brings a column in; false where it can't be, as nothing would leave. */
  readonly enter: (column: C) => boolean;
}

/** Amounts this small beside the largest of their column are rounding. */
const pivotMin = 1e-10;

/** Starts from one column a row, each with a single value in its own row. */
export function basisOf<C extends Column = Column>(diagonal: readonly { readonly value: number; readonly cost: number }[]): Basis<C> {
  const rows = diagonal.length;
  const inverse = diagonal.map(({ value }, row) => {
    const line = new Float64Array(rows);
    line[row] = 1 / value;
    return line;
  });
  const levels = Float64Array.from(diagonal, ({ value }) => 1 / value);
  const costs = Float64Array.from(diagonal, ({ cost }) => cost);
  const prices = Float64Array.from(diagonal, ({ value, cost }) => cost / value);
  const columns: (C | undefined)[] = diagonal.map(() => undefined);
  return {
    prices,
    cost: () => costs.reduce((sum, cost, row) => sum + cost * (levels[row] ?? 0), 0),
    chosen: () => columns.flatMap((column, row) => (column === undefined ? [] : [{ column, level: levels[row] ?? 0 }])),
    enter: (column) => {
      const shares = inverse.map((line) => dot(column, line));
      const leaving = leavingRow(shares, levels);
      if (leaving === undefined) return false;
      const reduced = column.cost - dot(column, prices);
      pivot(inverse, { shares, leaving });
      const step = (levels[leaving] ?? 0) / (shares[leaving] ?? 1);
      for (const [row, share] of shares.entries()) levels[row] = row === leaving ? step : Math.max(0, (levels[row] ?? 0) - share * step);
      costs[leaving] = column.cost;
      columns[leaving] = column;
      addTo(prices, inverse[leaving], reduced);
      return true;
    },
  };
}

function dot({ rows, values }: Column, line: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < rows.length; index += 1) sum += (values[index] ?? 0) * (line[rows[index] ?? 0] ?? 0);
  return sum;
}

/** The row that reaches 0 first; of equal ones that with the largest share, which rounds least. */
function leavingRow(shares: readonly number[], levels: Float64Array): number | undefined {
  const least = pivotMin * Math.max(...shares);
  let leaving: number | undefined;
  let best = Infinity;
  for (const [row, share] of shares.entries()) {
    if (share <= least || share <= 0) continue;
    const ratio = (levels[row] ?? 0) / share;
    if (ratio < best || (ratio === best && share > (shares[leaving ?? row] ?? 0))) [leaving, best] = [row, ratio];
  }
  return leaving;
}

function pivot(
  inverse: readonly Float64Array[],
  { shares, leaving }: { readonly shares: readonly number[]; readonly leaving: number },
): void {
  const own = inverse[leaving];
  if (own === undefined) return;
  const by = 1 / (shares[leaving] ?? 1);
  for (let index = 0; index < own.length; index += 1) own[index] = (own[index] ?? 0) * by;
  for (const [row, share] of shares.entries()) if (row !== leaving && share !== 0) addTo(inverse[row], own, -share);
}

function addTo(line: Float64Array | undefined, other: Float64Array | undefined, times: number): void {
  if (line === undefined || other === undefined) return;
  for (let index = 0; index < line.length; index += 1) line[index] = (line[index] ?? 0) + times * (other[index] ?? 0);
}
