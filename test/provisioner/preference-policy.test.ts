/**
 * The preference policy of `plimsoll serve`: what it is started with is what it plans by, as `plimsoll plan` does.
 */
import { Command } from "commander";
import { expect, test } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import { planSettingsOptions, preferenceOption, readWorth } from "../../src/cli/plan-settings-options.ts";
import { threadOptions } from "../../src/cli/thread-options.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { clusterInput } from "../../src/provisioner/cluster-input.ts";
import { planSettingsOf, type PlanSettings } from "../../src/provisioner/plan-settings.ts";
import { preferencePolicies } from "../../src/provisioner/scheduling/preference.ts";
import { policySet } from "../support/admission.ts";

const world = { snapshot: snapshotOf([]), policySet: policySet(), names: platformNames(), instanceTypes: [] };
const observed = { world, nodeClaims: [], nodePools: [], instanceTypes: new Map() };

test("is one option for both commands, by Karpenter's name for the process", () => {
  const [plan, serve] = (["--preferences", "--preference-policy"] as const).map(preferenceOption);
  expect(serve?.attributeName()).toBe("preferencePolicy");
  expect(serve?.argChoices).toEqual([...preferencePolicies]);
  expect([serve?.defaultValue, serve?.description]).toEqual([plan?.defaultValue, plan?.description]);
});

test.each(preferencePolicies)("goes to the thread that provisions, and into what is solved: %s", (preferencePolicy) => {
  const options = {
    namespace: "plimsoll-system",
    domain: "platform.example.com",
    logLevel: "info",
    provider: "kwok",
    preferencePolicy,
  } as const;
  expect(threadOptions(options).preferencePolicy).toBe(preferencePolicy);
  expect(clusterInput({ ...observed, preferencePolicy }, { pods: [], now: 0 }).preferencePolicy).toBe(preferencePolicy);
});

test("every setting of plans goes to the thread that provisions, from a flag of both commands", () => {
  const settings: Required<PlanSettings> = {
    preferencePolicy: "Ignore",
    preferenceWorth: 0.05,
    minValuesPolicy: "BestEffort",
    schedulerConfig: {},
    countDraDaemonSets: true,
  };
  const options = {
    namespace: "plimsoll-system",
    domain: "platform.example.com",
    logLevel: "info",
    provider: "kwok",
    ...settings,
  } as const;
  expect(planSettingsOf(threadOptions(options))).toEqual(settings);
  const names = planSettingsOptions(new Command(), "--preference-policy").options.map((option) => option.attributeName());
  expect(names.sort()).toEqual(Object.keys(settings).sort());
});

test("is the solver's default where nothing is said", () => {
  expect(clusterInput(observed, { pods: [], now: 0 })).not.toHaveProperty("preferencePolicy");
});

test.each([
  ["5%", 0.05],
  ["12.5", 0.125],
  ["0%", 0],
  ["100%", 1],
])("what preferences are worth is a percentage: %s", (text, worth) => {
  expect(readWorth(text)).toBe(worth);
});

test.each(["-1%", "101%", "much", "", "5 percent"])("what preferences are worth is no %j", (text) => {
  expect(() => readWorth(text)).toThrow("Write a percentage from 0 to 100, such as 5%.");
});
