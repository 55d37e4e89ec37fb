// One row of the parity tables: a change to a good object, and what the API server must say to it.

export type Verdict = "accepted" | "refused";

/** Values by JSON Pointer; undefined takes a field away, and missing parents are made. */
export type Fields = Readonly<Record<string, unknown>>;

export type Row = {
  readonly title: string;
  readonly verdict: Verdict;
  /** What is different from the good object when it is created. */
  readonly fields: Fields;
  /** A second change, made as an update of the created object; the verdict is the update's. */
  readonly update?: Fields;
  /** Whether the update goes to the status subresource. */
  readonly onStatus?: true;
};

export type ParityTable = {
  readonly kind: "NodePool" | "NodeClaim" | "EC2NodeClass" | "NodeOverlay" | "CapacityBuffer";
  readonly good: object;
  readonly rows: readonly Row[];
};

/** Rows that give one field each of several values. */
export function values(pointer: string, verdict: Verdict, ...given: readonly unknown[]): readonly Row[] {
  return given.map((value) => ({
    title: `${pointer} ${value === undefined ? "is missing" : `= ${shown(value)}`} is ${verdict}`,
    verdict,
    fields: { [pointer]: value },
  }));
}

/** A row that changes several fields. */
export function fields(title: string, verdict: Verdict, changed: Fields): Row {
  return { title: `${title} is ${verdict}`, verdict, fields: changed };
}

/** A row that creates an object and then updates it. */
export function update(title: string, verdict: Verdict, change: { readonly from?: Fields; readonly to: Fields }): Row {
  return { title: `${title} is ${verdict}`, verdict, fields: change.from ?? {}, update: change.to };
}

/** Rows that write one field of status each with several values. */
export function statusValues(pointer: string, verdict: Verdict, ...given: readonly unknown[]): readonly Row[] {
  return given.map((value) => ({
    title: `${pointer} = ${shown(value)} is ${verdict}`,
    verdict,
    fields: {},
    update: { [pointer]: value },
    onStatus: true,
  }));
}

/** Returns a copy of an object with fields changed. */
export function withFields(object: object, changed: Fields): object {
  const copy: unknown = structuredClone(object);
  for (const [pointer, value] of Object.entries(changed)) setAt(copy, pointer.split("/").slice(1).map(unescaped), value);
  return copy as object;
}

function setAt(node: unknown, tokens: readonly string[], value: unknown): void {
  const [token, ...rest] = tokens;
  if (token === undefined || typeof node !== "object" || node === null) throw new Error(`no place for ${tokens.join("/")}`);
  const fieldsOf = node as Record<string, unknown>;
  if (rest.length === 0) {
    if (value === undefined) Reflect.deleteProperty(fieldsOf, token);
    else fieldsOf[token] = value;
    return;
  }
  fieldsOf[token] ??= {};
  setAt(fieldsOf[token], rest, value);
}

function unescaped(token: string): string {
  return token.replaceAll("~1", "/").replaceAll("~0", "~");
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 90 ? text : `${text.slice(0, 90)}… (${text.length} characters)`;
}
