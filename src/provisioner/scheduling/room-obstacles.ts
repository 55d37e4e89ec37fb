/**
 * RoomObstacles: why no type of a state holds a Pod: size, minValues, limits.
 *
 * Reads the packing as it ended, a class, and what a new node of a pool could be. Returns obstacles without the pool's name.
 */
import type { Resources } from "../../api/object.ts";
import { values } from "../../kube/requirement.ts";
import { addResources, formatAmount } from "../../kube/resources.ts";
import { attachmentName } from "./attachments.ts";
import { cheapestHolding } from "./bin.ts";
import type { Candidate, LabelState } from "./label-state.ts";
import type { Obstacle } from "./obstacle.ts";
import { vectorFor, type Packing } from "./packing.ts";
import type { PodClass } from "./pod-class.ts";
import type { PoolLedger } from "./pool-limits.ts";
import { fromVector, holds, kindAt } from "./resource-space.ts";

interface InState {
  readonly podClass: PodClass;
  readonly state: LabelState;
}

/** Names the first resource of which even the largest type has too little. */
export function sizeObstacle(packing: Packing, { podClass, state }: InState): Obstacle | undefined {
  const { names } = packing.problem.space;
  const added = vectorFor(packing.problem, podClass);
  const index = added.findIndex((amount, position) => amount > (state.largest[position] ?? 0));
  const key = names[index];
  if (key === undefined) return undefined;
  const kind = kindAt(packing.problem.space, index);
  if (kind === "port") return { constraint: "ports", key, fix: `ask for another port than ${key}` };
  const most = Math.max(0, state.largest[index] ?? 0);
  if (kind === "volumes") {
    const driver = packing.problem.space.drivers.find((one) => attachmentName(one) === key) ?? key;
    const fix = `mount at most ${most} volumes of ${driver} in one Pod, or let NodePool ${state.template.name} use types that attach more`;
    return { constraint: "attachments", key: driver, asked: String(added[index] ?? 0), available: String(most), fix };
  }
  const available = formatAmount(key, most);
  const larger = `let NodePool ${state.template.name} use types with ${most === 0 ? "" : "more "}${key}`;
  const fix = most === 0 ? larger : `ask for at most ${key} ${available}, or ${larger}`;
  return { constraint: "resources", key, asked: formatAmount(key, added[index] ?? 0), available, fix };
}

/** Tells why a new node can't be had though each amount by itself could; none where one can be had. */
export function roomObstacles(packing: Packing, { podClass, state }: InState): readonly Obstacle[] {
  const ledger = packing.ledgers[state.template.index];
  const added = vectorFor(packing.problem, podClass);
  const used = added.map(() => 0);
  if (cheapestHolding(state, { used, added, ledger, from: undefined }) !== undefined) return [];
  const holding = state.candidates.filter(({ usable }) => holds(usable, used, added));
  const [cheapest] = holding;
  if (cheapest === undefined) {
    const asked = Object.entries(fromVector(packing.problem.space, added)).filter(([name]) => name !== "pods");
    const { names, drivers, slots } = packing.problem.space;
    const amountOf = (name: string): number => added[names.indexOf(name)] ?? 0;
    const ports = slots.map(({ name }) => name).filter((name) => amountOf(name) > 0);
    const volumes = drivers.map(attachmentName).flatMap((name) => (amountOf(name) === 0 ? [] : [`${name} ${amountOf(name)}`]));
    const amounts = asked.map(([name, amount]) => `${name} ${formatAmount(name, amount)}`);
    return [{ constraint: "resources", asked: [...amounts, ...volumes, ...ports].join(", ") }];
  }
  const few = minValuesObstacle(state, holding);
  if (few !== undefined) return [few];
  const limits = ledger === undefined ? [] : limitObstacles(ledger, { capacity: cheapest.type.instanceType.capacity, state });
  return limits.length > 0
    ? limits
    : [{ constraint: "minValues", fix: `allow NodePool ${state.template.name} more types within its limits` }];
}

function minValuesObstacle(state: LabelState, holding: readonly Candidate[]): Obstacle | undefined {
  for (const { key, count } of state.template.minValues) {
    const own = state.requirements.get(key);
    const allowed = own === undefined ? undefined : values(own);
    const seen = new Set(
      holding.flatMap(({ type }) => {
        const requirement = type.requirements.get(key);
        const known = requirement === undefined ? [] : (values(requirement) ?? []);
        return known.filter((value) => allowed?.includes(value) !== false);
      }),
    );
    if (seen.size >= count) continue;
    const fix = `let NodePool ${state.template.name} use more values of ${key}, or lower its minValues to ${seen.size}`;
    return { constraint: "minValues", key, asked: String(count), available: String(seen.size), fix };
  }
  return undefined;
}

/** One for each limit that the cheapest node would break. */
function limitObstacles(
  ledger: PoolLedger,
  { capacity, state }: { readonly capacity: Resources; readonly state: LabelState },
): readonly Obstacle[] {
  const needed = addResources(capacity, { nodes: 1 });
  return Object.entries(ledger.remaining())
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, left]): readonly Obstacle[] => {
      const [amount, available] = [needed[key] ?? 0, Math.max(0, left)];
      if (amount <= available) return [];
      const fix = `raise spec.limits.${key} of NodePool ${state.template.name} by ${formatAmount(key, amount - available)} or more`;
      return [{ constraint: "limits", key, asked: formatAmount(key, amount), available: formatAmount(key, available), fix }];
    });
}
