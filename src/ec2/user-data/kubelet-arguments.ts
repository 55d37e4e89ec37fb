/**
 * The kubelet's settings as arguments of its command line: for images whose start-up script takes nothing else.
 *
 * Reads a node's setup. Returns the arguments, labels and taints first. Keys are sorted: equal settings give equal bytes.
 */
import { formatDuration, parseGoDuration } from "../../kube/schedule.ts";
import type { Taint } from "../../api/pod.ts";
import type { NodeSetup } from "./node-setup.ts";

/** Returns every argument of a setup. */
export function kubeletArguments({ labels, taints, kubelet }: NodeSetup): readonly string[] {
  const number = (argument: string, field: string): readonly string[] => {
    const value = kubelet[field];
    return typeof value === "number" || typeof value === "boolean" ? [`--${argument}=${value}`] : [];
  };
  return [
    labelsArgument(labels),
    `--register-with-taints="${taints.map(taintText).join(",")}"`,
    ...number("max-pods", "maxPods"),
    ...number("pods-per-core", "podsPerCore"),
    ...joined("system-reserved", stringMap(kubelet["systemReserved"]), "="),
    ...joined("kube-reserved", stringMap(kubelet["kubeReserved"]), "="),
    ...joined("eviction-hard", stringMap(kubelet["evictionHard"]), "<"),
    ...joined("eviction-soft", stringMap(kubelet["evictionSoft"]), "<"),
    ...joined("eviction-soft-grace-period", gracePeriods(kubelet["evictionSoftGracePeriod"]), "="),
    ...number("eviction-max-pod-grace-period", "evictionMaxPodGracePeriod"),
    ...number("image-gc-high-threshold", "imageGCHighThresholdPercent"),
    ...number("image-gc-low-threshold", "imageGCLowThresholdPercent"),
    ...number("cpu-cfs-quota", "cpuCFSQuota"),
  ];
}

/** Returns the argument that gives a node its labels. */
export function labelsArgument(labels: NodeSetup["labels"]): string {
  const texts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return `--node-labels="${texts.join(",")}"`;
}

/** Returns the first address of the cluster's DNS, where the kubelet is told one. */
export function dnsAddressOf({ kubelet }: NodeSetup): string | undefined {
  const addresses = kubelet["clusterDNS"];
  const first: unknown = Array.isArray(addresses) ? addresses[0] : undefined;
  return typeof first === "string" ? first : undefined;
}

/** Returns a field that maps text to text; undefined where it is absent. Numbers are quantities too. */
export function stringMap(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value as Readonly<Record<string, unknown>>).map(([key, one]) => [key, String(one)]));
}

/** Returns grace periods as Go prints durations: the kubelet's own form. */
export function gracePeriods(value: unknown): Readonly<Record<string, string>> | undefined {
  const periods = stringMap(value);
  if (periods === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(periods).map(([signal, text]) => {
      const period = parseGoDuration(text);
      return [signal, period.ok ? formatDuration(period.value) : text];
    }),
  );
}

function taintText({ key, value = "", effect }: Taint): string {
  return value === "" ? `${key}:${effect}` : `${key}=${value}:${effect}`;
}

function joined(argument: string, values: Readonly<Record<string, string>> | undefined, between: string): readonly string[] {
  const entries = Object.entries(values ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? [] : [`--${argument}="${entries.map(([key, value]) => `${key}${between}${value}`).join(",")}"`];
}
