/**
 * Node settings: what a NodeClass says of every Node that is made from it, as far as it changes what Pods may have.
 *
 * Reads the spec of an EC2NodeClass or of an Auto Mode NodeClass. Returns the settings that the allocatable arithmetic takes,
 * or the sentence that names the field it can't count with.
 */
import { assert } from "../api/assert.ts";
import type { AutoNodeClassSpec } from "../api/auto-node-class.ts";
import type { EC2NodeClassSpec } from "../api/ec2-node-class.ts";
import { err, ok, type Result } from "../api/result.ts";
import { podsOf, type NodeSettings } from "./allocatable.ts";
import type { Ec2InstanceFacts } from "./ec2-facts.ts";
import { expressionFields, expressionProblem, kubeletFor } from "./kubelet-expression.ts";
import { parseKubeletSettings, type KubeletSettings } from "./kubelet-settings.ts";
import type { AmiFamily } from "./node-storage.ts";

/** Families by the word that an alias uses. */
const aliasFamilies: ReadonlyMap<string, AmiFamily> = new Map(
  (["AL2", "AL2023", "Bottlerocket", "Windows2019", "Windows2022", "Windows2025"] as const).map((family) => [family.toLowerCase(), family]),
);

/** What a Windows node calls its version, by image family. */
export const windowsBuilds: Readonly<Record<string, string>> = {
  Windows2019: "10.0.17763",
  Windows2022: "10.0.20348",
  Windows2025: "10.0.26100",
};

/** Auto Mode gives nodes address prefixes; its nodes then take as many Pods as Kubernetes advises at most. */
const autoPodsMax = 110;
const autoVolumeSize = "80Gi";

/** Returns the settings of an EC2NodeClass; the error is that of its kubelet block. */
export function nodeSettingsOf(spec: Partial<EC2NodeClassSpec>): Result<NodeSettings, string> {
  if (expressionFields(spec.kubelet).length > 0) return countedSettings(spec);
  const kubelet = parseKubeletSettings(spec.kubelet);
  return kubelet.ok ? ok(settingsWith(spec, kubelet.value)) : kubelet;
}

/** Returns the kubelet block of a class as a node of one type gets it: without expressions. The error names the field. */
export function kubeletOfType(spec: Partial<EC2NodeClassSpec>, facts: Ec2InstanceFacts): Result<EC2NodeClassSpec["kubelet"], string> {
  const { podsPerCore } = spec.kubelet ?? {};
  const own = typeof podsPerCore === "number" ? { podsPerCore } : {};
  const podsUnder = (maxPods: number | undefined): number =>
    podsOf(facts, settingsWith(spec, { ...own, ...(maxPods === undefined ? {} : { maxPods }) }));
  return kubeletFor(spec.kubelet, { facts, podsOf: podsUnder });
}

/** Returns why the kubelet of some type can't be counted with; undefined where that of each can. The error names field and type. */
export function uncountedType(spec: Partial<EC2NodeClassSpec>, facts: readonly Ec2InstanceFacts[]): string | undefined {
  if (expressionFields(spec.kubelet).length === 0) return undefined;
  for (const of of facts) {
    const settings = settingsOfType(spec, of);
    if (!settings.ok) return settings.error;
  }
  return undefined;
}

/** Each type has settings of its own; whoever counts with them has asked `uncountedType` before. */
function countedSettings(spec: Partial<EC2NodeClassSpec>): Result<NodeSettings, string> {
  const problem = expressionProblem(spec.kubelet);
  if (problem !== undefined) return err(problem);
  const kubeletOf = (facts: Ec2InstanceFacts): KubeletSettings => {
    const settings = settingsOfType(spec, facts);
    assert(settings.ok, settings.ok ? "" : settings.error);
    return settings.value;
  };
  return ok({ ...settingsWith(spec, {}), kubeletOf });
}

function settingsOfType(spec: Partial<EC2NodeClassSpec>, facts: Ec2InstanceFacts): Result<KubeletSettings, string> {
  const block = kubeletOfType(spec, facts);
  return block.ok ? parseKubeletSettings(block.value) : block;
}

function settingsWith(spec: Partial<EC2NodeClassSpec>, kubelet: KubeletSettings): NodeSettings {
  const { blockDeviceMappings, instanceStorePolicy, networkInterfaces } = spec;
  const efaOnly = (networkInterfaces ?? []).filter(({ interfaceType }) => interfaceType === "efa-only");
  return {
    amiFamily: amiFamilyOf(spec) ?? "AL2023",
    kubelet,
    storage: {
      ...(blockDeviceMappings === undefined ? {} : { blockDeviceMappings }),
      ...(instanceStorePolicy === undefined ? {} : { instanceStorePolicy }),
    },
    ...(networkInterfaces === undefined
      ? {}
      : { efaOnlyInterfaces: { all: efaOnly.length, onCard0: efaOnly.filter(({ networkCardIndex }) => networkCardIndex === 0).length } }),
  };
}

/** Returns the image family of an EC2NodeClass: the field, else that of the alias; undefined where neither says it. */
export function amiFamilyOf({ amiFamily, amiSelectorTerms }: Partial<EC2NodeClassSpec>): AmiFamily | undefined {
  const alias = amiSelectorTerms?.find((term) => term.alias !== undefined)?.alias;
  return amiFamily ?? (alias === undefined ? undefined : aliasFamilies.get(alias.split("@")[0]?.toLowerCase() ?? ""));
}

/**
 * Returns the settings of an Auto Mode NodeClass: Bottlerocket, with no kubelet block. Its own components are services of the
 * image and no DaemonSets, so nothing is taken for them here, and DaemonSets that keep off such nodes count for nothing.
 */
export function autoNodeSettingsOf({ ephemeralStorage, advancedNetworking }: Partial<AutoNodeClassSpec>): NodeSettings {
  const volumeSize = ephemeralStorage?.size ?? autoVolumeSize;
  return {
    amiFamily: "Bottlerocket",
    storage: { blockDeviceMappings: [{ rootVolume: true, ebs: { volumeSize } }] },
    ...(advancedNetworking?.ipv4PrefixSize === "32" ? {} : { prefixedPodsMax: autoPodsMax }),
  };
}
