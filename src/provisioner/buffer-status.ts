/**
 * What a CapacityBuffer says of itself: what it wants, and whether there is room for it.
 *
 * Reads a buffer, what it wants as resolved, and what the last plan made of it. Returns the status to apply: the API's conditions
 * and reasons, with our words. Room on NodeClaims that are on their way counts as there, as the plan counts it.
 */
import type { CapacityBuffer } from "../api/capacity-buffer.ts";
import { canonicalJson } from "../api/hash.ts";
import type { Instant } from "../api/ports.ts";
import type { Result } from "../api/result.ts";
import { transitionTime } from "../kube/condition.ts";
import { activeCapacity, type BufferProblem } from "../policies/buffer-source.ts";
import type { BufferChunks } from "./buffer-chunks.ts";
import { bufferPodsMax, type BufferRoom } from "./buffer-demand.ts";
import { bufferOf } from "./scheduling/buffer-pod.ts";
import type { PendingPod } from "./scheduling/pod-class.ts";
import type { SchedulingResults } from "./scheduling/solve.ts";

/** What a plan made of a buffer, in chunks. */
export interface BufferPlaces {
  /** As many as were wanted then; more than the others together where buffers want more than is planned for. */
  readonly wanted: number;
  /** As many as BUF-001 and quotas let in, and what lets no more in; absent: all that are wanted. */
  readonly quota?: { readonly allowed: number; readonly limitedBy: string };
  /** On nodes and NodeClaims that are there. */
  readonly existing: number;
  /** On nodes to buy. */
  readonly bought: number;
  /** Without any place. */
  readonly failed: number;
}

/** What a plan made of each buffer, by "ns/name". */
export type PlacesOfBuffers = ReadonlyMap<string, BufferPlaces>;

export type CapacityBufferStatus = NonNullable<CapacityBuffer["status"]>;
type BufferCondition = NonNullable<CapacityBufferStatus["conditions"]>[number];
type BufferVerdict = Pick<BufferCondition, "type" | "status" | "reason" | "message">;

