/**
 * Node settings: what a NodeClass says of every Node that is made from it, as far as it changes what Pods may have.
 *
 * Reads the spec of an EC2NodeClass or of an Auto Mode NodeClass. Returns the settings that the allocatable arithmetic takes,
 * or the sentence that names the field it can't count with.
 */
import type { AutoNodeClassSpec } from "../api/auto-node-class.ts";
import type { EC2NodeClassSpec } from "../api/ec2-node-class.ts";
import { ok, type Result } from "../api/result.ts";
import type { NodeSettings } from "./allocatable.ts";
import { parseKubeletSettings } from "./kubelet-settings.ts";
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
  const kubelet = parseKubeletSettings(spec.kubelet);
  if (!kubelet.ok) return kubelet;
  const { blockDeviceMappings, instanceStorePolicy, networkInterfaces } = spec;
  const efaOnly = (networkInterfaces ?? []).filter(({ interfaceType }) => interfaceType === "efa-only");
  return ok({
    amiFamily: amiFamilyOf(spec) ?? "AL2023",
    kubelet: kubelet.value,
    storage: {
      ...(blockDeviceMappings === undefined ? {} : { blockDeviceMappings }),
      ...(instanceStorePolicy === undefined ? {} : { instanceStorePolicy }),
    },
    ...(networkInterfaces === undefined
      ? {}
      : { efaOnlyInterfaces: { all: efaOnly.length, onCard0: efaOnly.filter(({ networkCardIndex }) => networkCardIndex === 0).length } }),
  });
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
