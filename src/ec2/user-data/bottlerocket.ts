/**
 * User data of Bottlerocket: its settings in TOML, the NodeClass's own with the provisioner's put over them.
 *
 * Reads a node's setup and the version of the image. Returns the settings' text. Settings that are not known here are kept; taints are
 * the NodeClaim's alone, since a taint that no plan knows of would keep off the Pods that the node was bought for.
 */
import { parse, stringify, type TomlTable, type TomlValue } from "smol-toml";
import { err, ok, type Result } from "../../api/result.ts";
import { dnsAddressOf, gracePeriods, stringMap } from "./kubelet-arguments.ts";
import type { NodeSetup } from "./node-setup.ts";

/** From this version on, a bind without directories takes those that Pods need. */
const defaultBindFrom = { major: 1, minor: 46 };

/** Returns the settings; the error says what of the user's own is no TOML. */
export function bottlerocketUserData(setup: NodeSetup, version: string | undefined): Result<string, string> {
  let own: TomlTable;
  try {
    // Whole numbers stay apart from fractions: Bottlerocket tells them apart, JavaScript doesn't.
    own = parse(setup.custom, { integersAsBigInt: true });
  } catch (thrown) {
    return err(`it is no TOML: ${thrown instanceof Error ? (thrown.message.split("\n")[0] ?? "") : String(thrown)}`);
  }
  const settings = tableAt(own, "settings");
  const kubernetes = tableAt(settings, "kubernetes");
  const commands = tableAt(settings, "bootstrap-commands");
  const merged: TomlTable = {
    ...own,
    settings: {
      ...settings,
      kubernetes: { ...kubernetes, ...kubernetesSettings(setup, kubernetes) },
      ...(setup.joinsLocalDisks ? { "bootstrap-commands": { ...commands, "000-mount-instance-storage": mountCommand(version) } } : {}),
    },
  };
  return ok(stringify(merged, { numbersAsFloat: true }));
}

/**
 * Returns the version of the image that nodes will run: that of the alias, else the one in the name that is asked for, else the one
 * in a found image's name (bottlerocket-aws-k8s-1.33-x86_64-v1.46.0-431fe75a).
 */
export function bottlerocketVersion(of: {
  readonly terms: readonly { readonly alias?: string; readonly name?: string; readonly id?: string }[];
  readonly images: readonly { readonly id: string; readonly name?: string }[];
}): string | undefined {
  const aliased = of.terms.find(({ alias }) => alias !== undefined)?.alias?.split("@")[1];
  if (aliased !== undefined) return aliased;
  const asked = new Set(of.terms.flatMap(({ id }) => id ?? []));
  const byId = of.images.filter(({ id }) => asked.has(id));
  const names = [...of.terms, ...byId, ...of.images].flatMap(({ name }) => name ?? []);
  return names.flatMap((name) => name.split("-").find((part) => /^v\d+\./.test(part)) ?? [])[0];
}

function kubernetesSettings(setup: NodeSetup, own: TomlTable): TomlTable {
  const { cluster, labels, taints, kubelet } = setup;
  const dns = dnsAddressOf(setup);
  const settings: Record<string, TomlValue | undefined> = {
    "api-server": cluster.endpoint,
    "cluster-certificate": cluster.certificateAuthority,
    "cluster-name": cluster.name,
    "cluster-dns-ip": dns,
    "node-labels": { ...tableAt(own, "node-labels"), ...labels },
    "node-taints": taintTable(taints),
    "max-pods": integer(kubelet["maxPods"]),
    "system-reserved": stringMap(kubelet["systemReserved"]),
    "kube-reserved": stringMap(kubelet["kubeReserved"]),
    "eviction-hard": stringMap(kubelet["evictionHard"]),
    "eviction-soft": stringMap(kubelet["evictionSoft"]),
    "eviction-soft-grace-period": gracePeriods(kubelet["evictionSoftGracePeriod"]),
    "eviction-max-pod-grace-period": integer(kubelet["evictionMaxPodGracePeriod"]),
    "image-gc-high-threshold-percent": percent(kubelet["imageGCHighThresholdPercent"]),
    "image-gc-low-threshold-percent": percent(kubelet["imageGCLowThresholdPercent"]),
    "cpu-cfs-quota-enforced": typeof kubelet["cpuCFSQuota"] === "boolean" ? kubelet["cpuCFSQuota"] : undefined,
  };
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]): [string, TomlValue][] => (value === undefined ? [] : [[key, value]])),
  );
}

function taintTable(taints: NodeSetup["taints"]): TomlTable {
  const table: Record<string, string[]> = {};
  for (const { key, value = "", effect } of taints) (table[key] ??= []).push(`${value}:${effect}`);
  return table;
}

function mountCommand(version: string | undefined): TomlTable {
  const directories = bindsByDefault(version) ? [] : ["--dirs", "/var/lib/containerd", "/var/lib/kubelet", "/var/log/pods"];
  return {
    commands: [
      ["apiclient", "ephemeral-storage", "init"],
      ["apiclient", "ephemeral-storage", "bind", ...directories],
    ],
    essential: true,
    mode: "always",
  };
}

function bindsByDefault(version: string | undefined): boolean {
  if (version === "latest") return true;
  const [, major = "", minor = ""] = /^v?(\d+)\.(\d+)\./.exec(version ?? "") ?? [];
  if (major === "") return false;
  return Number(major) > defaultBindFrom.major || (Number(major) === defaultBindFrom.major && Number(minor) >= defaultBindFrom.minor);
}

function tableAt(table: TomlTable, key: string): TomlTable {
  const value = table[key];
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Date) ? value : {};
}

function integer(value: unknown): bigint | undefined {
  return typeof value === "number" && Number.isInteger(value) ? BigInt(value) : undefined;
}

/** Bottlerocket wants these as text. */
function percent(value: unknown): string | undefined {
  return typeof value === "number" ? String(value) : undefined;
}
