/**
 * Audit request: what stands, as the request that would bring it in now.
 *
 * Reads an object. Returns its creation by no user, so that the functions that judge requests also judge standing objects.
 */
import { apiVersionOf, kindTable } from "../api/kinds.ts";
import type { KubeObject } from "../api/object.ts";
import type { AdmissionRequest } from "./admission-request.ts";

/** The request that would bring the object in; who asks is a person, since only people act on what is found. */
export function auditRequest(object: KubeObject, domain: string): AdmissionRequest {
  const info = Object.values(kindTable(domain)).find((known) => known.kind === object.kind && apiVersionOf(known) === object.apiVersion);
  const [version = "", group = ""] = object.apiVersion.split("/").reverse();
  return {
    uid: object.metadata.uid ?? "audit",
    operation: "CREATE",
    kind: { group, version, kind: object.kind },
    resource: { group, version, resource: info?.resource ?? "" },
    name: object.metadata.name ?? "",
    namespace: object.metadata.namespace ?? "",
    object,
    userInfo: { username: "plimsoll audit", groups: [] },
    dryRun: true,
    isStanding: true,
  };
}
