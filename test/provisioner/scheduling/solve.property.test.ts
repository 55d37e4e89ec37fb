/**
 * Properties of solve over small random clusters: every plan is legal, nothing is lost, and order never matters.
 */
import { casesOf, isLongRun } from "../../support/long-run.ts";
import fc from "../../support/properties.ts";
import { describe, expect, it } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import { toNodeClaim } from "../../../src/provisioner/scheduling/node-claim.ts";
import { nodeStates } from "../../../src/provisioner/scheduling/node-state.ts";
import { solve, type SchedulingResults, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { planFaults } from "../plan/plan-checker.ts";
import { randomCluster } from "./random-cluster.ts";

/** One seed, so that a failure is the change's own; the long run tries fresh cases. */
const settings = { numRuns: casesOf({ ci: 50, long: 1_500 }), ...(isLongRun ? {} : { seed: 20260821 }) };
const timeoutMs = casesOf({ ci: 180_000, long: 3_600_000 });

describe("solve, on any cluster", () => {
  it(
    "plans only what is legal, and leaves out only what fits nowhere",
    () => {
      fc.assert(
        fc.property(randomCluster, (input) => {
          expect(planFaults(input, solve(input))).toEqual([]);
        }),
        settings,
      );
    },
    timeoutMs,
  );

  it(
    "asks for nothing more once its NodeClaims are written, on an empty cluster",
    () => {
      fc.assert(
        fc.property(randomCluster, (cluster) => {
          const input = { ...cluster, nodes: [] };
          const again = solve(withClaims(input, solve(input)));
          expect(summary({ ...again, existing: [], unschedulable: [] })).toEqual({ newNodes: [], existing: [], unschedulable: [] });
        }),
        settings,
      );
    },
    timeoutMs,
  );

  it(
    "gives the same answer whatever the order of Pods, pools, types and nodes",
    () => {
      fc.assert(
        fc.property(
          randomCluster.chain((input) => fc.tuple(fc.constant(input), shuffled(input))),
          ([input, other]) => {
            expect(summary(solve(other))).toEqual(summary(solve(input)));
          },
        ),
        settings,
      );
    },
    timeoutMs,
  );
});

/** The cluster as it stands once the plan's NodeClaims are written and none has launched; the Pods still wait. */
function withClaims(input: SolveInput, results: SchedulingResults): SolveInput {
  const nodeClaims = results.newNodes.map((planned, index) => toNodeClaim(planned, { ...platformNames(), name: `claim-${index}` }));
  const coming = nodeStates({ nodes: [], nodeClaims, pods: [], instanceTypes: input.instanceTypes, names: platformNames() });
  const left = new Set(results.unschedulable.map(({ pod }) => pod.key));
  return { ...input, nodes: [...input.nodes, ...coming], pods: input.pods.filter(({ key }) => !left.has(key)) };
}

function shuffled(input: SolveInput): fc.Arbitrary<SolveInput> {
  const all = <T>(list: readonly T[]) => fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length });
  const [firstTypes = []] = input.instanceTypes.values();
  return fc
    .record({ pods: all(input.pods), nodePools: all(input.nodePools), nodes: all(input.nodes), types: all(firstTypes) })
    .map(({ types, ...rest }) => ({
      ...input,
      ...rest,
      instanceTypes: new Map(rest.nodePools.map(({ metadata }) => [metadata.name ?? "", types])),
    }));
}

function summary(results: SchedulingResults): unknown {
  return {
    newNodes: results.newNodes.map(({ nodePool, pods, instanceTypes, ...rest }) => ({
      ...rest,
      nodePool: nodePool.metadata.name,
      types: instanceTypes.map(({ name }) => name),
      pods: pods.map(({ key }) => key),
    })),
    existing: results.existing.map(({ node, pods }) => [node.name, pods.map(({ key }) => key)]),
    unschedulable: results.unschedulable.map(({ pod, reasons }) => [pod.key, reasons]),
  };
}
