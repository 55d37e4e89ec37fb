/**
 * The difference between two plans: nodes, money, and Pods that lose or find a place.
 *
 * Reads two plans in the form in which they are printed. Returns data, and the same as text.
 */
import type { Plan } from "./plan-form.ts";
import { dollars } from "./node-why-text.ts";
import { leftOut } from "./plan-text.ts";
import { textTable } from "./text-table.ts";

export interface PlanFigures {
  readonly nodes: number;
  readonly pricePerHour: number;
  readonly lowerBoundPerHour: number;
  readonly unschedulable: number;
}

/** Nodes to buy of one kind, where their number differs. */
export interface NodeDifference {
  readonly nodePool: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly capacityType: string;
  readonly before: number;
  readonly after: number;
}

export interface PlanDifference {
  readonly before: PlanFigures;
  readonly after: PlanFigures;
  /** After less before. */
  readonly change: PlanFigures;
  readonly nodes: readonly NodeDifference[];
  /** Pods that have a place before and none after, with the reasons. */
  readonly lostPlace: Plan["unschedulable"];
  /** Pods that have a place only after. */
  readonly foundPlace: readonly string[];
}

/** Compares two plans. */
export function planDifference(before: Plan, after: Plan): PlanDifference {
  const [a, b] = [figuresOf(before), figuresOf(after)];
  const [left, stillLeft] = [new Set(podsLeft(before)), new Set(podsLeft(after))];
  return {
    before: a,
    after: b,
    change: {
      nodes: b.nodes - a.nodes,
      pricePerHour: cents(b.pricePerHour - a.pricePerHour),
      lowerBoundPerHour: cents(b.lowerBoundPerHour - a.lowerBoundPerHour),
      unschedulable: b.unschedulable - a.unschedulable,
    },
    nodes: nodeDifferences(before, after),
    lostPlace: after.unschedulable.flatMap((one) => {
      const pods = one.pods.filter((pod) => !left.has(pod));
      return pods.length === 0 ? [] : [{ ...one, pods }];
    }),
    foundPlace: podsLeft(before).filter((pod) => !stillLeft.has(pod)),
  };
}

function podsLeft({ unschedulable }: Plan): readonly string[] {
  return unschedulable.flatMap(({ pods }) => pods);
}

function figuresOf(plan: Plan): PlanFigures {
  const { nodes, pricePerHour, lowerBoundPerHour } = plan;
  return { nodes: nodes.length, pricePerHour, lowerBoundPerHour, unschedulable: podsLeft(plan).length };
}

/** Differences of sums carry no floating-point dust. */
function cents(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}

function nodeDifferences(before: Plan, after: Plan): readonly NodeDifference[] {
  const kinds = new Map<string, { readonly kind: Omit<NodeDifference, "before" | "after">; before: number; after: number }>();
  for (const [plan, side] of [
    [before, "before"],
    [after, "after"],
  ] as const) {
    for (const { nodePool, instanceType, zone, capacityType } of plan.nodes) {
      const name = [nodePool, instanceType, zone, capacityType].join(" ");
      const known = kinds.get(name) ?? { kind: { nodePool, instanceType, zone, capacityType }, before: 0, after: 0 };
      known[side] += 1;
      kinds.set(name, known);
    }
  }
  return [...kinds]
    .filter(([, { before: was, after: is }]) => was !== is)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { kind, ...counts }]) => ({ ...kind, ...counts }));
}

/** Returns the difference as text: the figures, the nodes that differ, and whose place is lost or found. */
export function differenceText(difference: PlanDifference): string {
  const { before, after, change, nodes, lostPlace, foundPlace } = difference;
  const percent =
    before.pricePerHour === 0 ? "" : ` (${signed((change.pricePerHour / before.pricePerHour) * 100, (share) => `${share.toFixed(1)}%`)})`;
  const figures = textTable([
    ["", "BEFORE", "AFTER", "CHANGE"],
    ["nodes to buy", String(before.nodes), String(after.nodes), signed(change.nodes, String)],
    ["$/h", dollars(before.pricePerHour), dollars(after.pricePerHour), `${signed(change.pricePerHour, dollars)}${percent}`],
    ["least $/h", dollars(before.lowerBoundPerHour), dollars(after.lowerBoundPerHour), signed(change.lowerBoundPerHour, dollars)],
    ["Pods without a place", String(before.unschedulable), String(after.unschedulable), signed(change.unschedulable, String)],
  ]);
  const rows = nodes.map(({ nodePool, instanceType, zone, capacityType, before: was, after: is }) => [
    nodePool,
    instanceType,
    zone,
    capacityType,
    String(was),
    String(is),
  ]);
  const table = rows.length === 0 ? "" : `\n${textTable([["NODEPOOL", "TYPE", "ZONE", "CAPACITY", "BEFORE", "AFTER"], ...rows])}`;
  const lost = leftOut({ unschedulable: lostPlace }, { words: "no place any more for" });
  const found = foundPlace.map((pod) => `a place is found for ${pod}\n`);
  const told = [lost, ...found].join("");
  return `${figures}${table}${told === "" ? "" : `\n${told}`}`;
}

function signed(amount: number, text: (amount: number) => string): string {
  if (amount === 0) return "0";
  return `${amount < 0 ? "-" : "+"}${text(Math.abs(amount))}`;
}
