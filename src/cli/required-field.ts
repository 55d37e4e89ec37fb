/**
 * Required fields: what a schema requires and an object lacks.
 *
 * Reads a decoded object and its schema. Returns the object with the zero values that Go's decoder leaves there, and the fields without which the API
 * server refuses it. Status fields are filled in silence, since controllers write them; so are the few fields whose zero value is valid.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../sim/json.ts";
import { memberSchema, type Schema } from "../sim/schema.ts";

/** An object with all that is required of it, and where it had less. */
export interface Filled {
  readonly value: JsonObject;
  /** Fields without which the API server refuses the object, as people write them. */
  readonly missing: readonly string[];
}

/** Fields that a schema calls required because Go always writes them, and whose zero value is valid. */
const mayBeMissing: ReadonlySet<string> = new Set([
  "core.v1.HTTPHeader.value",
  "core.v1.PreferredSchedulingTerm.preference",
  "core.v1.Sysctl.value",
  "scheduling.v1.PriorityClass.value",
]);

/** Fills in what an object lacks. */
export function withRequired(object: JsonObject, schema: Schema): Filled {
  const missing: string[] = [];
  const value = filled(object, schema, { path: "", missing });
  return { value: isJsonObject(value) ? value : object, missing };
}

interface Filling {
  readonly path: string;
  readonly missing: string[];
}

function filled(value: JsonValue, schema: Schema, at: Filling): JsonValue {
  if (isJsonArray(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    const all = value.map((item, index) => filled(item, items, { ...at, path: `${at.path}[${index}]` }));
    return all.every((item, index) => item === value[index]) ? value : all;
  }
  return isJsonObject(value) ? filledObject(value, schema, at) : value;
}

function filledObject(value: JsonObject, schema: Schema, at: Filling): JsonObject {
  const own: Record<string, JsonValue> = {};
  for (const [name, member] of Object.entries(value)) {
    const inner = memberSchema(schema, name);
    const whole = inner === undefined ? member : filled(member, inner, { ...at, path: joined(at.path, name) });
    if (whole !== member) own[name] = whole;
  }
  for (const name of schema.required) {
    const inner = value[name] === undefined ? schema.properties?.get(name) : undefined;
    if (inner === undefined) continue;
    const path = joined(at.path, name);
    if (!path.startsWith("status.") && !mayBeMissing.has(`${schema.reference ?? ""}.${name}`)) at.missing.push(path);
    const zero = zeroOf(inner);
    if (zero !== undefined) own[name] = zero;
  }
  return Object.keys(own).length === 0 ? value : { ...value, ...own };
}

/** What Go has in a field that nothing was decoded into; a time has no text for it. */
function zeroOf(schema: Schema): JsonValue | undefined {
  switch (schema.type) {
    case "string":
    case "byte":
      return "";
    case "integer":
    case "number":
    case "int-or-string":
      return 0;
    case "quantity":
      return "0";
    case "boolean":
      return false;
    case "array":
      return [];
    case "object":
      return filledObject({}, schema, { path: "", missing: [] });
    default:
      return undefined;
  }
}

function joined(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
