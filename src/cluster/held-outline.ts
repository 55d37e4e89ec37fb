/**
 * Held outline: what is left of an object that is too large to be held otherwise, by one rule for all kinds.
 *
 * Reads an object, whole or already without what an outline leaves out (held-reader.ts), which comes to the same. Returns who it is, its
 * small fields, and of each Pod template what one of its Pods asks for; of a kind without Pods its metadata alone is cut, since its
 * readers need all of the rest. Every part has a bound, so that the whole has one. A codec of unknown JSON.
 */
import type { KubeObject, ObjectMeta } from "../api/object.ts";
import type { Container, PodSpec } from "../api/pod.ts";
import { heapBytesOf, keyBytesOf, ownBytesOf } from "../kube/heap-bytes.ts";
import { heldFieldMaxBytes, heldMapMaxBytes, heldSpecMaxBytes, markedAsPart } from "../kube/held-part.ts";
import { podLimits, podRequestsUnremembered } from "../kube/pod-requests.ts";
import { isQuantity } from "../kube/quantity.ts";
import { toResourceList } from "../kube/resources.ts";
import { isWorkloadKind } from "../kube/workload.ts";

export type Json = Readonly<Record<string, unknown>>;

/** Small fields beside one another, together. */
const fieldsMaxBytes = 3 * heldFieldMaxBytes;
const containerNameMax = 512;
const resourceNamesMax = 32;
const resourceNameMax = 512;

/** Whom it selects and how many it wants is kept before all else. */
const fieldsFirst: ReadonlySet<string> = new Set(["selector", "replicas"]);
const resourcesFirst: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);
export const containerLists: ReadonlySet<string> = new Set(["containers", "initContainers", "ephemeralContainers"]);
const summedUp: ReadonlySet<string> = new Set([...containerLists, "overhead", "resources"]);

/** Says whether objects of a kind carry Pods, or are some. */
export function hasPods(kind: string): boolean {
  return isWorkloadKind(kind) || kind === "PodTemplate";
}

/** Returns the outline, marked; of a kind without Pods whose spec does not fit the name alone. */
export function outlineOf({ apiVersion, kind, metadata, ...rest }: KubeObject): KubeObject {
  const body = rest as { readonly spec?: unknown; readonly status?: unknown; readonly template?: unknown };
  const object = { apiVersion, kind, metadata: metadataOutline(metadata) as unknown as ObjectMeta };
  const status = body.status === undefined ? {} : { status: smallFields(body.status) };
  if (!hasPods(kind)) {
    if (!Object.hasOwn(body, "spec")) return markedAsPart({ ...object, ...status }, "outline");
    // Undefined where it was too large to be read.
    const isTooLarge = body.spec === undefined || heapBytesOf(body.spec, heldSpecMaxBytes) > heldSpecMaxBytes;
    const all: KubeObject & Json = { ...object, spec: body.spec, ...status };
    return isTooLarge ? markedAsPart(object, "name") : markedAsPart(all, "outline");
  }
  const spec = body.spec === undefined ? {} : { spec: kind === "Pod" ? podOutline(body.spec) : specOutline(body.spec) };
  const template = body.template === undefined ? {} : { template: templateOutline(body.template) };
  return markedAsPart({ ...object, ...spec, ...status, ...template }, "outline");
}

function specOutline(spec: unknown): Json {
  const { template, jobTemplate, ...fields } = recordOf(spec);
  const { template: ofJobs, ...jobFields } = recordOf(recordOf(jobTemplate)["spec"]);
  const job = { ...smallFields(jobFields), ...(ofJobs === undefined ? {} : { template: templateOutline(ofJobs) }) };
  return {
    ...smallFields(fields),
    ...(template === undefined ? {} : { template: templateOutline(template) }),
    ...(jobTemplate === undefined ? {} : { jobTemplate: { spec: job } }),
  };
}

function templateOutline(template: unknown): Json {
  const { metadata, spec } = recordOf(template);
  return { metadata: metadataOutline(metadata), spec: podOutline(spec) };
}

/** One container stands for all: what they ask for together is what a node must have. */
function podOutline(pod: unknown): Json {
  const { overhead, resources, ...spec } = recordOf(pod);
  const containers = containersOf(spec["containers"]).map(askedOf);
  const initContainers = containersOf(spec["initContainers"]).map(askedOf);
  const whole = { containers, initContainers, overhead: amountsOf(overhead), ...podLevel(resources) } as PodSpec;
  const others = Object.fromEntries(Object.entries(spec).filter(([field]) => !summedUp.has(field)));
  return { ...smallFields(others), containers: [{ name: containers[0]?.name ?? "", resources: togetherOf(whole) }] };
}

