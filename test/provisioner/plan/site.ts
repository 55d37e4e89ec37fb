/**
 * Site: a node as it stands or would stand, with the Pods on it, and the filters that look at one node alone.
 *
 * Reads a Pod and a site. Returns the first of kube-scheduler's filters that refuses, in the order of its default profile, with
 * words for people. Filters that look at all nodes (spread, Pod affinity) stand in neighbours.ts.
 */
import type { Pod, PodSpec, Taint } from "../../../src/api/pod.ts";
import { attachedBy, volumeProblem, type Storage } from "./claimed-volumes.ts";
import { hostPorts, plus, podAmounts, type Amounts, type HostPort } from "./pod-amounts.ts";
import { untolerated, wantsNode, type Labels } from "./selection.ts";

/** kube-scheduler's names of its filters. */
export type Filter =
  | "NodeUnschedulable"
  | "TaintToleration"
  | "NodeAffinity"
  | "NodePorts"
  | "NodeResourcesFit"
  | "VolumeBinding"
  | "NodeVolumeLimits"
  | "PodTopologySpread"
  | "InterPodAffinity";

export interface Refusal {
  readonly filter: Filter;
  readonly says: string;
}

export interface Site {
  readonly name: string;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  readonly allocatable: Amounts;
  /** False for a node that is cordoned, going, or lost. */
  readonly accepting: boolean;
  /** Pods of DaemonSets that will come: they take room and ports. */
  readonly daemons: readonly PodSpec[];
  readonly pods: readonly Pod[];
  /** The cluster's volumes; where they are not given, no Pod has any. */
  readonly storage?: Storage | undefined;
  /** How many volumes of each driver it can attach; none where there is no limit. */
  readonly attachable?: Amounts | undefined;
}

export function withPod(site: Site, pod: Pod): Site {
  return { ...site, pods: [...site.pods, pod] };
}

/** Says why the node itself refuses the Pod, whatever stands elsewhere. */
export function refusalOfSite(pod: Pod, site: Site): Refusal | undefined {
  const { spec } = pod;
  if (!site.accepting) return { filter: "NodeUnschedulable", says: "it takes no more Pods" };
  const taint = untolerated(spec, site.taints);
  if (taint !== undefined) return { filter: "TaintToleration", says: `taint ${taint.key} is not tolerated` };
  if (!wantsNode(spec, site)) return { filter: "NodeAffinity", says: `its labels are not asked for: ${JSON.stringify(site.labels)}` };
  return refusalOfPorts(spec, site) ?? refusalOfRoom(spec, site) ?? refusalOfVolumes(pod, site) ?? refusalOfLimits(pod, site);
}

function refusalOfVolumes(pod: Pod, { storage, labels }: Site): Refusal | undefined {
  const says = storage === undefined ? undefined : volumeProblem(pod, labels, storage);
  return says === undefined ? undefined : { filter: "VolumeBinding", says };
}

/** All volumes that would be attached, each once, are counted by driver; a driver of which the Pod brings nothing new is not looked at. */
function refusalOfLimits(pod: Pod, { storage, attachable = {}, pods }: Site): Refusal | undefined {
  if (storage === undefined) return undefined;
  const there = new Map(pods.flatMap((one) => attachedBy(one, storage)));
  const added = [...new Map(attachedBy(pod, storage))].filter(([id]) => !there.has(id));
  for (const driver of new Set(added.map(([, own]) => own))) {
    const limit = attachable[driver];
    const before = [...there.values()].filter((own) => own === driver).length;
    const more = added.filter(([, own]) => own === driver).length;
    if (limit !== undefined && before + more > limit)
      return { filter: "NodeVolumeLimits", says: `${driver}: ${before} and ${more} more, ${limit} at most` };
  }
  return undefined;
}

function specsOn({ daemons, pods }: Site): readonly PodSpec[] {
  return [...daemons, ...pods.map(({ spec }) => spec)];
}

function refusalOfPorts(spec: PodSpec, site: Site): Refusal | undefined {
  const wanted = hostPorts(spec);
  if (wanted.length === 0) return undefined;
  const taken = specsOn(site).flatMap(hostPorts);
  const both = wanted.find((port) => taken.some((other) => isSamePort(port, other)));
  return both === undefined ? undefined : { filter: "NodePorts", says: `host port ${both.port} is taken` };
}

function isSamePort(a: HostPort, b: HostPort): boolean {
  const anywhere = a.ip === "0.0.0.0" || b.ip === "0.0.0.0";
  return a.port === b.port && a.protocol === b.protocol && (anywhere || a.ip === b.ip);
}

/** What is not asked for is not looked at, even where a node has given out more than it has. */
function refusalOfRoom(spec: PodSpec, site: Site): Refusal | undefined {
  const used = plus(...specsOn(site).map(podAmounts));
  for (const [name, amount] of Object.entries(podAmounts(spec))) {
    const free = (site.allocatable[name] ?? 0) - (used[name] ?? 0);
    if (amount > 0 && amount > free) return { filter: "NodeResourcesFit", says: `${name}: ${amount} asked, ${free} free` };
  }
  return undefined;
}
