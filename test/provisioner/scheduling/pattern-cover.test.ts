/**
 * Few shapes of many Pods: fillings that earn their node, patterns that cover all Pods, and plans near the least price.
 */
import highsLoader from "highs";
import { describe, expect, it } from "vitest";
import { fakeInstanceTypes } from "../../../bench/fake-instance-types.ts";
import { plainPod } from "../../../bench/scheduling/populated-cases.ts";
import { seededDraws } from "../../../bench/scheduling/draws.ts";
import { benchNodePool, solveInput } from "../../../bench/scheduling-input.ts";
import type { InstanceType, Offering } from "../../../src/api/instance-type.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { Pod } from "../../../src/api/pod.ts";
import { capacityTypeLabel, hostnameLabel, instanceTypeLabel } from "../../../src/api/labels.ts";
import { lowerBound } from "../../../src/provisioner/scheduling/lower-bound.ts";
import { coverPatterns, leastPrice } from "../../../src/provisioner/scheduling/pattern-cover.ts";
import { bestFillings, type CoverShape, type CoverType } from "../../../src/provisioner/scheduling/pattern-pricing.ts";
import { solve, type SchedulingResults, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { planFaults } from "../plan/plan-checker.ts";

const gibibyte = 1024 ** 3;
const draw = seededDraws(11);

/** A type with other shares of CPU and memory than the fake ones, at a price that is not quite linear. */
function typeOf(cpu: number, memoryGi: number, pricePerHour: number): InstanceType {
  const [fake] = fakeInstanceTypes(1);
  const amounts = { cpu: cpu * 1000, memory: memoryGi * gibibyte, pods: 110 };
  const zone = fake!.offerings[0]!.zone;
  return {
    ...fake!,
    name: `type-${cpu}-${memoryGi}`,
    requirements: fake!.requirements.map((one) =>
      one.key === "node.kubernetes.io/instance-type" ? { ...one, values: [`type-${cpu}-${memoryGi}`] } : one,
    ),
    capacity: amounts,
    allocatable: { ...amounts, cpu: amounts.cpu - 90, memory: amounts.memory * 0.94 },
    offerings: [{ zone, capacityType: "on-demand", pricePerHour, available: true }],
  };
}

const types = [4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192].flatMap((cpu) => [
  typeOf(cpu, cpu * 2, cpu * 0.0425),
  typeOf(cpu, cpu * 4, cpu * 0.048),
  typeOf(cpu, cpu * 8, cpu * 0.063),
]);

/** Pods of a few sizes, large beside the nodes, as a batch cluster has them. */
const sizes = [
  { cpu: "12500m", memory: "57344Mi", count: 120 },
  { cpu: "32", memory: "49152Mi", count: 90 },
  { cpu: "8", memory: "30517Mi", count: 60 },
  { cpu: "15400m", memory: "51200Mi", count: 40 },
  { cpu: "16500m", memory: "51200Mi", count: 30 },
] as const;

function batch(spec: (size: number) => Partial<Pod["spec"]> = () => ({})): readonly Pod[] {
  return sizes.flatMap(({ cpu, memory, count }, size) =>
    Array.from({ length: count }, (_, index) => {
      const made = plainPod({ name: `pod-${size}-${index}`, labels: { size: String(size) }, requests: { cpu, memory } });
      return { ...made, spec: { ...made.spec, ...spec(size) } };
    }),
  );
}

function inputOf(pods: readonly Pod[]) {
  return solveInput({ pods, nodes: [], boundPods: [] }, { nodePool: benchNodePool(), instanceTypes: types });
}

const apart = (size: number): Partial<Pod["spec"]> => ({
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: hostnameLabel, labelSelector: { matchLabels: { size: String(size) } } },
      ],
    },
  },
});

