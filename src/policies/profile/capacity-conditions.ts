/**
 * Conditions of a WorkloadProfile that are about capacity: where its Pods find a node, whether a burst does, and Spot.
 *
 * Reads the view of the profile. Returns a judgement each, or none where the condition does not concern the profile or nothing
 * is known of capacity.
 */
import type { NodePool } from "../../api/node-pool.ts";
import type { Resources } from "../../api/object.ts";
import { podRequests } from "../../kube/pod-requests.ts";
import { formatAmount, toResources } from "../../kube/resources.ts";
import type { Finding } from "../verdict.ts";
import { nameOfTarget, no, yes, type Judgement } from "./judgement.ts";
import { mixesCapacity } from "./pod-parts.ts";
import type { ProfileTarget, ProfileView } from "./profile-view.ts";

/** Whether the profile's Pods may run on Spot, and why or why not: status.spot. */
export interface SpotAnswer {
  readonly allowed: boolean;
  readonly reason: string;
}

/** Left out while no NodePool is known: nothing can be judged then. */
export function placeable({ targets, knowsNodePools }: ProfileView): readonly Judgement[] {
  if (!knowsNodePools || targets.length === 0) return [];
  const homeless = targets.find(({ nodePools }) => nodePools.length === 0);
  if (homeless !== undefined) return [no("Placeable", "NoNodePool", `no NodePool makes Nodes for the Pods of ${nameOfTarget(homeless)}`)];
  const names = targets.flatMap(({ nodePools }) => nodePools.map(({ metadata }) => metadata.name ?? ""));
  return [yes("Placeable", "NodePoolFound", [...new Set(names)].sort().join(", "))];
}

/** Whether the largest burst finds room under the limits of the NodePools; left out where the workload does not scale. */
export function burstFeasible({ targets, resolved, profile, knowsNodePools }: ProfileView): readonly Judgement[] {
  if (!knowsNodePools || resolved === undefined) return [];
  const growth = resolved.maxReplicas.value - resolved.minReplicas.value;
  const burst = profile.spec.scaling?.maxBurstPods ?? growth;
  const scaling = targets.filter(({ workload, nodePools }) => workload.hasScale && nodePools.length > 0);
  if (burst < 1 || growth < 1 || scaling.length === 0) return [];
  const short = scaling.map((target) => shortage(target, burst)).find((text) => text !== undefined);
  return short === undefined
    ? [yes("BurstFeasible", "RoomUnderLimits", `the NodePools' limits leave room for ${burst} more Pods`)]
    : [no("BurstFeasible", "LimitReached", `[POOL-004] ${short}`)];
}

function shortage({ workload, nodePools }: ProfileTarget, burst: number): string | undefined {
  const wants = podRequests(workload.template.spec);
  const rooms = nodePools.map((pool) => ({ pool, room: roomFor(pool, wants) }));
  if (rooms.reduce((sum, { room }) => sum + room, 0) >= burst) return undefined;
  const [tightest] = rooms.toSorted((a, b) => a.room - b.room);
  if (tightest === undefined) return undefined;
  const left = leftUnder(tightest.pool);
  const resource = ["cpu", "memory"].find((name) => (wants[name] ?? 0) * burst > (left[name] ?? Infinity)) ?? "cpu";
  const words = resource === "cpu" ? "CPU" : resource;
  const [needed, has] = [(wants[resource] ?? 0) * burst, Math.max(0, left[resource] ?? 0)].map((amount) => formatAmount(resource, amount));
  return `burst of ${burst} pods needs ${needed} ${words}; NodePool ${tightest.pool.metadata.name} has ${has} ${words} left under its limit; ask owner to raise limits.${resource}`;
}

/** How many such Pods a NodePool's limits leave room for. */
function roomFor(pool: NodePool, wants: Resources): number {
  const left = leftUnder(pool);
  const rooms = Object.entries(left).flatMap(([name, amount]) => {
    const want = wants[name] ?? 0;
    return want === 0 ? [] : [Math.floor(Math.max(0, amount) / want)];
  });
  return Math.min(Infinity, ...rooms);
}

function leftUnder({ spec, status }: NodePool): Resources {
  const used = toResources(status?.resources);
  return Object.fromEntries(Object.entries(toResources(spec.limits)).map(([name, limit]) => [name, limit - (used[name] ?? 0)]));
}

/** Left out where the profile does not ask for Spot. */
export function spotSafe(view: ProfileView, findings: readonly Finding[]): readonly Judgement[] {
  const answer = spotAnswer(view, findings);
  if (answer === undefined || view.resolved?.spotAllowed.value !== true) return [];
  return [answer.allowed ? yes("SpotSafe", "SpotAllowed", answer.reason) : no("SpotSafe", "SpotRefused", answer.reason)];
}

/**
 * Returns whether Spot is open to the workload; `findings` are those of the SPOT rules, judged as if the profile asked for it.
 * Undefined where the catalogue lacks the class.
 */
export function spotAnswer(view: ProfileView, findings: readonly Finding[]): SpotAnswer | undefined {
  const { workloadClass, className, resolved } = view;
  if (workloadClass === undefined || resolved === undefined) return undefined;
  if (!workloadClass.allowSpot) return { allowed: false, reason: `class "${className}" does not allow Spot` };
  const [refusal] = findings.filter(({ rule, action }) => rule.startsWith("SPOT-") && action === "deny");
  if (refusal !== undefined) return { allowed: false, reason: `[${refusal.rule}] ${refusal.message}; ${refusal.fix}` };
  if (!resolved.spotAllowed.value) return { allowed: true, reason: `class "${className}" allows it; set cost.spotAllowed: true` };
  const floor = resolved.spotFloorOnDemand.value;
  const isMixed = mixesCapacity({ workloadClass, resolved }) && floor !== 0 && floor !== "0%";
  return { allowed: true, reason: isMixed ? `in use; ${floor} of the replicas stay on on-demand capacity` : "in use" };
}
