/**
 * Decoded form: an object as the API server's decoder leaves it, by a schema.
 *
 * Reads one object and its schema. Returns it without nulls, with canonical quantities and with every field that the schema requires, or each
 * reason why it can't be judged. Go's decoder gives what is missing its zero value, so nothing that reads an object has to ask; where a person wrote
 * the object without it, that is a problem.
 */
import type { KubeObject } from "../api/object.ts";
import { decodeFields, type FieldTypeError } from "../sim/field-decoding.ts";
import type { JsonObject, JsonValue } from "../sim/json.ts";
import type { Schema } from "../sim/schema.ts";
import { jsonFields } from "./json-field.ts";
import { withRequired } from "./required-field.ts";

/** An object in the form that admission sees; with any problem it is not to be judged. Notes change no verdict. */
export interface ObjectForm {
  readonly object: KubeObject;
  readonly problems: readonly FormProblem[];
  readonly notes: readonly string[];
}

/** One reason why an object is not to be judged. */
export interface FormProblem {
  readonly message: string;
  /** The field that it is about, as people write it, where the message does not say so itself. */
  readonly field?: string;
}

/** Problems that one object gets at most: more say nothing new. */
const problemsMax = 50;

/** Returns an object as the decoder leaves it, by its schema; with any problem it stays as it is written. */
export function decodedForm(written: KubeObject, schema: Schema): ObjectForm {
  const plain = written as unknown as JsonObject;
  const { value, unknownFields, typeErrors } = decodeFields(plain, schema, { custom: false });
  const filled = withRequired(value, schema);
  const notes = unknownFields.map((path) => `unknown field "${path}"; kubectl refuses it unless --validate=false`);
  const undecoded = new Set(typeErrors.map(({ path }) => path));
  const isClean = typeErrors.length + filled.missing.length === 0;
  const writtenAt = new Map(isClean ? [] : [...jsonFields(plain)].map((field) => [field.path, field.value] as const));
  const problems = [
    ...typeErrors.map((error) => typeProblem(error, writtenAt.get(error.path))),
    // A field that could not be decoded is missing, and no person left it out.
    ...filled.missing.filter((field) => !undecoded.has(field)).map((field) => missingProblem(field, writtenAt)),
    ...unjudgeableParts(filled.value).filter(({ field }) => !undecoded.has(field)),
  ];
  return problems.length === 0
    ? { object: filled.value as unknown as KubeObject, problems, notes }
    : { object: written, problems: problems.slice(0, problemsMax), notes };
}

function missingProblem(field: string, written: ReadonlyMap<string, JsonValue>): FormProblem {
  const holder = /^(.*\])\.[^.[\]]+$/.exec(field)?.[1];
  const isEntry = holder !== undefined && written.has(holder);
  const away = isEntry ? `, or take ${holder} away` : "";
  return { message: `${field} is ${written.has(field) ? "null" : "missing"}: write it${away}`, field };
}

/** The decoder's words name the field, without its place in lists; those on a quantity don't even say which. */
function typeProblem({ path, message }: FieldTypeError, written: JsonValue | undefined): FormProblem {
  if (message.startsWith("json: ")) return { message, field: path };
  return { message: `${path} ${JSON.stringify(written ?? null)}: ${message}`, field: path };
}

/** Returns what no code can judge by: empty list entries, such as that of a lone dash, and a selector's unknown operators. */
function unjudgeableParts(value: JsonValue): readonly Required<FormProblem>[] {
  return [...jsonFields(value)].flatMap((field): readonly Required<FormProblem>[] => {
    if (field.value === null && field.holder.isList) return [{ message: `${field.path} is null`, field: field.path }];
    if (field.name !== "operator" || !/\.matchExpressions\[\d+\]$/.test(field.holder.path)) return [];
    const operators = field.path.includes("nodeAffinity.") ? nodeOperators : labelOperators;
    if (typeof field.value === "string" && operators.includes(field.value)) return [];
    const supported = `supported values: ${operators.join(", ")}`;
    return [{ message: `${field.path}: Unsupported value: ${JSON.stringify(field.value)}: ${supported}`, field: field.path }];
  });
}

const labelOperators = ["In", "NotIn", "Exists", "DoesNotExist"];
const nodeOperators = [...labelOperators, "Gt", "Lt"];
