/**
 * Auto defaults: the lifetimes that EKS Auto Mode gives the nodes of a NodePool that names none.
 *
 * Reads a NodePool as it is written. Returns it with Auto Mode's own defaults where its NodeClass is Auto Mode's; other pools
 * as they are. Fill these in before the defaults of the CRD, which are Karpenter's (expireAfter 720h).
 */
import { autoModeDomain } from "../api/labels.ts";
import type { KubeObject } from "../api/object.ts";

const autoLifetimes = { expireAfter: "336h", terminationGracePeriod: "24h" };

/** Returns a NodePool with the lifetimes that Auto Mode's own CRD fills in. */
export function withAutoDefaults(written: KubeObject): KubeObject {
  const spec = objectAt(written, "spec");
  const template = objectAt(spec, "template");
  const node = objectAt(template, "spec");
  if (objectAt(node, "nodeClassRef")["group"] !== autoModeDomain) return written;
  return { ...written, spec: { ...spec, template: { ...template, spec: { ...autoLifetimes, ...node } } } } as KubeObject;
}

function objectAt(object: object, name: string): Readonly<Record<string, unknown>> {
  const value: unknown = (object as Readonly<Record<string, unknown>>)[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}
