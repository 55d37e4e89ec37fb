/**
 * The reference page of one kind: a table of its fields, as Markdown.
 *
 * Reads a kind and its plain schema. Returns a page with a table for spec and one for status (the policies file has one
 * for all), and under each table the validations that concern several fields.
 */
import { crdSurface } from "../src/api/crd-surface.ts";
import type { CrdKind, JsonSchema, ShapeKind } from "../src/api/json-schema.ts";
import { patternWords } from "../src/api/schema-pattern.ts";

interface Row {
  readonly path: string;
  readonly required: boolean;
  readonly schema: JsonSchema;
}

/** Returns the reference page of a kind. */
export function referencePage({ kind, schema }: { readonly kind: ShapeKind; readonly schema: JsonSchema }): string {
  const title = kind === "PoliciesFile" ? "policies.yaml" : kind;
  const parts =
    kind === "PoliciesFile"
      ? [section("Fields", "", schema)]
      : Object.entries(schema.properties ?? {}).map(([name, part]) => section(name, name, part));
  const columns = kind === "PoliciesFile" || kind === "NodeClass" ? [] : [columnSection(kind)];
  return [
    `# ${title}`,
    `<!-- Generated from the schemas of src/api by \`npm run generate\`; don't edit. -->`,
    schema.description ?? "",
    "A field in **bold** is required. `[]` stands for each entry of a list, `<name>` for each key of a map.",
    ...parts,
    ...columns,
  ]
    .join("\n\n")
    .concat("\n");
}

function section(title: string, path: string, schema: JsonSchema): string {
  const rows = rowsOf({ path, required: true, schema }).filter((row) => row.path !== path);
  const table = [
    "| field | type | default | validation | description |",
    "|---|---|---|---|---|",
    ...rows.map(
      (row) =>
        `| ${[fieldCell(row), typeOf(row.schema), defaultOf(row.schema), checksOf(row.schema), row.schema.description ?? ""].map(escaped).join(" | ")} |`,
    ),
  ];
  const rules = rowsOf({ path, required: true, schema }).flatMap((row) =>
    (row.schema["x-kubernetes-validations"] ?? []).map((rule) => `- \`${row.path}\`: ${rule.message}.`),
  );
  return [`## ${title}`, table.join("\n"), ...(rules.length === 0 ? [] : ["The API server also refuses:", rules.join("\n")])].join("\n\n");
}

function columnSection(kind: CrdKind): string {
  const rows = crdSurface[kind].columns.map(
    (column) => `| ${[column.name, column.priority === undefined ? "" : "yes", `\`${column.jsonPath}\``].map(escaped).join(" | ")} |`,
  );
  return ["## Columns of kubectl get", ["| column | only with -o wide | from |", "|---|---|---|", ...rows].join("\n")].join("\n\n");
}

function rowsOf(row: Row): readonly Row[] {
  const { schema, path } = row;
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    rowsOf({ path: path === "" ? name : `${path}.${name}`, required: schema.required?.includes(name) ?? false, schema: field }),
  );
  const items = schema.items ? innerRows(schema.items, `${path}[]`) : [];
  const values = schema.additionalProperties ? innerRows(schema.additionalProperties, `${path}.<name>`) : [];
  return [row, ...fields, ...items, ...values];
}

/** Entries of lists and maps: a row of their own only where they hold fields; plain ones show in the type. */
function innerRows(schema: JsonSchema, path: string): readonly Row[] {
  const rows = rowsOf({ path, required: false, schema });
  return schema.properties ? rows : rows.slice(1);
}

function fieldCell(row: Row): string {
  return row.required && !row.path.endsWith("]") && !row.path.endsWith(">") ? `**${row.path}**` : row.path;
}

function typeOf(schema: JsonSchema): string {
  if (schema["x-kubernetes-int-or-string"])
    return schema.pattern !== undefined && isQuantity(schema.pattern) ? "quantity" : "integer or text";
  if (schema.enum) return schema.enum.join(" / ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.type === "object" && schema.additionalProperties) return `map of ${typeOf(schema.additionalProperties)}`;
  if (schema.type === "string") return schema.format === "date-time" ? "time" : "text";
  return schema.type ?? "any";
}

function isQuantity(pattern: string): boolean {
  return patternWords(pattern)?.startsWith("a Kubernetes quantity") ?? false;
}

function defaultOf(schema: JsonSchema): string {
  if (schema.default !== undefined) return `\`${typeof schema.default === "string" ? schema.default : JSON.stringify(schema.default)}\``;
  return schema["x-plimsoll-default"] ?? "";
}

function checksOf(schema: JsonSchema): string {
  const inner = schema.items ?? schema.additionalProperties;
  const words = schema.pattern === undefined || typeOf(schema) === "quantity" ? undefined : patternWords(schema.pattern);
  const checks = [
    range(schema.minimum, schema.maximum, ""),
    range(schema.minLength, schema.maxLength, " characters"),
    range(schema.minItems, schema.maxItems ?? schema.maxProperties, " entries"),
    words,
    schema["x-plimsoll-check"],
    ...(inner && !inner.properties ? [checksOf(inner)] : []),
  ];
  return checks.filter((check) => check !== undefined && check !== "").join("; ");
}

function range(min: number | undefined, max: number | undefined, unit: string): string | undefined {
  if (min === undefined && max === undefined) return undefined;
  if (min === undefined) return `at most ${max}${unit}`;
  return max === undefined ? `at least ${min}${unit}` : `${min} to ${max}${unit}`;
}

function escaped(cell: string): string {
  return cell.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("*/", "\\*/");
}
