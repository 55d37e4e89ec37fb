/**
 * NodeObstacles: what stands between a Pod and the nodes that are there, those of one kind counted together.
 *
 * Reads the packing as it ended and a class without a place. Nodes are asked in kube-scheduler's order; those with the same first
 * obstacle about the same label, taint or resource are one entry with their number and a few names.
 */
import { conflictsOf } from "../../kube/requirements.ts";
import { formatAmount } from "../../kube/resources.ts";
import { formatTaint, untoleratedTaint } from "../../kube/taint.ts";
import { attachmentName } from "./attachments.ts";
import { acceptsClass, type ExistingNode } from "./existing-node.ts";
import type { Obstacle } from "./obstacle.ts";
import { vectorOn, type Packing } from "./packing.ts";
import type { PodClass } from "./pod-class.ts";
import { kindAt } from "./resource-space.ts";

const namesShownMax = 3;
/** Kinds that are told apart; beyond, only the constraint is. */
const kindsMax = 16;

/** Returns obstacles by kind, in the order in which nodes are filled. */
export function nodeObstacles(packing: Packing, podClass: PodClass): readonly Obstacle[] {
  const kinds = new Map<string, { readonly obstacle: Obstacle; names: string[]; count: number }>();
  for (const node of packing.problem.existing) {
    const obstacle = obstacleOf(packing, { podClass, node });
    const full = [obstacle.constraint, obstacle.key, obstacle.value, obstacle.available].join("\n");
    const isTold = kinds.has(full) || kinds.size < kindsMax;
    const name = isTold ? full : obstacle.constraint;
    let kind = kinds.get(name);
    if (kind === undefined)
      kinds.set(name, (kind = { obstacle: isTold ? obstacle : { constraint: obstacle.constraint }, names: [], count: 0 }));
    kind.count += 1;
    if (kind.names.length < namesShownMax) kind.names.push(node.state.name);
  }
  return [...kinds.values()].map(({ obstacle, names, count }) => ({ nodes: { count, names }, ...obstacle }));
}

function obstacleOf(packing: Packing, { podClass, node }: { readonly podClass: PodClass; readonly node: ExistingNode }): Obstacle {
  if (!node.state.accepting) return { constraint: "accepting" };
  const taint = untoleratedTaint(node.facts.taints, podClass.spec.tolerations);
  if (taint !== undefined) return { constraint: "taint", key: taint.key, value: formatTaint(taint) };
  if (!acceptsClass(node, podClass)) return labelObstacle(node, podClass);
  return roomObstacle(packing, { podClass, node }) ?? { constraint: "topology" };
}

/** The first label of the first term; the others may differ by node. */
function labelObstacle({ facts, allowUndefined }: ExistingNode, { alternatives }: PodClass): Obstacle {
  const [first] = alternatives;
  const [conflict] = first === undefined ? [] : conflictsOf(facts.requirements, first, { allowUndefined });
  return { constraint: "requirements", ...(conflict === undefined ? undefined : { key: conflict.key, asked: conflict.asked }) };
}

function roomObstacle(
  packing: Packing,
  { podClass, node }: { readonly podClass: PodClass; readonly node: ExistingNode },
): Obstacle | undefined {
  const { problem, usedExisting } = packing;
  const added = vectorOn(packing, { podClass, host: node.id });
  const used = usedExisting[node.id] ?? [];
  for (const [index, key] of problem.space.names.entries()) {
    const amount = added[index] ?? 0;
    const left = (node.free[index] ?? 0) - (used[index] ?? 0);
    if (amount <= left) continue;
    const kind = kindAt(problem.space, index);
    if (kind === "port") return { constraint: "ports", key };
    if (kind === "resource") return { constraint: "resources", key, asked: formatAmount(key, amount) };
    return attachmentObstacle(node, { driver: problem.space.drivers.find((one) => attachmentName(one) === key) ?? "", amount, left });
  }
  return undefined;
}

/** Nodes that can attach as many volumes and have as many left are told together. */
function attachmentObstacle(
  { state }: ExistingNode,
  { driver, amount, left }: { readonly driver: string; readonly amount: number; readonly left: number },
): Obstacle {
  const value = String(state.attachable?.[driver] ?? 0);
  return { constraint: "attachments", key: driver, value, asked: String(amount), available: String(Math.max(0, left)) };
}