describe("plans for many Pods of few shapes", () => {
  it("come within 3 % of the least price, where the first plan is far from it", () => {
    const input = inputOf(batch());
    const [first, plan] = [solve(input, { stepsMax: 0 }), solve(input)];
    expect(plan.decision.chosen?.strategy).toBe("cover");
    expect(first.pricePerHour / lowerBound(input)).toBeGreaterThan(1.05);
    expect(plan.pricePerHour / lowerBound(input)).toBeLessThan(1.03);
    expect(plan.unschedulable).toEqual([]);
    expect(planFaults(input, plan)).toEqual([]);
  });

  it("keep Pods apart that may not share a node, and leave a pool's limits whole", () => {
    const pods = batch((size) => (size === 2 ? apart(size) : {}));
    const nodePool = benchNodePool();
    const limited = { ...nodePool, spec: { ...nodePool.spec, limits: { cpu: "4000" } } };
    const input = solveInput({ pods, nodes: [], boundPods: [] }, { nodePool: limited, instanceTypes: types });
    const plan = solve(input);
    expect(planFaults(input, plan)).toEqual([]);
    const cpus = plan.newNodes.map(({ instanceType }) => types.find(({ name }) => name === instanceType)?.capacity.cpu ?? 0);
    expect(cpus.reduce((sum, cpu) => sum + cpu, 0)).toBeLessThanOrEqual(4_000_000);
  });

  it("are the same whatever the order of the Pods", () => {
    const pods = batch();
    const [one, other] = [solve(inputOf(pods)), solve(inputOf([...pods].reverse()))];
    const told = ({ newNodes }: typeof one) => newNodes.map((node) => [node.instanceType, node.pods.map(({ key }) => key)]);
    expect(told(other)).toEqual(told(one));
  });

  it("take little work where large nodes hold hundreds of Pods of three shapes", () => {
    const small = [
      { cpu: "1300m", memory: "900Mi" },
      { cpu: "700m", memory: "3100Mi" },
      { cpu: "300m", memory: "5000Mi" },
    ].flatMap((requests, shape) =>
      Array.from({ length: 400 }, (_, index) => plainPod({ name: `pod-${shape}-${index}`, labels: { shape: String(shape) }, requests })),
    );
    const of = { nodePool: benchNodePool(), instanceTypes: fakeInstanceTypes(400) };
    const input = solveInput({ pods: small, nodes: [], boundPods: [] }, of);
    const [bounded, plan] = [solve(input, { stepsMax: 20_000_000 }), solve(input)];
    expect(plan.decision.chosen?.strategy).toBe("cover");
    expect(bounded.pricePerHour).toBe(plan.pricePerHour);
    expect(plan.pricePerHour).toBeLessThan(solve(input, { stepsMax: 0 }).pricePerHour * 0.9);
  });

  it("are complete also where no steps are left for a cheaper one", () => {
    expect(solve(inputOf(batch()), { stepsMax: 1_000 }).unschedulable).toEqual([]);
  });
});

