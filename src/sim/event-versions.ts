/**
 * Events in two versions: core/v1 and events.k8s.io/v1 are one stored object with other field names.
 *
 * Reads an Event of either version. Returns it as stored (core/v1), or as a version serves it. The pairs are those of Kubernetes' own
 * conversion.
 */
import { mapAt, objectAt, type JsonObject } from "./json.ts";
import { apiVersionOf, type ServedResource } from "./served-resource.ts";

/** Field names of core/v1 beside those of events.k8s.io/v1. */
const fieldPairs: readonly (readonly [core: string, events: string])[] = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["reportingComponent", "reportingController"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
];

/** Returns an Event as it is stored. */
export function storedEvent(event: JsonObject): JsonObject {
  if (event["apiVersion"] === "v1") return event;
  return renamed(
    { ...event, apiVersion: "v1" },
    fieldPairs.map(([core, events]) => [events, core]),
  );
}

/** Returns a stored object as a resource serves it: Events with the version's names, all else unchanged. */
export function servedForm(stored: JsonObject, served: ServedResource): JsonObject {
  if (served.storage === "events") {
    if (served.group === "") return stored;
    return renamed({ ...stored, apiVersion: "events.k8s.io/v1" }, fieldPairs);
  }
  const apiVersion = apiVersionOf(served);
  return stored["apiVersion"] === apiVersion ? stored : { ...stored, apiVersion };
}

function renamed(object: JsonObject, names: readonly (readonly [from: string, to: string])[]): JsonObject {
  const to = new Map(names);
  const entries = Object.entries(object).map(([name, value]) => [to.get(name) ?? name, value] as const);
  return mapAt(Object.fromEntries(entries), [], (event) => ({ ...event, metadata: objectAt(event, "metadata") }));
}
