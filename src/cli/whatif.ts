/**
 * `plimsoll whatif`: what a plan would be without a NodePool, a zone, a way to buy or a kind of constraint.
 *
 * Reads what `plimsoll plan` reads. Solves twice, as it is and as it would be, and tells the difference in nodes and money.
 */
import { solve } from "../provisioner/scheduling/solve.ts";
import { differenceText, planDifference } from "./plan-difference.ts";
import { planFrom } from "./plan-form.ts";
import { readPlanWorld, type PlanWorldRequest } from "./plan-world.ts";
import { changedInput, type WhatifChanges } from "./whatif-change.ts";

export interface WhatifRequest extends PlanWorldRequest, WhatifChanges {
  readonly output: "text" | "json";
}

/** Runs the command; returns 0 when no Pod loses its place, 1 when one does, 2 on bad input. */
export async function runWhatif(request: WhatifRequest): Promise<number> {
  const { withoutPool, withoutZone, withoutCapacityType, withoutConstraint } = request;
  const changes = { withoutPool, withoutZone, withoutCapacityType, withoutConstraint };
  if (Object.values(changes).every((names) => names.length === 0)) {
    request.stderr.write("nothing would change: say what there would not be, with --without-pool NAME, --without-zone ZONE,\n");
    request.stderr.write("--without-capacity-type TYPE or --without-constraint KIND\n");
    return 2;
  }
  const world = await readPlanWorld(request);
  if (world === undefined) return 2;
  const changed = changedInput(world, changes);
  if (!changed.ok) {
    request.stderr.write(`${changed.error}\n`);
    return 2;
  }
  const [before, after] = [world.input, changed.value].map((input) => planFrom(input, solve(input)));
  if (before === undefined || after === undefined) return 2;
  const difference = planDifference(before, after);
  const lostNodes = world.input.nodes.length - changed.value.nodes.length;
  if (lostNodes > 0) {
    const nodes = lostNodes === 1 ? "1 node that is there is" : `${lostNodes} nodes that are there are`;
    request.stderr.write(
      `note: ${nodes} lost; what that cost is not counted, and ${lostNodes === 1 ? "its" : "their"} Pods need a place\n`,
    );
  }
  request.stdout.write(
    request.output === "json" ? `${JSON.stringify({ changes, lostNodes, ...difference }, undefined, 2)}\n` : differenceText(difference),
  );
  if (world.isFlawed) return 2;
  return difference.lostPlace.length === 0 ? 0 : 1;
}
