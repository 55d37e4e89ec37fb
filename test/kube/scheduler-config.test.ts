/** The default spread of kube-scheduler's configuration: read as kube-scheduler reads it, refused where it would refuse to start. */
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { hostnameLabel, zoneLabel } from "../../src/api/labels.ts";
import { parseSchedulerConfig, systemSpread } from "../../src/kube/scheduler-config.ts";

const overZones = { maxSkew: 1, topologyKey: zoneLabel, whenUnsatisfiable: "DoNotSchedule" };
const zoneText = `{maxSkew: 1, topologyKey: ${zoneLabel}, whenUnsatisfiable: DoNotSchedule}`;

describe("a KubeSchedulerConfiguration", () => {
  check("without a word about spread has what kube-scheduler does by itself", "", { "default-scheduler": systemSpread });
  check("with defaultingType List has its constraints", args(`{defaultingType: List, defaultConstraints: [${zoneText}]}`), {
    "default-scheduler": [overZones],
  });
  check("with an empty List has none", args("{defaultingType: List}"), { "default-scheduler": [] });
  check("with defaultingType System has what kube-scheduler does by itself", args("{defaultingType: System}"), {
    "default-scheduler": systemSpread,
  });
  check(
    "has a list for each profile, by its schedulerName",
    `profiles: [{schedulerName: even, pluginConfig: [{name: PodTopologySpread, args: {defaultingType: List, defaultConstraints: [${zoneText}]}}]}, {}]`,
    { even: [overZones], "default-scheduler": systemSpread },
  );
  check(
    "has none for a profile that switches the plugin off",
    "profiles: [{plugins: {multiPoint: {disabled: [{name: PodTopologySpread}]}}}]",
    {
      "default-scheduler": [],
    },
  );
  check(
    "has them where all plugins are off and this one is on",
    "profiles: [{plugins: {filter: {disabled: [{name: '*'}], enabled: [{name: PodTopologySpread}]}}}]",
    { "default-scheduler": systemSpread },
  );
});

it("Karpenter's document holds for Pods of every scheduler", () => {
  expect(parseSchedulerConfig(parse(`podTopologySpread: {defaultConstraints: [${zoneText}]}`))).toEqual({
    ok: true,
    value: { "": [overZones] },
  });
});

describe("is refused with its path, what stands there and what to write", () => {
  const at = "profiles[0].pluginConfig[0].args";
  refuse("constraints beside System", args(`{defaultConstraints: [${zoneText}]}`), [
    `${at}.defaultingType is System, which takes no defaultConstraints; write List`,
  ]);
  refuse("another defaultingType", args("{defaultingType: Some}"), [`${at}.defaultingType is "Some"; write System or List`]);
  refuse("a selector", constraint("labelSelector: {}"), [
    `${at}.defaultConstraints[0].labelSelector is not for defaults: each Pod brings its own; leave it out`,
  ]);
  refuse("an unknown field", constraint("maxSkews: 2"), [`${at}.defaultConstraints[0] has the unknown field "maxSkews"`]);
  refuse(
    "a skew of 0",
    args("{defaultingType: List, defaultConstraints: [{maxSkew: 0, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]}"),
    [`${at}.defaultConstraints[0].maxSkew is 0; write a whole number above 0`],
  );
  refuse("no topologyKey and no action", args("{defaultingType: List, defaultConstraints: [{maxSkew: 1}]}"), [
    `${at}.defaultConstraints[0].whenUnsatisfiable is absent; write DoNotSchedule or ScheduleAnyway`,
    `${at}.defaultConstraints[0].topologyKey is absent; write a label such as ${zoneLabel}`,
  ]);
  refuse("the same twice", args(`{defaultingType: List, defaultConstraints: [${zoneText}, ${zoneText}]}`), [
    `${at}.defaultConstraints names ${zoneLabel} with DoNotSchedule twice; keep one`,
  ]);
  refuse("another policy", constraint("nodeTaintsPolicy: Maybe"), [
    `${at}.defaultConstraints[0].nodeTaintsPolicy is "Maybe"; write Honor or Ignore`,
  ]);

  it.each([
    ["a list", []],
    ["a word", "List"],
    ["nothing", null],
    ["another kind", { kind: "Pod" }],
  ])("%s", (_says, document) => {
    const says = "is neither a KubeSchedulerConfiguration nor a document with podTopologySpread.defaultConstraints";
    expect(parseSchedulerConfig(document)).toEqual({ ok: false, error: [says] });
  });
});

function args(text: string): string {
  return `profiles: [{pluginConfig: [{name: PodTopologySpread, args: ${text}}]}]`;
}

function constraint(more: string): string {
  return args(
    `{defaultingType: List, defaultConstraints: [{maxSkew: 1, topologyKey: ${hostnameLabel}, whenUnsatisfiable: DoNotSchedule, ${more}}]}`,
  );
}

function documentOf(text: string): unknown {
  return parse(`apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n${text}\n`);
}

function check(name: string, text: string, value: unknown): void {
  it(name, () => {
    expect(parseSchedulerConfig(documentOf(text))).toEqual({ ok: true, value });
  });
}

function refuse(name: string, text: string, error: readonly string[]): void {
  it(name, () => {
    expect(parseSchedulerConfig(documentOf(text))).toEqual({ ok: false, error });
  });
}
