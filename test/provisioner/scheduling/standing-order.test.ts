/**
 * Nodes that stand already are filled so that the least has to be bought: by the largest Pods, where others would take their room.
 */
import { expect, it } from "vitest";
import { fakeInstanceTypes } from "../../../bench/fake-instance-types.ts";
import { benchNode, plainPod } from "../../../bench/scheduling/populated-cases.ts";
import { benchNodePool, solveInput } from "../../../bench/scheduling-input.ts";
import { hostnameLabel } from "../../../src/api/labels.ts";
import { solve } from "../../../src/provisioner/scheduling/solve.ts";
import { planFaults } from "../plan/plan-checker.ts";

const types = fakeInstanceTypes(16);
const node = (name: string) => benchNode({ name, type: types[7]!, zone: "test-zone-1" });
const labels = { app: "apart" };

/** Four small Pods that may not share a node, and as many as fill a node each. */
function pods() {
  const apart = { topologyKey: hostnameLabel, labelSelector: { matchLabels: labels } };
  const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [apart] } };
  return [0, 1, 2, 3].flatMap((index) => {
    const small = plainPod({ name: `small-${index}`, labels, requests: { cpu: "500m", memory: "256Mi" } });
    const large = plainPod({ name: `large-${index}`, labels: { app: "large" }, requests: { cpu: "7800m", memory: "8Gi" } });
    return [{ ...small, spec: { ...small.spec, affinity } }, large];
  });
}

it("large Pods go onto nodes that stand before small ones that may not share a node, where that is cheaper", () => {
  const nodes = [0, 1, 2, 3].map((index) => node(`node-${index}`));
  const input = solveInput({ pods: pods(), nodes, boundPods: [] }, { nodePool: benchNodePool(), instanceTypes: types });
  const plan = solve(input);
  expect(plan.decision.chosen?.strategy).toBe("largest");
  expect(plan.existing.flatMap(({ pods: placed }) => placed.map(({ key }) => key.replace(/-\d+$/, "")))).toEqual(
    Array.from({ length: 4 }, () => "default/large"),
  );
  expect(planFaults(input, plan)).toEqual([]);
});