/** Returns what a plan made of the buffers that wanted something of it. */
export function placesOfBuffers(
  buffers: readonly BufferRoom[],
  {
    existing,
    newNodes,
    unschedulable,
  }: Pick<SchedulingResults, "existing" | "newNodes"> & {
    readonly unschedulable: readonly { readonly pod: PendingPod }[];
  },
): PlacesOfBuffers {
  const [standing, bought, failed] = [
    countsOf(existing.flatMap(({ pods }) => pods)),
    countsOf(newNodes.flatMap(({ pods }) => pods)),
    countsOf(unschedulable.map(({ pod }) => pod)),
  ];
  return new Map(
    buffers.flatMap(({ buffer: { metadata }, chunks, allowed = 0, limitedBy }) => {
      if (!chunks.ok) return [];
      const key = `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
      const of = (counts: ReadonlyMap<string, number>): number => counts.get(key) ?? 0;
      const quota = limitedBy === undefined ? {} : { quota: { allowed, limitedBy } };
      return [[key, { wanted: chunks.value.replicas, existing: of(standing), bought: of(bought), failed: of(failed), ...quota }] as const];
    }),
  );
}

function countsOf(pods: readonly PendingPod[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const buffer = bufferOf(pod);
    if (buffer === undefined) continue;
    const key = `${buffer.namespace}/${buffer.name}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

export interface BufferStatusInput {
  readonly buffer: CapacityBuffer;
  readonly chunks: Result<BufferChunks, BufferProblem>;
  /** Undefined before the first plan. */
  readonly places: BufferPlaces | undefined;
}

/** Returns the status of a buffer; what no plan has told yet stays as it was said last. */
export function capacityBufferStatus({ buffer, chunks, places }: BufferStatusInput, now: Instant): CapacityBufferStatus {
  const { metadata, spec, status: known } = buffer;
  const condition = (verdict: BufferVerdict): BufferCondition => ({
    ...verdict,
    lastTransitionTime: transitionTime(verdict, { known: known?.conditions, now }),
    observedGeneration: metadata.generation ?? 0,
  });
  const provisioning = provisioningOf(chunks, places);
  const before = known?.conditions?.find(({ type }) => type === "Provisioning");
  const told = provisioning === undefined ? before : condition(provisioning);
  const { podTemplate, replicas: asked } = chunks.ok ? chunks.value : { podTemplate: undefined, replicas: undefined };
  const quota = places?.wanted === asked ? places?.quota : undefined;
  const limited = limitOf({ quota, asked, wasLimited: known?.conditions?.some(isLimited) === true });
  const conditions = [
    condition(readinessOf(chunks)),
    ...(told === undefined ? [] : [told]),
    ...(limited === undefined ? [] : [condition(limited)]),
  ];
  const replicas = quota?.allowed ?? asked;
  return {
    conditions,
    ...(podTemplate === undefined ? {} : { podTemplateRef: { name: podTemplate.name }, podTemplateGeneration: podTemplate.generation }),
    provisioningStrategy: spec.provisioningStrategy ?? activeCapacity,
    ...(replicas === undefined ? {} : { replicas }),
  };
}

/** Says whether a buffer's status says all of this already; conditions of others beside ours are no difference. */
export function isSaid({ status }: CapacityBuffer, wanted: CapacityBufferStatus): boolean {
  const ours = new Set(wanted.conditions?.map(({ type }) => type));
  const conditions = byType(status?.conditions?.filter(({ type }) => ours.has(type)));
  return canonicalJson({ ...status, conditions }) === canonicalJson({ ...wanted, conditions: byType(wanted.conditions) });
}

function byType(conditions: readonly BufferCondition[] = []): readonly BufferCondition[] {
  return [...conditions].sort((a, b) => (a.type < b.type ? -1 : 1));
}

function readinessOf(chunks: BufferStatusInput["chunks"]): BufferVerdict {
  const type = "ReadyForProvisioning";
  if (!chunks.ok) return { type, status: "False", ...chunks.error };
  return { type, status: "True", reason: "Resolved", message: "Pod template resolved successfully" };
}

const limitedByQuotas = "LimitedByQuotas";

function isLimited({ type, status }: BufferCondition): boolean {
  return type === limitedByQuotas && status === "True";
}

/** Told while it is so, and once when it no longer is; the reason is the API's. */
function limitOf(of: {
  readonly quota: BufferPlaces["quota"];
  readonly asked: number | undefined;
  readonly wasLimited: boolean;
}): BufferVerdict | undefined {
  const { quota, asked, wasLimited } = of;
  const verdict = { type: limitedByQuotas, reason: "ResourceQuotasAllocated" } as const;
  if (quota !== undefined) {
    const message = `${quota.allowed} of ${asked ?? 0} virtual pods: ${quota.limitedBy}`;
    return { ...verdict, status: "True", message };
  }
  return wasLimited ? { ...verdict, status: "False", message: "BUF-001 and ResourceQuotas leave room for all of it" } : undefined;
}

/** Undefined where the last plan was of another number of chunks, or there was none. */
function provisioningOf(chunks: BufferStatusInput["chunks"], places: BufferPlaces | undefined): BufferVerdict | undefined {
  const type = "Provisioning";
  const unmet = { type, status: "False" } as const;
  if (!chunks.ok) return { ...unmet, reason: "NotReadyForProvisioning", message: "Buffer is not ready for provisioning" };
  const { replicas } = chunks.value;
  if (replicas === 0) return { ...unmet, reason: "BufferEmpty", message: "Buffer has zero desired replicas" };
  if (places?.wanted !== replicas) return undefined;
  const { existing, bought, failed, quota } = places;
  const wanted = quota?.allowed ?? places.wanted;
  if (quota?.allowed === 0) return { ...unmet, reason: "BufferEmpty", message: `No chunk of the buffer is let in: ${quota.limitedBy}` };
  if (existing === wanted) {
    return { type, status: "True", reason: "FitsExistingCapacity", message: `All ${wanted} virtual pods fit on existing capacity` };
  }
  const beyond = wanted - existing - bought - failed;
  const cut = beyond === 0 ? "" : `; ${beyond} are not planned for: buffers have room for ${bufferPodsMax} together`;
  const message = `${bought}/${wanted} virtual pods required new capacity, ${failed} failed${cut}`;
  return { ...unmet, reason: "RequiresNewCapacity", message };
}
