/**
 * NodeSetup: what every family's user data is made from.
 *
 * Reads a NodeClass, the cluster, and what is known of the node: labels, taints, how many Pods it takes. Returns one value in
 * which nothing is left to decide: the taint that keeps Pods away until the node is registered is in it, and labels that a kubelet may
 * not give itself are not.
 */
import type { EC2NodeClassSpec } from "../../api/ec2-node-class.ts";
import { doNotSyncTaintsLabel, unregisteredTaintKey } from "../../api/labels.ts";
import type { Taint } from "../../api/pod.ts";
import type { ClusterIdentity } from "../cluster-identity.ts";

export interface UserDataInput {
  readonly spec: EC2NodeClassSpec;
  readonly cluster: ClusterIdentity;
  readonly labels: Readonly<Record<string, string>>;
  /** The claim's taints, then its startup taints. */
  readonly taints: readonly Taint[];
  /** Pods that the node takes; absent: the image decides. */
  readonly maxPods?: number;
  /** The images in question, preferred first: Bottlerocket's settings depend on its version. */
  readonly images?: readonly { readonly id: string; readonly name?: string }[];
}

export interface NodeSetup {
  readonly cluster: ClusterIdentity;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** KubeletConfiguration's words, with maxPods and clusterDNS filled in. */
  readonly kubelet: Readonly<Record<string, unknown>>;
  /** The NodeClass's own user data. */
  readonly custom: string;
  /** Whether local disks are joined into the volume that Pods write to. */
  readonly joinsLocalDisks: boolean;
}

/** Domains of labels that a node may not set on itself (Kubernetes' NodeRestriction), so the provisioner sets them later. */
const restrictedDomains = ["kubernetes.io", "k8s.io"];

/** Returns the setup; labels are sorted by key. */
export function nodeSetup({ spec, cluster, labels, taints, maxPods }: UserDataInput): NodeSetup {
  const kubelet = spec.kubelet ?? {};
  const dns = kubelet["clusterDNS"] === undefined && cluster.dnsAddress !== undefined ? { clusterDNS: [cluster.dnsAddress] } : {};
  return {
    cluster,
    labels: sorted({ ...labels, [doNotSyncTaintsLabel]: "true" }),
    taints: withUnregistered(taints),
    kubelet: { ...kubelet, ...dns, ...(maxPods === undefined ? {} : { maxPods }) },
    custom: spec.userData ?? "",
    joinsLocalDisks: spec.instanceStorePolicy === "RAID0",
  };
}

function sorted(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept = Object.entries(labels).filter(([key]) => !isRestricted(key));
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isRestricted(label: string): boolean {
  const [domain = ""] = label.includes("/") ? label.split("/") : [];
  return restrictedDomains.some((restricted) => domain === restricted || domain.endsWith(`.${restricted}`));
}

function withUnregistered(taints: readonly Taint[]): readonly Taint[] {
  const unregistered: Taint = { key: unregisteredTaintKey, effect: "NoExecute" };
  return taints.some(({ key, effect }) => key === unregistered.key && effect === unregistered.effect) ? taints : [...taints, unregistered];
}
