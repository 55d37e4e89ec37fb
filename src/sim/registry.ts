/**
 * The registry: which resources are served now.
 *
 * Reads the built-in table and the stored CRDs (again after each change of one). Returns the resource of a path, or of a kind.
 */
import type { BuiltInSchemas } from "./built-in-schemas.ts";
import { builtInResources, definitionStorage } from "./built-in-resources.ts";
import { customResources } from "./crd.ts";
import type { ServedResource } from "./served-resource.ts";
import type { Store } from "./store.ts";

/** The served resources. */
export interface Registry {
  all(): readonly ServedResource[];
  find(at: { readonly group: string; readonly version: string; readonly resource: string }): ServedResource | undefined;
  findKind(at: { readonly group: string; readonly version: string; readonly kind: string }): ServedResource | undefined;
  readonly schemas: BuiltInSchemas;
}

/** Returns the registry over a store. */
export function createRegistry(store: Store, schemas: BuiltInSchemas): Registry {
  const builtIn = builtInResources(schemas);
  const cache: { served: readonly ServedResource[] | undefined; byPath: ReadonlyMap<string, ServedResource> } = {
    served: undefined,
    byPath: new Map(),
  };
  store.subscribe(definitionStorage, () => {
    cache.served = undefined;
  });
  const all = (): readonly ServedResource[] => {
    if (cache.served !== undefined) return cache.served;
    cache.served = [...builtIn, ...store.list(definitionStorage).flatMap((definition) => customResources(definition, schemas))];
    cache.byPath = new Map(cache.served.map((served) => [`${served.group}/${served.version}/${served.resource}`, served]));
    return cache.served;
  };
  return {
    all,
    schemas,
    find: ({ group, version, resource }) => {
      all();
      return cache.byPath.get(`${group}/${version}/${resource}`);
    },
    findKind: ({ group, version, kind }) =>
      all().find((served) => served.group === group && served.version === version && served.kind === kind),
  };
}
