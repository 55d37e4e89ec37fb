/**
 * The stranded Pod: one that waits for a zone which can no longer take it.
 *
 * Reads one target and the time. Returns the Pod to delete, so that its owner makes it again and admission compiles it for
 * the zones of now. A pending Pod serves nobody, but two of our processes may see capacity differently
 * for a while; so only a Pod that has waited for a minute is taken, and only one at a time, the next after a minute.
 */
import { zoneLabel } from "../../api/labels.ts";
import type { Pod, TopologySpreadConstraint } from "../../api/pod.ts";
import type { Instant } from "../../api/ports.ts";
import { controllerOf } from "../../kube/owner.ts";
import { isPending, isTerminating, isUnschedulable } from "../../kube/pod-state.ts";
import type { CompiledContract } from "./contract.ts";

/** How long a Pod must have waited. */
const strandedAfterMs = 60_000;

export interface StrandedPod {
  readonly pod: Pod;
  /** Zones that it was compiled for, and zones that can take it now. */
  readonly zonesThen: number;
  readonly zonesNow: number;
}

/** Returns the Pod of a target that must be made again, or undefined where there is none, or none yet. */
export function strandedPod(of: {
  readonly contract: CompiledContract;
  readonly pods: readonly Pod[];
  readonly now: Instant;
}): StrandedPod | undefined {
  const { contract, pods, now } = of;
  const zonesNow = requiredZones(contract.pod.spread);
  if (zonesNow === undefined || !contract.writes) return undefined;
  const isYoung = (pod: Pod) => createdAt(pod) > now - strandedAfterMs;
  if (pods.some((pod) => isTerminating(pod) || (isPending(pod) && isYoung(pod)))) return undefined;
  const stranded = pods.filter((pod) => waitsForZones(pod) && (requiredZones(pod.spec.topologySpreadConstraints) ?? 0) > zonesNow);
  const [oldest] = [...stranded].sort(
    (a, b) => createdAt(a) - createdAt(b) || ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1),
  );
  if (oldest === undefined) return undefined;
  return { pod: oldest, zonesThen: requiredZones(oldest.spec.topologySpreadConstraints) ?? 0, zonesNow };
}

/** Says whether a Pod may turn out to be stranded: unschedulable, spread over a number of zones, and made again if deleted. */
export function waitsForZones(pod: Pod): boolean {
  return isUnschedulable(pod) && controllerOf(pod) !== undefined && requiredZones(pod.spec.topologySpreadConstraints) !== undefined;
}

function requiredZones(spread: readonly TopologySpreadConstraint[] | undefined): number | undefined {
  return (spread ?? []).find(({ topologyKey, whenUnsatisfiable }) => topologyKey === zoneLabel && whenUnsatisfiable === "DoNotSchedule")
    ?.minDomains;
}

/** A Pod without a readable time counts as new, and is left alone. */
function createdAt({ metadata }: Pod): number {
  const at = Date.parse(metadata.creationTimestamp ?? "");
  return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
}
