/**
 * SPOT-001, -004, -006, -008: services on Spot capacity.
 *
 * Reads one profile, its class and the class's NodePools. Spot is a contract of its own: each node may go with two minutes' notice.
 * Replicas that are many and spread stand it; a single one, or a service with nothing but Spot below it, does not.
 */
import { capacityTypeLabel } from "../../api/labels.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { poolRequirements } from "../../kube/pool-requirements.ts";
import { has } from "../../kube/requirement.ts";
import { poolsOfClass } from "../class-pools.ts";
import type { Facts } from "../facts.ts";
import { termsOf, type ProfileTerms } from "../profile-terms.ts";
import { declaresWork, isInterruptibleClass, runsToAnEnd } from "../spot-use.ts";
import { documents, nodePoolManifest, profileManifest } from "./example-manifests.ts";
import type { Problem, Rule } from "./rule.ts";

const profileOf = (spec: string): string => profileManifest({ spec });

/** Fewer replicas than three leave half a service, or none, after one interruption. */
const spotReplicasMin = 3;

export const spot001: Rule = {
  id: "SPOT-001",
  summary: "A service of one replica on Spot: each interruption is an outage. Of two, half is left; that warns.",
  defaultAction: "deny",
  subjects: ["profile"],
  examples: {
    admitted: profileOf("runtimeClass: compute, availability: {minReplicas: 3, zoneSpread: preferred}, cost: {spotAllowed: true}"),
    denied: profileOf("runtimeClass: compute, availability: {minReplicas: 1, zoneSpread: preferred}, cost: {spotAllowed: true}"),
  },
  judge: onService((profile, { resolved, workloadClass }): readonly Problem[] => {
    const replicas = resolved.minReplicas.value;
    if (!resolved.spotAllowed.value || replicas < 1 || replicas >= spotReplicasMin) return [];
    return [
      {
        path: pathOf(profile),
        message: `spotAllowed with ${replicas === 1 ? "1 replica: an interruption is an outage" : `${replicas} replicas: an interruption leaves ${replicas - 1}`}`,
        fix: `spotAllowed: false or minReplicas ${spotReplicasMin}`,
        className: workloadClass.name,
        ...(replicas === 1 ? {} : { action: "warn" }),
      },
    ];
  }),
};

export const spot004: Rule = {
  id: "SPOT-004",
  summary: "A service with nothing but Spot below it: one shortage of Spot takes all of its replicas.",
  defaultAction: "deny",
  subjects: ["profile"],
  examples: {
    admitted: profileOf("runtimeClass: batch, scaling: {lagMetric: queue_lag}, disruption: {idempotent: true}, cost: {spotAllowed: true}"),
    denied: documents(
      nodePoolManifest({
        name: "batch-spot",
        className: "batch",
        requirement: "{key: karpenter.sh/capacity-type, operator: In, values: [spot]}",
        nodes: "taints: [{key: workload-class, value: batch, effect: NoSchedule}]",
      }),
      profileOf("runtimeClass: batch, availability: {minReplicas: 6}"),
    ),
  },
  judge: onService((profile, { resolved, workloadClass }, facts): readonly Problem[] => {
    if (!resolved.spotAllowed.value && !isInterruptibleClass(workloadClass)) return [];
    const pools = poolsOfClass(workloadClass, facts.snapshot);
    const onlySpot = pools.length > 0 ? pools.every(hasOnlySpot) : workloadClass.capacityTypes.every((type) => type === "spot");
    if (!onlySpot) return [];
    const names = pools.length > 0 ? pools.map(({ metadata }) => metadata.name ?? "") : workloadClass.pools;
    return [
      {
        path: pathOf(profile),
        message: `latency-serving workload would run only on Spot (pool "${names.join('", "')}" has no on-demand)`,
        fix: `spotFloorOnDemand 50% or class ${facts.policySet.settings.defaultClass}`,
        className: workloadClass.name,
      },
    ];
  }),
};

export const spot006: Rule = {
  id: "SPOT-006",
  summary: "Spot in a class that has it switched off, such as the cluster's own add-ons.",
  defaultAction: "deny",
  subjects: ["profile"],
  examples: {
    admitted: profileOf("runtimeClass: general, cost: {spotAllowed: false}"),
    denied: profileOf("runtimeClass: general, cost: {spotAllowed: true}"),
  },
  judge(facts) {
    if (facts.subject.kind !== "profile" || facts.subject.profile.spec.cost?.spotAllowed !== true) return [];
    const terms = termsOf(facts.subject.profile, facts);
    if (terms === undefined || terms.workloadClass.allowSpot) return [];
    return [
      {
        path: "/spec/cost/spotAllowed",
        message: `class "${terms.workloadClass.name}" has Spot switched off; got spotAllowed true`,
        fix: "set spotAllowed: false, or choose a class on Spot capacity",
        patch: [{ op: "replace", path: "/spec/cost/spotAllowed", value: false }],
        className: terms.workloadClass.name,
      },
    ];
  },
};

export const spot008: Rule = {
  id: "SPOT-008",
  summary: "A service on Spot whose replicas are not spread: Spot is taken back by zone and instance type.",
  defaultAction: "warn",
  subjects: ["profile"],
  examples: {
    admitted: profileOf("runtimeClass: compute, availability: {minReplicas: 3, zoneSpread: preferred}, cost: {spotAllowed: true}"),
    denied: profileOf("runtimeClass: compute, availability: {minReplicas: 3, zoneSpread: none}, cost: {spotAllowed: true}"),
  },
  judge: onService((profile, { resolved, workloadClass }): readonly Problem[] => {
    const replicas = resolved.minReplicas.value;
    if (!resolved.spotAllowed.value || replicas < 2 || resolved.zoneSpread.value !== "none") return [];
    return [
      {
        path: profile.spec.availability === undefined ? "/spec" : "/spec/availability",
        message: `spotAllowed with ${replicas} replicas and zoneSpread none: one zone's shortage of Spot may take all of them`,
        fix: "set zoneSpread: preferred or required",
        className: workloadClass.name,
      },
    ];
  }),
};

/** A profile serves requests unless it declares work, or all that it binds runs to an end. */
function onService(judge: (profile: WorkloadProfile, terms: ProfileTerms, facts: Facts) => readonly Problem[]): Rule["judge"] {
  return (facts) => {
    if (facts.subject.kind !== "profile") return [];
    const { profile } = facts.subject;
    if (declaresWork(profile.spec)) return [];
    if (facts.views.length > 0 && facts.views.every(({ workload }) => runsToAnEnd(workload.kind))) return [];
    const terms = termsOf(profile, facts);
    return terms === undefined ? [] : judge(profile, terms, facts);
  };
}

/** A pool that says nothing of capacity types has on-demand (Karpenter's default). */
function hasOnlySpot(pool: NodePool): boolean {
  const asked = poolRequirements(pool).get(capacityTypeLabel);
  return asked !== undefined && has(asked, "spot") && !has(asked, "on-demand") && !has(asked, "reserved");
}

function pathOf({ spec }: WorkloadProfile): string {
  if (spec.cost?.spotAllowed !== undefined) return "/spec/cost/spotAllowed";
  return spec.runtimeClass === undefined ? "/spec" : "/spec/runtimeClass";
}
