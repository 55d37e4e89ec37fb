/**
 * Held objects: what a view of the cluster keeps of a stored object.
 *
 * Reads an object off the wire. Returns it whole where it is of any usual size, else without what nobody reads, else an outline of
 * bounded size. Two threads hold each object, and a replica has room for thousands; etcd takes 1.5 MB each, which as objects of a heap
 * may be twenty times as much. Only kinds with Pods are cut: a tenant may write them as large and as often as its quota lets it. A codec of
 * unknown JSON.
 */
import type { KubeObject, ObjectMeta } from "../api/object.ts";
import type { PodSpec } from "../api/pod.ts";
import { markedAsPart } from "../kube/held-part.ts";
import { podLimits, podRequestsUnremembered } from "../kube/pod-requests.ts";
import { toResourceList } from "../kube/resources.ts";
import { isWorkloadKind } from "../kube/workload.ts";

/** As estimated of its heap: an object that takes more is cut. Rich Pods with sidecars take about half of it. */
export const heldWholeMaxBytes = 128 * 1024;
/** What may be left of one that was cut. */
export const heldLeanMaxBytes = 64 * 1024;
/** Longer texts of an object that is cut become a marker. */
const textLengthMax = 4_096;
/** Of an outline: one field, and labels or annotations together. */
const fieldMaxBytes = 4 * 1024;
const mapMaxBytes = 8 * 1024;
const fieldsMax = 32;
/** No kind of ours is deeper; what is, is not walked. */
const depthMax = 64;

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

type Json = Readonly<Record<string, unknown>>;

/** Returns what is kept of an object: itself, or a part that says so (kube/held-part.ts). */
export function heldObject(object: KubeObject): KubeObject {
  const own = withoutLastApplied(object);
  if (!isWorkloadKind(own.kind) && own.kind !== "PodTemplate") return own;
  if (heapBytesOf(own, heldWholeMaxBytes) <= heldWholeMaxBytes) return own;
  const left = { bytes: heldLeanMaxBytes };
  const lean = leanOf(own, left, { depth: 0, within: "" }) as KubeObject;
  return left.bytes >= 0 ? markedAsPart(lean, "lean") : markedAsPart(outlineOf(own), "outline");
}

/** A copy of the whole object in one string, that nothing of ours reads from a view. */
function withoutLastApplied(object: KubeObject): KubeObject {
  if (object.metadata.annotations?.[lastApplied] === undefined) return object;
  const annotations = Object.fromEntries(Object.entries(object.metadata.annotations).filter(([name]) => name !== lastApplied));
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/**
 * Returns about how many bytes of heap a JSON value takes, on a 64-bit V8; counting ends soon after `enough`. A property or an item
 * counts as in a dictionary, which is how large maps are held.
 */
export function heapBytesOf(value: unknown, enough: number): number {
  const left = { bytes: enough };
  spend(value, left, 0);
  return enough - left.bytes;
}

function spend(value: unknown, left: Room, depth: number): void {
  left.bytes -= ownBytesOf(value);
  if (depth > depthMax) left.bytes = -1;
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (left.bytes < 0) return;
      spend(item, left, depth + 1);
    }
    return;
  }
  for (const name in value) {
    if (left.bytes < 0) return;
    left.bytes -= 24 + name.length;
    spend((value as Json)[name], left, depth + 1);
  }
}

/** Without what is within. */
function ownBytesOf(value: unknown): number {
  if (typeof value === "string") return 24 + value.length;
  if (Array.isArray(value)) return 48 + 8 * value.length;
  return typeof value === "object" && value !== null ? 56 : 8;
}

const containerLists: ReadonlySet<string> = new Set(["containers", "initContainers", "ephemeralContainers"]);
/** Where a value is one of their items; no field has such a name. */
const aContainer = "(container)";
const unreadOfContainers: ReadonlySet<string> = new Set(["env", "envFrom", "command", "args"]);

interface Room {
  bytes: number;
}

