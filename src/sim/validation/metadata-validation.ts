/**
 * Validation of metadata: names, labels, and what may not change.
 *
 * Reads an object's metadata. Returns the problems in the words of apimachinery's validation.
 */
import type { FieldProblem } from "../api-failure.ts";
import { arrayAt, objectAt, stringAt, stringMapAt, stringsAt, valueAt, type JsonObject } from "../json.ts";
import type { ServedResource } from "../served-resource.ts";
import { forbiddenField, invalidValue, tooLong } from "./field-problem.ts";

const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelValuePattern = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const qualifiedNamePattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelValueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const namePartRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/** Resources whose names are DNS labels; all others take subdomains. */
const labelNamed: ReadonlySet<string> = new Set(["namespaces", "services"]);
const annotationsBytesMax = 256 * 1024;

/** Returns the problems of a new or changed object's metadata. */
export function metadataProblems(object: JsonObject, served: Pick<ServedResource, "storage">): readonly FieldProblem[] {
  const metadata = objectAt(object, "metadata");
  return [
    ...nameProblems(stringAt(metadata, "name") ?? "", served),
    ...labelProblems(metadata, "metadata.labels"),
    ...annotationProblems(metadata),
  ];
}

function nameProblems(name: string, { storage }: Pick<ServedResource, "storage">): readonly FieldProblem[] {
  const isLabel = labelNamed.has(storage);
  const lengthMax = isLabel ? 63 : 253;
  if (name.length > lengthMax) return [invalidValue("metadata.name", name, `must be no more than ${lengthMax} bytes`)];
  if ((isLabel ? labelPattern : subdomainPattern).test(name)) return [];
  return [invalidValue("metadata.name", name, isLabel ? labelRule : subdomainRule)];
}

/** Returns the problems of a labels map that stands in an object. */
export function labelProblems(holder: JsonObject, field: string): readonly FieldProblem[] {
  return Object.entries(stringMapAt(holder, "labels")).flatMap(([key, value]) => [
    ...keyProblems(key, field),
    ...valueProblems(value, field),
  ]);
}

function keyProblems(key: string, field: string): readonly FieldProblem[] {
  const parts = key.split("/");
  const name = parts.at(-1) ?? "";
  const isPrefixed = parts.length === 2;
  if (isPrefixed && !subdomainPattern.test(parts[0] ?? "")) return [invalidValue(field, key, `prefix part ${subdomainRule}`)];
  if (parts.length > 2 || !qualifiedNamePattern.test(name)) return [invalidValue(field, key, namePartRule)];
  return name.length > 63 ? [invalidValue(field, key, "name part must be no more than 63 bytes")] : [];
}

function valueProblems(value: string, field: string): readonly FieldProblem[] {
  if (value.length > 63) return [invalidValue(field, value, "must be no more than 63 bytes")];
  return labelValuePattern.test(value) ? [] : [invalidValue(field, value, labelValueRule)];
}

function annotationProblems(metadata: JsonObject): readonly FieldProblem[] {
  const entries = Object.entries(stringMapAt(metadata, "annotations"));
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return bytes > annotationsBytesMax ? [tooLong("metadata.annotations", annotationsBytesMax)] : [];
}

/** Returns the problems of a change of metadata: an object that ends takes no new finalizers. */
export function metadataChangeProblems(object: JsonObject, current: JsonObject): readonly FieldProblem[] {
  if (valueAt(current, "metadata", "deletionTimestamp") === undefined) return [];
  const before = stringsAt(current, "metadata", "finalizers");
  const added = arrayAt(object, "metadata", "finalizers").filter((item) => typeof item === "string" && !before.includes(item));
  if (added.length === 0) return [];
  const names = added.map((item) => JSON.stringify(item)).join(",");
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`;
  const problem = forbiddenField("metadata.finalizers", detail);
  // Two of the real server's validations say it, and both are told.
  return [problem, problem];
}
