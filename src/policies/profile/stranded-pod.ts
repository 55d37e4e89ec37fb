/**
 * The stranded Pod: one that waits, compiled for other zones than can take it now.
 *
 * Reads one target and the time. Returns the Pod to delete, so that its owner makes it again and admission compiles it for
 * the zones of now: fewer of them where one is lost, more where one is back. A pending Pod serves no traffic, but two of our processes may see
 * the zones differently for a while; so only a Pod that has waited for a minute is taken, one at a time, and the next only where
 * the last came back as it should.
 */
import { zoneLabel } from "../../api/labels.ts";
import type { NodeSelectorTerm, Pod, TopologySpreadConstraint } from "../../api/pod.ts";
import type { Instant } from "../../api/ports.ts";
import { jsonEquals } from "../../kube/json-patch.ts";
import { controllerOf } from "../../kube/owner.ts";
import { isPending, isTerminating, isUnschedulable } from "../../kube/pod-state.ts";
import type { CompiledContract, PodParts } from "./contract.ts";
import { missingOfTerm, wantedOfNodes } from "./pod-changes.ts";

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
  const isWrong = (pod: Pod) => isForOtherZones(pod, contract.pod);
  if (pods.some((pod) => isTerminating(pod) || (isPending(pod) && isYoung(pod) && isWrong(pod)))) return undefined;
  const stranded = pods.filter((pod) => waitsForZones(pod) && isWrong(pod));
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

/** Says whether a Pod was made for more zones than there are, for one that is lost since, or without one that is back. */
function isForOtherZones({ spec }: Pod, parts: PodParts): boolean {
  const [then, now] = [spec.topologySpreadConstraints, parts.spread].map(strictZones);
  if (then?.minDomains === undefined || now?.minDomains === undefined) return false;
  if (then.minDomains > now.minDomains) return true;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  // The API server completes the selector by matchLabelKeys, so that is not compared.
  const isOurs = then.nodeTaintsPolicy === now.nodeTaintsPolicy && jsonEquals(then.matchLabelKeys, now.matchLabelKeys);
  if (parts.lastingRequirements === undefined) return isOurs && then.minDomains < now.minDomains && terms.some(namesZones);
  const left = parts.nodeRequirements.filter(({ key }) => key === zoneLabel);
  return isOurs && (terms.length === 0 || terms.some((term) => missingOfTerm(term, wantedOfNodes(spec.nodeSelector, left)).length > 0));
}

function namesZones({ matchExpressions = [] }: NodeSelectorTerm): boolean {
  return matchExpressions.some(({ key, operator }) => key === zoneLabel && operator === "In");
}

function strictZones(spread: readonly TopologySpreadConstraint[] | undefined): TopologySpreadConstraint | undefined {
  return (spread ?? []).find(({ topologyKey, whenUnsatisfiable }) => topologyKey === zoneLabel && whenUnsatisfiable === "DoNotSchedule");
}

function requiredZones(spread: readonly TopologySpreadConstraint[] | undefined): number | undefined {
  return strictZones(spread)?.minDomains;
}

/** A Pod without a readable time counts as new, and is left alone. */
function createdAt({ metadata }: Pod): number {
  const at = Date.parse(metadata.creationTimestamp ?? "");
  return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
}