/** Without what containers are told, and with markers for long texts; all else as it is. Given up once the room is spent. */
function leanOf(value: unknown, left: Room, { depth, within }: { readonly depth: number; readonly within: string }): unknown {
  const text = typeof value === "string" && value.length > textLengthMax ? `(${value.length} characters, not held)` : value;
  left.bytes -= ownBytesOf(text);
  if (depth > depthMax) left.bytes = -1;
  if (typeof text !== "object" || text === null || left.bytes < 0) return text;
  if (Array.isArray(text)) {
    const inner = { depth: depth + 1, within: containerLists.has(within) ? aContainer : "" };
    const items: unknown[] = [];
    for (const item of text) {
      items.push(leanOf(item, left, inner));
      if (left.bytes < 0) break;
    }
    return items;
  }
  const kept: Record<string, unknown> = {};
  for (const name in text) {
    if (within === aContainer && unreadOfContainers.has(name)) continue;
    left.bytes -= 24 + name.length;
    kept[name] = leanOf((text as Json)[name], left, { depth: depth + 1, within: name });
    if (left.bytes < 0) break;
  }
  return kept;
}

/** What fits of an object, by one rule for all kinds with Pods: small fields, and of each Pod template what its Pod asks for. */
function outlineOf({ apiVersion, kind, metadata, ...rest }: KubeObject): KubeObject {
  const body = rest as { readonly spec?: Json; readonly status?: Json; readonly template?: Json };
  const spec = kind === "Pod" ? podOutline(body.spec) : specOutline(body.spec);
  const template = body.template === undefined ? {} : { template: templateOutline(body.template) };
  const object: KubeObject & Json = {
    apiVersion,
    kind,
    metadata: metadataOutline(metadata),
    spec,
    status: smallFields(body.status),
    ...template,
  };
  return object;
}

function specOutline(spec: Json = {}): Json {
  const { template, jobTemplate, ...fields } = spec;
  return {
    ...smallFields(fields),
    ...(isJson(template) ? { template: templateOutline(template) } : {}),
    ...(isJson(jobTemplate) && isJson(jobTemplate["spec"]) ? { jobTemplate: { spec: specOutline(jobTemplate["spec"]) } } : {}),
  };
}

function templateOutline({ metadata, spec }: Json): Json {
  return { metadata: metadataOutline(isJson(metadata) ? metadata : {}), spec: podOutline(isJson(spec) ? spec : {}) };
}

/** One container stands for all: what they ask for together is what a node must have. */
function podOutline(spec: Json = {}): Json {
  const { containers } = spec;
  const pod = { ...spec, containers: Array.isArray(containers) ? containers : [] } as unknown as PodSpec;
  const requests = Object.fromEntries(Object.entries(podRequestsUnremembered(pod)).filter(([name]) => name !== "pods"));
  const resources = { requests: toResourceList(requests), limits: toResourceList(podLimits(pod)) };
  const name = pod.containers[0]?.name ?? "";
  const others = Object.fromEntries(Object.entries(spec).filter(([field]) => !summedUp.has(field)));
  return { ...smallFields(others), containers: [{ name: name.slice(0, textLengthMax), resources }] };
}

const summedUp: ReadonlySet<string> = new Set([...containerLists, "overhead", "resources"]);

function metadataOutline({ labels, annotations, ...fields }: ObjectMeta): ObjectMeta {
  return {
    ...smallFields(fields),
    ...(labels === undefined ? {} : { labels: fitting(labels) }),
    ...(annotations === undefined ? {} : { annotations: fitting(annotations) }),
  };
}

function smallFields(fields: Json = {}): Json {
  const small = Object.entries(fields).filter(([name, value]) => heapBytesOf([name, value], fieldMaxBytes) <= fieldMaxBytes);
  return Object.fromEntries(small.slice(0, fieldsMax));
}

/** The first entries of a map, as far as they fit. */
function fitting(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept: [string, string][] = [];
  let left = mapMaxBytes;
  for (const name in map) {
    const text = map[name] ?? "";
    left -= heapBytesOf([name, text], mapMaxBytes);
    if (left < 0) break;
    kept.push([name, text]);
  }
  return Object.fromEntries(kept);
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
