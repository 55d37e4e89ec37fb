/**
 * One run of Plimsoll's solver, in a process of its own: `node scheduling-process.js CASE WARM-UP SHUFFLE [bound]`.
 *
 * Reads a case's file, a file with a load of another seed, and the seed of the order in which the Pods are given (0: as they are). Packs
 * the other load again and again with the very pool and types of the case, as a process that has run a while has; then measures one packing,
 * from decoded Pods to the plan, and afterwards, if asked, the least that any plan for the Pods it placed could cost. Prints one line of
 * JSON.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { lowerBound, placedOf } from "../src/provisioner/scheduling/lower-bound.ts";
import { solve, type SchedulingResults } from "../src/provisioner/scheduling/solve.ts";
import type { BenchCase, BenchLoad } from "./scheduling/bench-case.ts";
import { shuffled } from "./scheduling/draws.ts";
import type { RunFigures } from "./scheduling/run-figures.ts";
import { solveInput } from "./scheduling-input.ts";

/** The rule by which every tool is warmed up: so many runs on the other load, but none is begun after so many seconds of them. */
const warmUpsMax = 200;
const warmUpSecondsMax = 5;

function main([casePath = "", warmUpPath = "", shuffle = "0", bound]: readonly string[]): RunFigures {
  const given = decoded(casePath) as BenchCase;
  const other = decoded(warmUpPath) as BenchLoad;
  const warm = process.hrtime.bigint() + BigInt(warmUpSecondsMax * 1e9);
  for (let round = 0; round < warmUpsMax && process.hrtime.bigint() < warm; round++) solve(solveInput(other, given));
  const input = solveInput({ ...given, pods: shuffled(given.pods, Number(shuffle)) }, given);
  const cpuBefore = process.cpuUsage();
  const started = process.hrtime.bigint();
  const results = solve(input);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const { user, system } = process.cpuUsage(cpuBefore);
  const peakKiB = process.resourceUsage().maxRSS;
  return {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    nodes: results.newNodes.length,
    pricePerHour: results.pricePerHour,
    onExisting: results.existing.reduce((sum, { pods }) => sum + pods.length, 0),
    unschedulable: results.unschedulable.length,
    ...(results.unschedulable[0] === undefined ? undefined : { whyNot: results.unschedulable[0].reasons.join("; ") }),
    peakKiB,
    hash: hashOf(results),
    ...(bound === "bound" ? { boundPerHour: lowerBound(placedOf(input, results)) } : undefined),
  };
}

function decoded(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** 12 hex digits of all that the plan decides: equal plans have equal bytes, whatever the order of the Pods. */
function hashOf({ newNodes, existing, unschedulable }: SchedulingResults): string {
  const keys = (pods: SchedulingResults["newNodes"][number]["pods"]) => pods.map(({ key }) => key);
  const plan = [
    newNodes.map(({ pods, requirements, instanceType, zone, capacityType }) => [
      instanceType,
      zone,
      capacityType,
      requirements,
      keys(pods),
    ]),
    existing.map(({ node, pods }) => [node.name, keys(pods)]),
    unschedulable.map(({ pod, reasons }) => [pod.key, reasons]),
  ];
  return createHash("sha256").update(JSON.stringify(plan)).digest("hex").slice(0, 12);
}

console.log(JSON.stringify(main(process.argv.slice(2))));
