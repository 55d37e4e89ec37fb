/**
 * The scenario of one run: what people want of the cluster, and what they do to it meanwhile.
 *
 * Reads a seeded stream. Returns objects to apply and deeds with their times; nothing of it depends on what our process does, so that a run
 * with and without faults is asked for the same.
 */
import type { Deployment } from "../../src/api/workload.ts";
import type { EC2NodeClass } from "../../src/api/ec2-node-class.ts";
import type { NodePool } from "../../src/api/node-pool.ts";
import type { PodDisruptionBudget } from "../../src/api/pod-disruption-budget.ts";
import type { Random } from "../../src/sim/random.ts";

export interface Application {
  readonly name: string;
  readonly replicas: number;
  readonly deployment: Deployment;
  readonly budget: PodDisruptionBudget | undefined;
}

/** What somebody does, this long after the applications came. */
export type Deed = { readonly atMs: number } & (
  | { readonly kind: "scale"; readonly application: string; readonly replicas: number }
  /** Of those that stand then, the one at this place in their order. */
  | { readonly kind: "delete-claim" | "delete-node" | "end-instance"; readonly place: number }
);

export interface Scenario {
  readonly nodeClass: EC2NodeClass;
  readonly nodePool: NodePool;
  readonly applications: readonly Application[];
  readonly deeds: readonly Deed[];
  /** The API server is restored from a backup of before the applications came. */
  readonly restore?: Restore;
}

export interface Restore {
  /** Our process is started anew by it, and so has seen nothing of what is lost; else its watches tell it. */
  readonly restarts: boolean;
}

export const scenarioZones: readonly string[] = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"];
/** Few types, so that a plan costs little; two sizes of two families, one of them dearer. */
export const scenarioTypes: readonly string[] = ["c6i.large", "c6i.xlarge", "m5.large", "m6i.large", "m6i.xlarge"];

const deedsMax = 4;
const deedsWithinMs = 240_000;
const replicasMax = 4;
/** Few workloads and small ones: what a run tries is its faults. */
const applicationsMax = 2;
/** One run of twelve: it is longer than others. */
const restoreOdds = 1 / 12;
/** On more nodes than may be ended without a question. */
const crowdReplicas = { min: 8, spread: 5 };

/** Draws a scenario. */
export function drawScenario(random: Random): Scenario {
  const applications = Array.from({ length: 1 + random.integer(applicationsMax) }, (_, index) =>
    drawApplication(random, `app-${index + 1}`),
  );
  const deeds = Array.from({ length: random.integer(deedsMax + 1) }, () => drawDeed(random, applications));
  return {
    nodeClass: scenarioNodeClass(),
    nodePool: scenarioNodePool("general", random.next() < 0.5 ? ["on-demand"] : ["spot", "on-demand"]),
    applications,
    deeds: deeds.sort((a, b) => a.atMs - b.atMs),
  };
}

/** Returns the scenario with a restored API server for some seeds; most have none. */
export function withRestore(scenario: Scenario, random: Random): Scenario {
  if (random.next() >= restoreOdds) return scenario;
  const replicas = crowdReplicas.min + random.integer(crowdReplicas.spread);
  const crowd = drawApplication(random, "crowd", { replicas, cpu: "1600m" });
  return { ...scenario, applications: [...scenario.applications, crowd], restore: { restarts: random.next() < 0.5 } };
}

/** Draws a Deployment, with a budget or without. */
export function drawApplication(
  random: Random,
  name: string,
  { replicas = 1 + random.integer(replicasMax), cpu = drawCpu(random) }: { readonly replicas?: number; readonly cpu?: string } = {},
): Application {
  const selector = { matchLabels: { app: name } };
  const spreads = random.next() < 0.3;
  const deployment: Deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default" },
    spec: {
      replicas,
      selector,
      template: {
        metadata: { labels: selector.matchLabels },
        spec: {
          containers: [{ name: "main", image: "registry.example/main:1", resources: { requests: { cpu, memory: "512Mi" } } }],
          ...(spreads
            ? {
                topologySpreadConstraints: [
                  { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway", labelSelector: selector },
                ],
              }
            : {}),
        },
      },
    },
  };
  const maxUnavailable = [1, "34%", undefined][random.integer(3)];
  const budget = maxUnavailable === undefined ? undefined : budgetOf(name, maxUnavailable);
  return { name, replicas, deployment, budget };
}

function drawCpu(random: Random): string {
  return `${[400, 700, 1_200, 1_600][random.integer(4)] ?? 400}m`;
}

function budgetOf(name: string, maxUnavailable: number | string): PodDisruptionBudget {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name, namespace: "default" },
    spec: { maxUnavailable, selector: { matchLabels: { app: name } } },
  };
}

function drawDeed(random: Random, applications: readonly Application[]): Deed {
  const atMs = random.integer(deedsWithinMs);
  const kind = (["scale", "scale", "delete-claim", "delete-node", "end-instance"] as const)[random.integer(5)] ?? "scale";
  if (kind !== "scale") return { atMs, kind, place: random.integer(4) };
  const application = applications[random.integer(applications.length)]?.name ?? "";
  return { atMs, kind, application, replicas: random.integer(replicasMax + 1) };
}

/** An EC2NodeClass whose images are its own: nothing is looked up by name. */
export function scenarioNodeClass(name = "default"): EC2NodeClass {
  return {
    apiVersion: "karpenter.k8s.aws/v1",
    kind: "EC2NodeClass",
    metadata: { name },
    spec: {
      amiFamily: "Custom",
      amiSelectorTerms: [{ id: "ami-1" }],
      subnetSelectorTerms: [{ tags: { discovery: "faults" } }],
      securityGroupSelectorTerms: [{ tags: { discovery: "faults" } }],
      instanceProfile: "nodes",
      userData: "#!/bin/sh",
    },
  };
}

/** A NodePool of the few types; it never expires a node, since nothing here is to be replaced by itself. */
export function scenarioNodePool(name: string, capacityTypes: readonly string[], nodeClass = "default"): NodePool {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name },
    spec: {
      template: {
        spec: {
          nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: nodeClass },
          requirements: [
            { key: "karpenter.sh/capacity-type", operator: "In", values: [...capacityTypes] },
            { key: "kubernetes.io/arch", operator: "In", values: ["amd64"] },
          ],
          expireAfter: "Never",
        },
      },
      disruption: { consolidationPolicy: "WhenEmptyOrUnderutilized", consolidateAfter: "Never" },
    },
  };
}
