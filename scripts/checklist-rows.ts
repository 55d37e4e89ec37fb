/**
 * The rows of docs/checklist.yaml: what admission, compilation and review promise, and what each promise stands on.
 *
 * Reads the file's text. Returns the rows, sorted by id, or throws with every mistake in it: the file is ours.
 */
import { parseDocument } from "yaml";

/** What can be switched off to see that tests notice: a whole rule, or a function of ours that then only returns a value. */
export type Part =
  | { readonly kind: "rule"; readonly name: string }
  | {
      readonly kind: "step";
      readonly name: string;
      /** Path from the root of the repository. */
      readonly file: string;
      readonly function: string;
      /** An expression over the function's parameters. */
      readonly returns: string;
    };

export interface Row {
  readonly id: string;
  readonly kinds: readonly string[];
  readonly promise: string;
  /** What it stands on; where nothing can be switched off, `unswitchable` says why. */
  readonly parts: readonly Part[];
  readonly unswitchable?: string;
  /** Why the row isn't shown yet. */
  readonly later?: string;
}

interface WrittenRow {
  readonly id: string;
  readonly kinds: readonly string[];
  readonly promise: string;
  readonly rules?: readonly string[];
  readonly steps?: readonly string[];
  readonly unswitchable?: string;
  readonly later?: string;
}

interface WrittenStep {
  readonly file: string;
  readonly function: string;
  readonly returns: string | null;
}

/** Parses the checklist. */
export function parseChecklist(text: string): readonly Row[] {
  const written = parseDocument(text).toJS() as {
    readonly steps: Readonly<Record<string, WrittenStep>>;
    readonly rows: readonly WrittenRow[];
  };
  const mistakes: string[] = [];
  const stepOf = (row: string, name: string): readonly Part[] => {
    const step = written.steps[name];
    if (step !== undefined) return [{ kind: "step", name, ...step, returns: step.returns ?? "undefined" }];
    mistakes.push(`${row}: no step "${name}"`);
    return [];
  };
  const rows = written.rows.map((row): Row => {
    mistakes.push(...mistakesOf(row));
    return {
      id: row.id,
      kinds: row.kinds,
      promise: row.promise,
      parts: [
        ...(row.rules ?? []).map((name): Part => ({ kind: "rule", name })),
        ...(row.steps ?? []).flatMap((name) => stepOf(row.id, name)),
      ],
      ...(row.unswitchable === undefined ? {} : { unswitchable: row.unswitchable }),
      ...(row.later === undefined ? {} : { later: row.later }),
    };
  });
  const ids = rows.map(({ id }) => id);
  if (ids.join() !== [...new Set(ids)].sort().join()) mistakes.push("the rows are not sorted by id, or one is there twice");
  if (mistakes.length > 0) throw new Error(mistakes.join("\n"));
  return rows;
}

function mistakesOf({ id, kinds, promise, rules = [], steps = [], unswitchable, later }: WrittenRow): readonly string[] {
  return [
    ...(/^S\d{3}$/.test(id) ? [] : [`${id}: an id is S and three digits`]),
    ...(kinds.length > 0 && kinds.every((kind) => ["ADM", "COMP", "REV"].includes(kind)) ? [] : [`${id}: kinds are ADM, COMP and REV`]),
    ...((rules.length + steps.length === 0) === (unswitchable === undefined && later === undefined)
      ? [`${id}: give it rules or steps, or say why there is nothing to switch off`]
      : []),
    ...(promise === "" || later === "" ? [`${id}: the promise and the reason for later have words`] : []),
  ];
}
