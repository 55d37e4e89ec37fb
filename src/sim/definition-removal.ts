/**
 * The end of a CustomResourceDefinition: its objects go with it.
 *
 * Reads a CRD that is being removed. Removes every stored object of it, since no path leads to them afterwards.
 */
import type { ApiServer } from "./api-server.ts";
import { storageName } from "./built-in-resources.ts";
import { stringAt, type JsonObject } from "./json.ts";

/** Removes the objects of a definition. */
export function removeCustomObjects({ store }: ApiServer, definition: JsonObject): void {
  const storage = storageName(stringAt(definition, "spec", "group") ?? "", stringAt(definition, "spec", "names", "plural") ?? "");
  for (const object of store.list(storage)) {
    const namespace = stringAt(object, "metadata", "namespace") ?? "";
    store.remove({ resource: storage, namespace, name: stringAt(object, "metadata", "name") ?? "" }, object, undefined);
  }
}
