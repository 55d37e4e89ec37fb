/**
 * The scenario of one run on real parts: applications, a NodePool, what EC2 lacks meanwhile, and one deed of somebody's.
 *
 * Reads a seeded stream. Returns objects and the deed; nothing of it depends on what our process does.
 */
import type { NodePool } from "../../src/api/node-pool.ts";
import type { Random } from "../../src/sim/random.ts";
import type { Shortage } from "../support/ec2-fleets.ts";
import { drawApplication, scenarioNodePool, scenarioTypes, scenarioZones, type Application } from "./fault-scenario.ts";

/** What somebody does once all has settled; a place is among those that stand then, in the order of their names. */
export type StandInDeed =
  | { readonly kind: "delete-claim" | "delete-node"; readonly place: number }
  /** A Spot warning, of which EC2 may tell twice. */
  | { readonly kind: "warn"; readonly place: number; readonly isTwice: boolean }
  | { readonly kind: "scale"; readonly replicas: number };

export interface StandInScenario {
  readonly nodePool: NodePool;
  readonly applications: readonly Application[];
  readonly shortages: readonly Shortage[];
  /** How long a new instance is not shown yet. */
  readonly hiddenMs: number;
  /** How long after its launch a node joins. */
  readonly joinMs: number;
  readonly deed: StandInDeed;
  /** Whether empty nodes are ended at once, or given their time to drain. */
  readonly endsAtOnce: boolean;
}

const deeds = ["delete-claim", "delete-claim", "delete-node", "delete-node", "warn", "warn", "scale"] as const;
const applicationsMax = 2;
const replicasMax = 4;
const shortagesMax = 4;

/** Draws a scenario; `number` makes its names its own. */
export function drawStandInScenario(random: Random, number: number): StandInScenario {
  const applications = Array.from({ length: 1 + random.integer(applicationsMax) }, (_, index) =>
    drawApplication(random, `app-${number}-${index + 1}`),
  );
  return {
    nodePool: nodePoolOf(`general-${number}`, random.next() < 0.5 ? ["on-demand"] : ["spot", "on-demand"]),
    applications,
    shortages: random.next() < 0.4 ? Array.from({ length: 1 + random.integer(shortagesMax) }, () => drawShortage(random)) : [],
    hiddenMs: random.next() < 0.3 ? random.integer(1_500) : 0,
    joinMs: random.integer(500),
    deed: drawDeed(random),
    endsAtOnce: random.next() < 0.75,
  };
}

function drawShortage(random: Random): Shortage {
  const instanceType = scenarioTypes[random.integer(scenarioTypes.length)] ?? "";
  const zone = scenarioZones[random.integer(scenarioZones.length)] ?? "";
  return random.next() < 0.5 ? { instanceType } : { instanceType, zone };
}

function drawDeed(random: Random): StandInDeed {
  const kind = deeds[random.integer(deeds.length)] ?? "delete-claim";
  const place = random.integer(4);
  switch (kind) {
    case "scale":
      return { kind, replicas: 1 + random.integer(replicasMax) };
    case "warn":
      return { kind, place, isTwice: random.next() < 0.5 };
    default:
      return { kind, place };
  }
}

/** As the review of NodePools wants it; nothing is replaced by itself. */
function nodePoolOf(name: string, capacityTypes: readonly string[]): NodePool {
  const { spec, ...pool } = scenarioNodePool(name, capacityTypes);
  const { spec: node } = spec.template;
  return {
    ...pool,
    metadata: { name, labels: { "platform.example.com/cost-owner": "platform" } },
    spec: {
      ...spec,
      limits: { cpu: "1000", memory: "4000Gi" },
      template: {
        metadata: { labels: { "workload-class": "general" } },
        spec: {
          ...node,
          requirements: [
            ...node.requirements,
            { key: "node.kubernetes.io/instance-type", operator: "In", values: [...scenarioTypes] },
            { key: "topology.kubernetes.io/zone", operator: "In", values: [...scenarioZones] },
          ],
        },
      },
    },
  };
}