function podLevel(resources: unknown): Pick<PodSpec, "resources"> {
  return resources === undefined || resources === null ? {} : { resources: boundsOf(resources) };
}

/** What a Pod's containers ask for together. */
function togetherOf(spec: PodSpec): Bounds {
  const requests = Object.fromEntries(Object.entries(podRequestsUnremembered(spec)).filter(([name]) => name !== "pods"));
  return boundsOf({ requests: toResourceList(requests), limits: toResourceList(podLimits(spec)) });
}

interface Bounds {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

function boundsOf(resources: unknown): Bounds {
  const { requests, limits } = recordOf(resources);
  return { requests: amountsOf(requests), limits: amountsOf(limits) };
}

/** The amounts that are some, of so many names: which ones follows from the names alone, so that parts add up as the whole does. */
export function amountsOf(list: unknown): Readonly<Record<string, string>> {
  const named = Object.entries(recordOf(list)).filter(
    (entry): entry is [string, string] => entry[0].length <= resourceNameMax && isAmount(entry[1]),
  );
  const rank = (name: string): number => (resourcesFirst.has(name) ? 0 : name.length);
  named.sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return Object.fromEntries(named.slice(0, resourceNamesMax));
}

function isAmount(value: unknown): boolean {
  return (typeof value === "string" && value.length <= 64 && isQuantity(value)) || typeof value === "number";
}

/** Returns what an outline looks at of a container. */
export function askedOf(container: unknown): Container {
  const { name, resources, restartPolicy } = recordOf(container);
  return {
    name: typeof name === "string" ? name.slice(0, containerNameMax) : "",
    resources: boundsOf(resources),
    ...(restartPolicy === "Always" ? { restartPolicy } : {}),
  };
}

/** Returns one container, or for those that initialise two, that ask for what all of them do. */
export function foldedContainers(containers: readonly Container[], field: string): readonly Container[] {
  const name = containers[0]?.name ?? "";
  if (field !== "initContainers") return [{ name, resources: togetherOf({ containers }) }];
  const sidecars = containers.filter(({ restartPolicy }) => restartPolicy === "Always");
  return [
    { name, resources: togetherOf({ containers: [], initContainers: containers }) },
    { name, restartPolicy: "Always", resources: togetherOf({ containers: sidecars }) },
  ];
}

function containersOf(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? list : [];
}

function metadataOutline(metadata: unknown): Json {
  const { labels, annotations, ...fields } = recordOf(metadata);
  return {
    ...smallFields(fields),
    ...(labels === undefined ? {} : { labels: fittingTexts(labels) }),
    ...(annotations === undefined ? {} : { annotations: fittingTexts(annotations) }),
  };
}

/** Returns the smallest fields, as far as they fit. */
export function smallFields(fields: unknown): Json {
  const small = Object.entries(recordOf(fields)).filter(([, value]) => heapBytesOf(value, heldFieldMaxBytes) <= heldFieldMaxBytes);
  return fitting(small, fieldsMaxBytes);
}

/** Returns the shortest entries of a map, as far as they fit: what drains and autoscalers read is short. */
export function fittingTexts(map: unknown): Json {
  return fitting(Object.entries(recordOf(map)), heldMapMaxBytes - ownBytesOf({}));
}

/** Leaving out some of those that do not fit changes nothing, so what comes in parts can be cut before all of it is here. */
function fitting(entries: readonly (readonly [string, unknown])[], roomBytes: number): Json {
  const sized = entries.map(([name, value]) => ({ name, value, bytes: keyBytesOf(name) + heapBytesOf(value, roomBytes) }));
  const rank = ({ name, bytes }: { readonly name: string; readonly bytes: number }): number => (fieldsFirst.has(name) ? 0 : bytes);
  sized.sort((a, b) => rank(a) - rank(b));
  const kept: [string, unknown][] = [];
  let left = roomBytes;
  for (const { name, value, bytes } of sized) {
    left -= bytes;
    if (left < 0) break;
    kept.push([name, value]);
  }
  return Object.fromEntries(kept);
}

/** Returns a JSON object; an empty one where it is none. */
function recordOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
