/**
 * A NodePool of EKS Auto Mode through check and plan: its own defaults, and machines in its own words.
 */
import { expect, it } from "vitest";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import type { Plan } from "../../src/cli/plan-form.ts";
import { goodAutoPool } from "../../src/policies/rules/node-pool-example.ts";
import { podText } from "./manifest-texts.ts";
import { runPlimsoll } from "./program-run.ts";

const cpuLabel = "instance-cpu, operator: In, values: ['4', '8']}";
const autoPool = goodAutoPool
  .replace("      expireAfter: 336h\n", "")
  .replace("{key: topology", `{key: eks.amazonaws.com/${cpuLabel}\n        - {key: topology`);

async function planned(pod: string): Promise<Plan> {
  const { stdout } = await runPlimsoll(["plan", "-o", "json", "-"], `${autoPool}---\n${pod}`);
  return JSON.parse(stdout) as Plan;
}

const selecting = (selector: string): string => podText.replace("containers:", `nodeSelector: {${selector}}, containers:`);
const types = catalogInstanceTypes({ zones: ["ap-southeast-1a"] });
const cpusOf = (name: string): number => (types.find((type) => type.name === name)?.capacity["cpu"] ?? 0) / 1000;

it("check gives a pool that says no lifetime the one of Auto Mode, which is none too long", async () => {
  const { stdout } = await runPlimsoll(["check", "-o", "json", "-"], autoPool);
  expect(stdout).toContain("general-flex");
  expect(stdout).not.toContain("NP-016");
});

it("plan buys only machines that the pool asks for in the words of Auto Mode", async () => {
  const { nodes } = await planned(podText);
  expect(nodes.map(({ instanceType }) => [4, 8].includes(cpusOf(instanceType)))).toEqual([true]);
});

it("plan finds what a Pod asks for in the words of Auto Mode, and nothing for Karpenter's own", async () => {
  const own = await planned(selecting("eks.amazonaws.com/instance-family: m7i"));
  expect(own.nodes.map(({ instanceType }) => instanceType.split(".")[0])).toEqual(["m7i"]);
  const foreign = await planned(selecting("karpenter.k8s.aws/instance-family: m7i"));
  expect(foreign.unschedulable.flatMap(({ reasons }) => reasons).join()).toContain(
    'label "karpenter.k8s.aws/instance-family" does not have',
  );
});