describe("plans for many Pods, where there is more to heed than shapes", () => {
  const nearLeast = (input: SolveInput): SchedulingResults => {
    const [first, plan] = [solve(input, { stepsMax: 0 }), solve(input)];
    expect(plan.decision.chosen?.strategy).toBe("cover");
    expect(plan.pricePerHour).toBeLessThan(first.pricePerHour * 0.98);
    expect(plan.unschedulable).toEqual([]);
    expect(planFaults(input, plan)).toEqual([]);
    return plan;
  };

  it("buy from all pools of equal weight, and from no lighter one", () => {
    const named = (name: string, weight: number): NodePool => {
      const { spec } = benchNodePool();
      return { ...benchNodePool(), metadata: { name, uid: name }, spec: { ...spec, weight } };
    };
    const priced = (factor: number): readonly InstanceType[] =>
      types.map((type) => ({
        ...type,
        offerings: type.offerings.map((one) => ({ ...one, pricePerHour: one.pricePerHour * factor })),
      }));
    const small = (type: InstanceType): boolean => (type.capacity.cpu ?? 0) <= 24_000;
    const input = {
      ...inputOf(batch()),
      nodePools: [named("cheap", 0), named("large", 1), named("small", 1)],
      instanceTypes: new Map([
        ["cheap", priced(0.1)],
        ["large", priced(1).filter((type) => !small(type))],
        ["small", [...priced(0.9).filter(small), ...priced(3).filter((type) => !small(type))]],
      ]),
    };
    const pools = nearLeast(input).newNodes.map(({ nodePool }) => nodePool.metadata.name);
    expect([...new Set(pools)].sort()).toEqual(["large", "small"]);
  });

  it("use up what is reserved first", () => {
    const reservation = { id: "cr-1", kind: "default", isInterruptible: false, remaining: 5 } as const;
    const reserved = types.map((type) => {
      const { zone = "" } = type.offerings[0] ?? {};
      const own: Offering = { zone, capacityType: "reserved", pricePerHour: 1e-7, available: true, reservation };
      const requirements = type.requirements.map((one) =>
        one.key === capacityTypeLabel ? { ...one, values: [...(one.values ?? []), "reserved"] } : one,
      );
      return type.name === "type-16-64" ? { ...type, requirements, offerings: [...type.offerings, own] } : type;
    });
    const input = { ...inputOf(batch()), instanceTypes: new Map([["default", reserved]]) };
    expect(nearLeast(input).newNodes.filter(({ capacityType }) => capacityType === "reserved")).toHaveLength(5);
  });

  it("give Pods what they prefer, by the policy Respect, and cover the others", () => {
    const preference = { matchExpressions: [{ key: instanceTypeLabel, operator: "In", values: ["type-192-1536"] } as const] };
    const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference }] } };
    const pods = batch((size) => (size === 4 ? { affinity } : {}));
    const plan = nearLeast({ ...inputOf(pods), preferencePolicy: "Respect" });
    const theirs = plan.newNodes.filter(({ pods: held }) => held.some(({ pod }) => pod.metadata.labels?.["size"] === "4"));
    expect([...new Set(theirs.map(({ instanceType }) => instanceType))]).toEqual(["type-192-1536"]);
  });
});

describe("patterns", () => {
  const cases = Array.from({ length: 40 }, () => randomCover());

  it("have just the Pods that were asked for, and never more on a node than it holds", () => {
    for (const cover of cases) {
      const patterns = coverPatterns(cover, { left: 1e6 });
      const placed = cover.shapes.map((_, shape) =>
        patterns.reduce((sum, { shapes, counts, nodes }) => sum + nodes * (counts[shapes.indexOf(shape)] ?? 0), 0),
      );
      expect(placed).toEqual(cover.shapes.map(({ count }) => count));
      for (const { type, shapes, counts } of patterns) expect(isHeld(cover, { type, shapes, counts })).toBe(true);
    }
  });

  it("cost at most 5 % more than the best mixture of all fillings in parts of nodes, and a node", async () => {
    const load = highsLoader as unknown as typeof highsLoader.default;
    const highs = await load();
    for (const cover of cases.slice(0, 12)) {
      const price = coverPatterns(cover, { left: 1e6 }).reduce((sum, { nodes, pricePerHour }) => sum + nodes * pricePerHour, 0);
      const least = highs.solve(programOf(cover)).ObjectiveValue;
      expect(price).toBeGreaterThan(least - 1e-6);
      expect(leastPrice(cover)).toBeLessThan(least + 1e-6);
      expect(price).toBeLessThan(least * 1.05 + Math.max(...cover.types.map(({ pricePerHour }) => pricePerHour)));
    }
  });

  it("begin with the best filling, as trying all of them finds it", () => {
    for (const { shapes, types: offered } of cases) {
      const left = shapes.map(({ count }) => count);
      const worths = shapes.map(({ asks }) => (asks[0] ?? 0) * 0.03 + (asks[1] ?? 0) * 0.004 + draw(100) / 10_000);
      for (const type of offered) {
        const [filling] = bestFillings(type, { shapes, left, worths, searchStepsMax: 1e6 }, { left: 1e9 }).slice(-1);
        const found = filling?.shapes.reduce((sum, shape, index) => sum + (filling.counts[index] ?? 0) * (worths[shape] ?? 0), 0) ?? 0;
        const best = bestOfAll(type, { shapes, worths });
        expect(Math.abs(found - (best > type.pricePerHour * (1 + 1e-7) ? best : 0))).toBeLessThan(1e-9);
      }
    }
  });
});

