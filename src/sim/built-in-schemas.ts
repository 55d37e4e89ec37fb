/**
 * Schemas of the built-in kinds, read from their generated lines.
 *
 * Reads a short type name ("apps.v1.Deployment"). Returns its Schema, made on first use and kept by the set that made it. Fields are resolved
 * lazily, since JSONSchemaProps contains itself.
 */
import { assert } from "../api/assert.ts";
import { kubernetesTypes } from "./generated/kubernetes-types.ts";
import { toJson, type JsonValue } from "./json.ts";
import { anySchema, type Schema, type SchemaType } from "./schema.ts";

/** The built-in schemas by short type name. */
export type BuiltInSchemas = (reference: string) => Schema;

const scalarTypes: Readonly<Record<string, { readonly type: SchemaType; readonly goType: string; readonly format?: string }>> = {
  string: { type: "string", goType: "string" },
  boolean: { type: "boolean", goType: "bool" },
  int32: { type: "integer", goType: "int32", format: "int32" },
  int64: { type: "integer", goType: "int64", format: "int64" },
  double: { type: "number", goType: "float64", format: "double" },
  number: { type: "number", goType: "float64" },
  quantity: { type: "quantity", goType: "resource.Quantity" },
  "int-or-string": { type: "int-or-string", goType: "intstr.IntOrString" },
  "date-time": { type: "date-time", goType: "v1.Time", format: "date-time" },
  "micro-time": { type: "micro-time", goType: "v1.MicroTime", format: "date-time" },
  byte: { type: "byte", goType: "[]uint8", format: "byte" },
};

/** name, "!", type, "=default", "@ownership", "~strategy(mergeKey)" of one field. */
const fieldPattern = /^([^!:]+)(!?):([^=@~]+)(?:=([^@~]+))?(?:@([^~]+))?(?:~([^(]+)(?:\((.+)\))?)?$/;

/** Returns the reader of built-in schemas, and of more lines in their form, whose types may hold fields that the lines don't name. */
export function createBuiltInSchemas(more: Readonly<Record<string, string>> = {}): BuiltInSchemas {
  const made = new Map<string, Schema>();
  const byReference: BuiltInSchemas = (reference) => {
    const found = made.get(reference);
    if (found !== undefined) return found;
    const schema = objectSchema({ ...lineOf(reference, more), reference }, byReference);
    made.set(reference, schema);
    return schema;
  };
  return byReference;
}

interface TypeLine {
  readonly line: string;
  readonly isAtomic: boolean;
  /** True where the line names only some of the fields. */
  readonly isOpen: boolean;
}

function lineOf(reference: string, more: Readonly<Record<string, string>>): TypeLine {
  const open = more[reference];
  if (open !== undefined) return { line: open, isAtomic: false, isOpen: true };
  const atomicLine = kubernetesTypes[`${reference}@atomic`];
  const line = atomicLine ?? kubernetesTypes[reference];
  assert(line !== undefined, `the generated types hold ${reference}`);
  return { line, isAtomic: atomicLine !== undefined, isOpen: false };
}

function objectSchema({ line, isAtomic, isOpen, reference }: TypeLine & { readonly reference: string }, schemas: BuiltInSchemas): Schema {
  const fields = line.split(" ").map((text) => parseField(text));
  const cache: { properties?: ReadonlyMap<string, Schema> } = {};
  return {
    type: "object",
    goType: goName(reference),
    reference,
    required: fields.filter((field) => field.required).map((field) => field.name),
    nullable: false,
    preserveUnknown: isOpen,
    embedded: false,
    ownership: { kind: isAtomic ? "atomic" : "granular" },
    patchStrategies: [],
    get properties() {
      cache.properties ??= new Map(fields.map((field) => [field.name, fieldSchema(field, schemas)]));
      return cache.properties;
    },
  };
}

interface FieldLine {
  readonly name: string;
  readonly required: boolean;
  readonly type: string;
  readonly default?: JsonValue;
  readonly ownership?: string;
  readonly strategies: readonly string[];
  readonly mergeKey?: string;
}

function parseField(text: string): FieldLine {
  const [, name, required, type, defaultText, ownership, strategies, mergeKey] = fieldPattern.exec(text) ?? [];
  assert(name !== undefined && type !== undefined, `a field line reads name:type, not ${text}`);
  return {
    name,
    required: required === "!",
    type,
    ...(defaultText === undefined ? {} : { default: toJson(JSON.parse(defaultText)) }),
    ...(ownership === undefined ? {} : { ownership }),
    strategies: strategies === undefined ? [] : strategies.split(","),
    ...(mergeKey === undefined ? {} : { mergeKey }),
  };
}

function fieldSchema(field: FieldLine, schemas: BuiltInSchemas): Schema {
  const base = typeSchema(field.type, schemas);
  return extended(base, {
    ownership: fieldOwnership(field, base),
    patchStrategies: field.strategies,
    ...(field.default === undefined ? {} : { default: field.default }),
    ...(field.mergeKey === undefined ? {} : { mergeKey: field.mergeKey }),
  });
}

/** Copies a schema with other members, without resolving its fields. */
function extended(base: Schema, changes: Partial<Schema>): Schema {
  const plain = Object.entries(Object.getOwnPropertyDescriptors(base)).filter(([name]) => name !== "properties");
  const copy: Schema = Object.defineProperties({ ...anySchema }, Object.fromEntries(plain));
  return {
    ...copy,
    ...changes,
    get properties() {
      return base.properties ?? new Map<string, Schema>();
    },
  };
}

function fieldOwnership({ ownership }: FieldLine, base: Schema): Schema["ownership"] {
  if (ownership === "set") return { kind: "set" };
  if (ownership === "atomic") return { kind: "atomic" };
  if (ownership !== undefined) return { kind: "map", keys: ownership.split(",") };
  return base.ownership;
}

function typeSchema(type: string, schemas: BuiltInSchemas): Schema {
  if (type === "any") return anySchema;
  if (type.startsWith("[")) {
    const items = typeSchema(type.slice(1, -1), schemas);
    return {
      ...anySchema,
      type: "array",
      goType: `[]${items.goType}`,
      nullable: false,
      preserveUnknown: false,
      items,
      ownership: { kind: "atomic" },
    };
  }
  if (type.startsWith("{")) {
    const values = typeSchema(type.slice(1, -1), schemas);
    return { ...anySchema, type: "object", goType: `map[string]${values.goType}`, nullable: false, preserveUnknown: false, values };
  }
  const scalar = scalarTypes[type];
  if (scalar !== undefined) return { ...anySchema, ...scalar, nullable: false, preserveUnknown: false };
  return schemas(type);
}

function goName(reference: string): string {
  const parts = reference.split(".");
  return parts.slice(-2).join(".");
}
