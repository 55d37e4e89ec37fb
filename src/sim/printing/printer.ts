/**
 * Printer: how one kind is shown as a table: its columns, and a row of an object.
 *
 * Shapes, and the parts that several printers share. A row has a cell for every column, also for those of -o wide.
 */
import type { Instant } from "../../api/ports.ts";
import { arrayAt, stringAt, type JsonObject, type JsonValue } from "../json.ts";
import type { PrintColumn } from "../served-resource.ts";
import { ageOf } from "./human-duration.ts";

/** A column of a built-in kind; its cells come from code, not from a path. */
export type Column = Omit<PrintColumn, "jsonPath">;

export interface Printer {
  readonly columns: readonly Column[];
  readonly cells: (object: JsonObject, now: Instant) => readonly JsonValue[];
}

/** Returns columns from names: "Name" is the name column, "Desired:integer" has a type, "IP*" is shown with -o wide only. */
export function columns(...names: readonly string[]): readonly Column[] {
  return names.map((text) => {
    const priority = text.endsWith("*") ? 1 : 0;
    const [name = "", type = "string"] = text.replace(/\*$/, "").split(":");
    return { name, type, description: "", priority, ...(name === "Name" ? { format: "name" } : {}) };
  });
}

/** Returns an object's name. */
export function nameOf(object: JsonObject): string {
  return stringAt(object, "metadata", "name") ?? "";
}

/** Returns an object's age. */
export function objectAge(object: JsonObject, now: Instant): string {
  return ageOf(stringAt(object, "metadata", "creationTimestamp"), now);
}

/** Returns the names and the images of a template's containers. */
export function containerCells(object: JsonObject, ...templateSpec: readonly string[]): readonly [string, string] {
  const containers = arrayAt(object, ...templateSpec, "containers");
  return [
    containers.map((item) => stringAt(item, "name") ?? "").join(","),
    containers.map((item) => stringAt(item, "image") ?? "").join(","),
  ];
}
