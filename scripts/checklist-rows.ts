/**
 * The rows of docs/checklist.yaml: what admission, compilation and review promise, and what each promise stands on.
 *
 * Reads the file's text. Returns the rows, sorted by id, or throws with every mistake in it: the file is ours.
 */
import { parseDocument } from "yaml";

/** A function of ours whose body can be replaced by `return <returns>`. */
export interface Step {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly function: string;
  readonly returns: string;
}

/** What is switched off to see that a row's tests notice: whole rules, and single steps. */
export interface KnockOut {
  readonly rules: readonly string[];
  readonly steps: readonly Step[];
}

export interface Row {
  readonly id: string;
  readonly kinds: readonly string[];
  readonly promise: string;
  readonly knockOut: KnockOut;
  /** Why the row isn't shown yet. */
  readonly later?: string;
}

interface WrittenRow {
  readonly id: string;
  readonly kinds: readonly string[];
  readonly promise: string;
  readonly rules?: readonly string[];
  readonly steps?: readonly string[];
  readonly later?: string;
}

/** Parses the checklist. */
export function parseChecklist(text: string): readonly Row[] {
  const written = parseDocument(text).toJS() as {
    readonly steps: Readonly<Record<string, Omit<Step, "returns"> & { readonly returns: string | null }>>;
    readonly rows: readonly WrittenRow[];
  };
  const mistakes: string[] = [];
  const stepOf = (row: string, name: string): readonly Step[] => {
    const step = written.steps[name];
    if (step !== undefined) return [{ ...step, returns: step.returns ?? "undefined" }];
    mistakes.push(`${row}: no step "${name}"`);
    return [];
  };
  const rows = written.rows.map((row): Row => {
    mistakes.push(...mistakesOf(row));
    return {
      id: row.id,
      kinds: row.kinds,
      promise: row.promise,
      knockOut: { rules: row.rules ?? [], steps: (row.steps ?? []).flatMap((name) => stepOf(row.id, name)) },
      ...(row.later === undefined ? {} : { later: row.later }),
    };
  });
  const ids = rows.map(({ id }) => id);
  if (ids.join() !== [...new Set(ids)].sort().join()) mistakes.push("the rows are not sorted by id, or one is there twice");
  if (mistakes.length > 0) throw new Error(mistakes.join("\n"));
  return rows;
}

function mistakesOf({ id, kinds, promise, later }: WrittenRow): readonly string[] {
  return [
    ...(/^S\d{3}$/.test(id) ? [] : [`${id}: an id is S and three digits`]),
    ...(kinds.length > 0 && kinds.every((kind) => ["ADM", "COMP", "REV"].includes(kind)) ? [] : [`${id}: kinds are ADM, COMP and REV`]),
    ...(promise === "" || later === "" ? [`${id}: the promise and the reason for later have words`] : []),
  ];
}
