/**
 * Who is asked whether a node takes a Pod off another, against the dumb twin that asks every node each time.
 */
import { expect, it } from "vitest";
import { attempt } from "../../../src/provisioner/scheduling/attempt.ts";
import type { Bin } from "../../../src/provisioner/scheduling/bin.ts";
import type { OpeningRule } from "../../../src/provisioner/scheduling/class-run.ts";
import { improve } from "../../../src/provisioner/scheduling/improve.ts";
import { openBulk, openSmall } from "../../../src/provisioner/scheduling/opening.ts";
import { filledBins, priceOf } from "../../../src/provisioner/scheduling/packing.ts";
import { planCut } from "../../../src/provisioner/scheduling/plan-cut.ts";
import type { SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { takersOf, type Takers } from "../../../src/provisioner/scheduling/takers.ts";
import { casesOf, isLongRun } from "../../support/long-run.ts";
import { numberedCases, type CaseLimits } from "../plan/random-case.ts";
import { bareProblem } from "./bare-problem.ts";

/** A hundred Pods and more: with few nodes nobody is spared a question. */
const manyPods: CaseLimits = { replicasMax: 20, deploymentsMax: 12, nodesMax: 1, poolsMax: 2 };

const askingAll: Takers = { open: () => undefined, refused: () => undefined, changed: () => undefined };

interface Improved {
  readonly nodes: readonly unknown[];
  readonly saved: number;
  /** Questions that were not asked, since the answer was known. */
  readonly spared: number;
}

function improved(input: SolveInput, { opening, isAskingAll }: { readonly opening: OpeningRule; readonly isAskingAll: boolean }): Improved {
  const made = attempt(bareProblem(input), { strategy: { name: "watched", opening }, cut: planCut() });
  if (made === undefined) throw new Error("a strategy without a program always has something to try");
  const { packing } = made;
  const before = priceOf(packing);
  const takers = isAskingAll ? askingAll : takersOf(packing);
  let spared = 0;
  improve(packing, planCut(), {
    ...takers,
    open: (leaving) => {
      const open = takers.open(leaving);
      spared += open === undefined ? 0 : packing.bins.length - open.length;
      return open;
    },
  });
  const nodes = filledBins(packing).map(({ committed, members }) => [
    committed.type.instanceType.name,
    members.map(({ pending }) => pending.key),
  ]);
  return { nodes, saved: before - priceOf(packing), spared };
}

it(
  "makes a plan cheaper by the same moves as asking every node about each Pod would",
  () => {
    let [saved, spared] = [0, 0];
    for (const { name, input } of numberedCases(manyPods, casesOf({ ci: 40, long: 2_000 }))) {
      for (const opening of [openSmall, openBulk]) {
        const one = improved(input, { opening, isAskingAll: false });
        expect({ name, nodes: one.nodes }).toEqual({ name, nodes: improved(input, { opening, isAskingAll: true }).nodes });
        saved += Number(one.saved > 0);
        spared += one.spared;
      }
    }
    // The cases are worth something: some plans get cheaper, and many questions are spared.
    expect(saved).toBeGreaterThan(3);
    expect(spared).toBeGreaterThan(1_000);
  },
  isLongRun ? 3_600_000 : 120_000,
);

it("asks the node that a Pod came from about the next Pod of its class, as nobody has asked it yet", () => {
  for (const { input } of numberedCases(manyPods, 40)) {
    const made = attempt(bareProblem(input), { strategy: { name: "watched", opening: openSmall }, cut: planCut() });
    const { packing } = made ?? {};
    if (packing === undefined || packing.problem.topology.hasFilters) continue;
    const [first, second] = pairOfOneState(filledBins(packing));
    const podClass = first?.members[0]?.podClass;
    if (first === undefined || second === undefined || podClass === undefined || first.state.template.minValues.length > 0) continue;
    const takers = takersOf(packing);
    takers.refused({ podClass, from: first });
    expect(takers.open({ podClass, from: second })?.map((place) => packing.bins[place])).toEqual([first]);
    return;
  }
  throw new Error("no case has two nodes of one state");
});

function pairOfOneState(bins: readonly Bin[]): readonly Bin[] {
  const first = bins.find((bin) => bins.some((other) => other !== bin && other.state === bin.state));
  return first === undefined ? [] : [first, ...bins.filter((other) => other !== first && other.state === first.state)];
}
