/**
 * Request paths: which resource, object and subresource a URL names.
 *
 * Reads a path as kube-apiserver's request info resolver does. Returns its parts; whether they exist is for the registry to say.
 */

/** The parts of a resource path. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
}

/** Parses /api/v1/… and /apis/GROUP/VERSION/…; undefined for any other path. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodePart);
  const isCore = parts[0] === "api";
  if (!isCore && parts[0] !== "apis") return undefined;
  const group = isCore ? "" : (parts[1] ?? "");
  const version = parts[isCore ? 1 : 2];
  const rest = parts.slice(isCore ? 2 : 3);
  if (version === undefined || rest.length === 0) return undefined;
  if (rest[0] === "namespaces" && rest.length > 2 && !namespaceSubresources.has(rest[2] ?? "")) {
    const [, namespace = "", resource = "", name = "", ...sub] = rest;
    return { group, version, namespace, resource, name, subresource: sub.join("/") };
  }
  const [resource = "", name = "", ...sub] = rest;
  return { group, version, namespace: resource === "namespaces" ? name : "", resource, name, subresource: sub.join("/") };
}

const namespaceSubresources: ReadonlySet<string> = new Set(["status", "finalize"]);

function decodePart(part: string): string {
  return part.includes("%") ? decodeURIComponent(part) : part;
}
