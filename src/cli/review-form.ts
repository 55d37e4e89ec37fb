/**
 * Review form: a NodePool or NodeClass of a file as its review can judge it.
 *
 * Reads one object as it is written. Returns it with the defaults of its CRD and every required field that is missing filled
 * with nothing, and all that a real API server would refuse, in words. So a file that was never near a cluster gets a whole
 * review: what is missing is told once, and the rules go on with the rest.
 */
import { apiVersionOf, kindTable } from "../api/kinds.ts";
import { shapeSchemas } from "../api/generated/schemas.ts";
import type { JsonSchema } from "../api/json-schema.ts";
import type { KubeObject } from "../api/object.ts";
import { withCrdDefaults } from "../api/schema-default.ts";
import type { ShapeError } from "../api/shape-error.ts";
import { shapeValidator } from "../api/validation.ts";
import { withAutoDefaults } from "./auto-defaults.ts";
import { otherVersion } from "./built-in-form.ts";

/** The kinds that are reviewed. */
export const reviewedKinds = ["NodePool", "EC2NodeClass", "NodeClass"] as const;
export type ReviewedKind = (typeof reviewedKinds)[number];

export interface ReviewForm {
  readonly object: KubeObject;
  /** What the API server would refuse, as "field: message". */
  readonly refusals: readonly string[];
  /** False where a part is of the wrong type, or a requirement has no operator: rules can't read such an object. */
  readonly isJudged: boolean;
}

/** Told by a rule of its own, with a fix. */
const toldByRules: ReadonlySet<string> = new Set(["/spec/amiSelectorTerms"]);

/** Returns the former of reviewed objects; keep one, since it reads each kind's schema only once. */
export function reviewFormer(): (kind: ReviewedKind, written: KubeObject) => ReviewForm {
  const shapes = shapeValidator();
  return (kind, written) => {
    const served = apiVersionOf(kindTable()[kind]);
    if (written.apiVersion !== served) return { object: written, refusals: [otherVersion(written, served)], isJudged: false };
    const object = withCrdDefaults(kind, kind === "NodePool" ? withAutoDefaults(written) : written);
    const errors = shapes.validate(kind, object);
    const refusals = errors.filter(({ path }) => !toldByRules.has(path)).map(refusalText);
    const isJudged = !errors.some(({ keyword, path }) => keyword === "type" || path.endsWith("/operator"));
    return { object: isJudged ? filled(object, shapeSchemas[kind]) : object, refusals, isJudged };
  };
}

function refusalText({ field, message }: ShapeError): string {
  return field === "" ? message : `${field}: ${message}`;
}

/** The object with every required field there, at every depth. */
function filled<T extends object>(object: T, schema: JsonSchema): T {
  const fields: Record<string, unknown> = { ...(object as Readonly<Record<string, unknown>>) };
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const value = fields[name] ?? (schema.required?.includes(name) === true || name === "spec" ? nothingOf(field) : undefined);
    if (value !== undefined) fields[name] = filledValue(value, field);
  }
  return fields as T;
}

function filledValue(value: unknown, schema: JsonSchema): unknown {
  const { items } = schema;
  if (Array.isArray(value)) return items === undefined ? value : value.map((item: unknown) => filledValue(item, items));
  return typeof value === "object" && value !== null && schema.properties !== undefined ? filled(value, schema) : value;
}

function nothingOf({ type }: JsonSchema): unknown {
  if (type === "object") return {};
  if (type === "array") return [];
  return type === "string" ? "" : undefined;
}
