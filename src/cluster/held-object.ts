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
import { depthMax, heapBytesOf, keyBytesOf, ownBytesOf } from "../kube/heap-bytes.ts";
import { heldFieldMaxBytes, heldMapMaxBytes, heldWholeMaxBytes, markedAsPart } from "../kube/held-part.ts";
import { podLimits, podRequestsUnremembered } from "../kube/pod-requests.ts";
import { toResourceList } from "../kube/resources.ts";
import { isWorkloadKind } from "../kube/workload.ts";

/** What may be left of one that was cut. */
export const heldLeanMaxBytes = 64 * 1024;
/** Longer texts of an object that is cut become a marker. */
const textLengthMax = 4_096;
const fieldsMax = 32;

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
    left.bytes -= keyBytesOf(name);
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
  const small = Object.entries(fields).filter(([, value]) => heapBytesOf(value, heldFieldMaxBytes) <= heldFieldMaxBytes);
  return Object.fromEntries(small.slice(0, fieldsMax));
}

/** The shortest entries of a map, as far as they fit: what drains and autoscalers read is short. */
function fitting(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  let left = heldMapMaxBytes - ownBytesOf(map);
  const entries = Object.entries(map).sort(([a, x], [b, y]) => a.length + x.length - b.length - y.length);
  for (const [name, text] of entries) {
    left -= keyBytesOf(name) + ownBytesOf(text);
    if (left < 0) break;
    kept[name] = text;
  }
  return kept;
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
