/**
 * The problem of a case, for tests that look at one part of the solver.
 *
 * Reads an input of solve. Returns its problem without host ports, volumes and preferences, which these parts know nothing of.
 */
import { compiledMemory } from "../../../src/provisioner/scheduling/compiled-pools.ts";
import { daemonDemand } from "../../../src/provisioner/scheduling/daemon-overhead.ts";
import { existingNodes } from "../../../src/provisioner/scheduling/existing-node.ts";
import type { Problem } from "../../../src/provisioner/scheduling/packing.ts";
import { podClasses } from "../../../src/provisioner/scheduling/pod-class.ts";
import { resourceSpace, toVector } from "../../../src/provisioner/scheduling/resource-space.ts";
import type { SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { topologyOf } from "../../../src/provisioner/scheduling/topology.ts";

/** Makes the problem anew each time, as packings change its counts. */
export function bareProblem(input: SolveInput): Problem {
  const run = compiledMemory()();
  const classes = podClasses(input.pods, { placementIdOf: run.placementIdOf, volumesOf: () => undefined });
  const daemonSets = daemonDemand(input.daemonSets);
  const asks = [...classes, ...daemonSets].map(({ requests }) => requests);
  const space = resourceSpace(asks, { drivers: [], slots: [] });
  const vectors = classes.map(({ requests }) => toVector(space, requests));
  const { templates, states } = run.pools({ ...input, space });
  const existing = existingNodes(input.nodes, { daemonSets, space, heldBy: () => [] });
  const topology = topologyOf({ classes, existing, templates, states, namespaces: input.namespaces });
  const weights = space.names.map((_, index) => 1 / (1 + vectors.reduce((sum, vector) => sum + (vector[index] ?? 0), 0)));
  const relaxations = classes.map(() => []);
  return { space, classes, vectors, templates, existing, states, topology, relaxations, hasSoftTaints: false, weights };
}
