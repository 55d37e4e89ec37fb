/**
 * IAM policy document: statements as AWS reads them.
 *
 * Reads JSON: a document, what `aws iam get-policy-version` and `get-role-policy` print, or a list of these. Returns the statements, or the
 * sentence that names the field that can't be read. Nothing is guessed: what this does not know is an error, since a policy that is read
 * too kindly would be called enough.
 */
import { err, ok, type Result } from "../api/result.ts";

export interface PolicyStatement {
  /** Its Sid, else its position. */
  readonly name: string;
  readonly effect: "Allow" | "Deny";
  readonly actions: Patterns;
  readonly resources: Patterns;
  readonly conditions: readonly Condition[];
}

/** Either one of these, or none of these. */
export interface Patterns {
  readonly isNot: boolean;
  readonly patterns: readonly string[];
}

/** One line of a statement's Condition: all keys of all operators must hold. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const documentsMax = 100;
const statementsMax = 1_000;

/** Reads a policy from its JSON text. */
export function parsePolicyDocuments(text: string): Result<readonly PolicyStatement[], string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return err(`is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  const documents = Array.isArray(value) ? value : [value];
  if (documents.length > documentsMax) return err(`has more than ${documentsMax} policies; refused`);
  const statements: PolicyStatement[] = [];
  for (const document of documents) {
    const found = documentOf(document);
    const list = found === undefined ? undefined : found["Statement"];
    if (list === undefined) return err('has no "Statement": a policy document is an object with "Version" and "Statement"');
    for (const [index, item] of (Array.isArray(list) ? list : [list]).entries()) {
      const statement = decodeStatement(item, `Statement[${index}]`);
      if (!statement.ok) return statement;
      statements.push(statement.value);
      if (statements.length > statementsMax) return err(`has more than ${statementsMax} statements; refused`);
    }
  }
  return ok(statements);
}

/** The document itself, or where AWS' command line puts it. */
function documentOf(value: unknown): Json | undefined {
  if (!isJson(value)) return undefined;
  if ("Statement" in value) return value;
  const inner =
    value["PolicyDocument"] ?? value["Document"] ?? (isJson(value["PolicyVersion"]) ? value["PolicyVersion"]["Document"] : undefined);
  return isJson(inner) ? inner : undefined;
}

function decodeStatement(value: unknown, at: string): Result<PolicyStatement, string> {
  if (!isJson(value)) return err(`${at} is no object`);
  const { Sid, Effect } = value;
  const name = typeof Sid === "string" && Sid !== "" ? Sid : at;
  if (Effect !== "Allow" && Effect !== "Deny") return err(`${name}: Effect is ${JSON.stringify(Effect)}; it is Allow or Deny`);
  const actions = patternsAt(value, "Action");
  const resources = patternsAt(value, "Resource");
  if (actions === undefined) return err(`${name}: Action is missing, or neither a text nor a list of texts`);
  if (resources === undefined) return err(`${name}: Resource is missing, or neither a text nor a list of texts`);
  const conditions = conditionsOf(value["Condition"]);
  if (conditions === undefined) return err(`${name}: Condition is not an object of operators, keys and values`);
  return ok({ name, effect: Effect, actions, resources, conditions });
}

function patternsAt(value: Json, field: "Action" | "Resource"): Patterns | undefined {
  const [own, not] = [textsOf(value[field]), textsOf(value[`Not${field}`])];
  if (own !== undefined) return { isNot: false, patterns: own };
  return not === undefined ? undefined : { isNot: true, patterns: not };
}

function conditionsOf(value: unknown): readonly Condition[] | undefined {
  if (value === undefined) return [];
  if (!isJson(value)) return undefined;
  const found: Condition[] = [];
  for (const [operator, keys] of Object.entries(value)) {
    if (!isJson(keys)) return undefined;
    for (const [key, texts] of Object.entries(keys)) {
      const values = textsOf(typeof texts === "boolean" ? String(texts) : texts);
      if (values === undefined) return undefined;
      found.push({ operator, key, values });
    }
  }
  return found;
}

function textsOf(value: unknown): readonly string[] | undefined {
  if (typeof value === "string") return [value];
  return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
