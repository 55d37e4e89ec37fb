/**
 * Tables: objects as rows, for a client that asks for as=Table.
 *
 * Reads an object, a list or a watch line of one resource. Returns a meta.k8s.io/v1 Table: the built-in printers' columns, or a custom
 * resource's additionalPrinterColumns.
 */
import type { Instant, WatchLine } from "../../api/ports.ts";
import { isJsonArray, isJsonObject, objectAt, stringAt, toJson, valueAt, withValue, type JsonObject, type JsonValue } from "../json.ts";
import { storedEvent } from "../event-versions.ts";
import { apiVersionOf, type PrintColumn, type ServedResource } from "../served-resource.ts";
import { clusterPrinters } from "./cluster-printers.ts";
import { ageOf } from "./human-duration.ts";
import { valuesAtPath } from "./json-path.ts";
import { podPrinter } from "./pod-printer.ts";
import { columns, nameOf, type Printer } from "./printer.ts";
import { workloadPrinters } from "./workload-printers.ts";

/** How a client wants its rows. */
export interface TableWish {
  readonly served: ServedResource;
  readonly now: Instant;
  /** What stands beside each row's cells: "Metadata" (default), "Object" or "None". */
  readonly includeObject: string;
}

/** Returns an object or a list as a Table. */
export function tableOf(body: JsonObject, wish: TableWish): JsonObject {
  const printer = printerOf(wish.served);
  const items = valueAt(body, "items");
  const isList = isJsonArray(items) && stringAt(body, "kind") === wish.served.listKind;
  const objects = isList ? items.filter(isJsonObject) : [body];
  const resourceVersion = stringAt(body, "metadata", "resourceVersion");
  const metadata = isList ? objectAt(body, "metadata") : resourceVersion === undefined ? {} : { resourceVersion };
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: printer.columns.map((column) => ({ ...columnDefinition(column) })),
    rows: objects.map((object) => rowOf(object, printer, wish)),
  };
}

/** Returns the lines of a watch with each object as a Table of one row. */
export async function* tableLines(lines: AsyncIterable<WatchLine>, wish: () => TableWish): AsyncGenerator<WatchLine> {
  for await (const line of lines) {
    if (line.type === "ERROR" || line.type === "BOOKMARK") {
      yield line;
      continue;
    }
    const object = toJson(line.object);
    yield isJsonObject(object) ? { type: line.type, object: tableOf(object, wish()) } : line;
  }
}

function printerOf(served: ServedResource): Printer {
  if (served.custom !== undefined) return customPrinter(served.custom.columns);
  if (served.storage === "pods") return podPrinter;
  const printer = workloadPrinters[served.storage] ?? clusterPrinters[served.storage];
  return (
    printer ?? {
      columns: columns("Name", "Created At:date"),
      cells: (object) => [nameOf(object), stringAt(object, "metadata", "creationTimestamp") ?? ""],
    }
  );
}

function customPrinter(declared: readonly PrintColumn[]): Printer {
  return {
    columns: [...columns("Name"), ...declared],
    cells: (object, now) => [nameOf(object), ...declared.map((column) => customCell(object, column, now))],
  };
}

function customCell(object: JsonObject, column: PrintColumn, now: Instant): JsonValue {
  const [found] = valuesAtPath(object, column.jsonPath);
  if (found === undefined || found === null) return column.type === "date" ? "<unknown>" : null;
  switch (column.type) {
    case "date":
      return typeof found === "string" ? ageOf(found, now) : "<invalid>";
    case "integer":
    case "number":
      return typeof found === "number" ? found : null;
    case "boolean":
      return typeof found === "boolean" ? found : null;
    default:
      return typeof found === "string" ? found : JSON.stringify(found);
  }
}

function columnDefinition({ name, type, format, description, priority }: Omit<PrintColumn, "jsonPath">): JsonObject {
  return { name, type, format: format ?? "", description, priority };
}

function rowOf(object: JsonObject, printer: Printer, { served, now, includeObject }: TableWish): JsonObject {
  const whole: JsonObject = { kind: served.kind, apiVersion: apiVersionOf(served), ...object };
  const cells = printer.cells(served.storage === "events" ? storedEvent(whole) : whole, now);
  if (includeObject === "None") return { cells };
  if (includeObject === "Object") return { cells, object: whole };
  const metadata = withValue(objectAt(whole, "metadata"), [], undefined);
  return { cells, object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata } };
}