interface RandomCover {
  readonly shapes: readonly CoverShape[];
  readonly types: readonly CoverType[];
}

function randomCover(): RandomCover {
  const shapes = Array.from({ length: 2 + draw(3) }, () => ({
    asks: [1 + draw(6), 2 + draw(20), 1],
    count: 20 + draw(60),
    perNodeMax: draw(3) === 0 ? 1 + draw(2) : Infinity,
  }));
  const offered = Array.from({ length: 3 }, () => {
    const cpu = 6 + draw(10);
    const memory = cpu * (2 + draw(4)) + 10;
    const usable = [cpu, memory, 12];
    const held = shapes.flatMap(({ asks }, shape) => (asks.every((ask, index) => ask <= usable[index]!) ? [shape] : []));
    return { usable, pricePerHour: cpu * 0.03 + memory * 0.004, shapes: held };
  });
  const all = { usable: [16, 80, 12], pricePerHour: 0.9, shapes: shapes.map((_, shape) => shape) };
  return { shapes, types: [...offered, all] };
}

function isHeld(
  { shapes, types: offered }: RandomCover,
  filling: { readonly type: number; readonly shapes: readonly number[]; readonly counts: readonly number[] },
): boolean {
  const { usable } = offered[filling.type]!;
  const total = usable.map((_, index) =>
    filling.shapes.reduce((sum, shape, at) => sum + shapes[shape]!.asks[index]! * filling.counts[at]!, 0),
  );
  return (
    total.every((amount, index) => amount <= usable[index]!) &&
    filling.shapes.every((shape, at) => filling.counts[at]! <= shapes[shape]!.perNodeMax && offered[filling.type]!.shapes.includes(shape))
  );
}

/** The linear program over every filling that a node holds, as text. */
function programOf(cover: RandomCover): string {
  const columns = cover.types.flatMap(({ usable, pricePerHour, shapes: taken }) =>
    fillings(cover, { taken, free: usable }).map((counts) => ({ counts, pricePerHour })),
  );
  const rows = cover.shapes.map(({ count }, shape) => {
    const terms = columns.flatMap(({ counts }, index) => ((counts[shape] ?? 0) === 0 ? [] : [`${counts[shape]!} x${index}`]));
    return ` c${shape}: ${terms.join(" + ")} >= ${count}`;
  });
  const goal = columns.map(({ pricePerHour }, index) => `${pricePerHour} x${index}`);
  return `Minimize\n obj: ${goal.join(" + ")}\nSubject To\n${rows.join("\n")}\nEnd\n`;
}

function fillings(
  { shapes }: RandomCover,
  { taken, free }: { readonly taken: readonly number[]; readonly free: readonly number[] },
): readonly number[][] {
  const [shape, ...others] = taken;
  if (shape === undefined) return [shapes.map(() => 0)];
  const { asks, count, perNodeMax } = shapes[shape]!;
  const made: number[][] = [];
  for (let taking = 0; taking <= Math.min(count, perNodeMax); taking += 1) {
    const rest = free.map((amount, index) => amount - taking * asks[index]!);
    if (rest.some((amount) => amount < 0)) break;
    made.push(...fillings({ shapes, types: [] }, { taken: others, free: rest }).map((counts) => counts.with(shape, taking)));
  }
  return made;
}

/** The dumb twin: every number of every shape. */
function bestOfAll(
  { usable, shapes: taken }: CoverType,
  { shapes, worths }: { readonly shapes: readonly CoverShape[]; readonly worths: readonly number[] },
): number {
  const best = (position: number, free: readonly number[]): number => {
    const shape = taken[position];
    if (shape === undefined) return 0;
    const { asks, count, perNodeMax } = shapes[shape]!;
    let most = 0;
    for (let taking = 0; taking <= Math.min(count, perNodeMax); taking += 1) {
      const rest = free.map((amount, index) => amount - taking * asks[index]!);
      if (rest.some((amount) => amount < 0)) break;
      most = Math.max(most, taking * worths[shape]! + best(position + 1, rest));
    }
    return most;
  };
  return best(0, usable);
}
