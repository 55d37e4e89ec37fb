/**
 * DaemonSet overhead: what the Pods of DaemonSets take on a node before any other Pod.
 *
 * Reads DaemonSets (their Pod templates as admission would leave them, and what their live Pods take) and what is known of a node. Returns
 * resources and ports of the host.
 * A DaemonSet counts where its Pod could run: taints tolerated and any of its node affinity terms compatible. What has yet to join may come to
 * have labels that it lacks (getDaemonOverhead of Karpenter's scheduling/scheduler.go); a Node that stands has those that it has. Where a
 * DaemonSet's Pod is on the node already, that Pod counts by what it takes, and its DaemonSet no more.
 */
import { initializedLabel, registeredLabel, wellKnownLabels } from "../../api/labels.ts";
import type { Resources } from "../../api/object.ts";
import type { Pod, PodSpec, Taint } from "../../api/pod.ts";
import { controllerOf } from "../../kube/owner.ts";
import { podRequirements } from "../../kube/pod-requirements.ts";
import { podRequests } from "../../kube/pod-requests.ts";
import { exactly } from "../../kube/requirement.ts";
import { intersection, isCompatible, type Requirements } from "../../kube/requirements.ts";
import { addResources } from "../../kube/resources.ts";
import { untoleratedTaint } from "../../kube/taint.ts";
import { hostPorts, type HostPort } from "./host-ports.ts";

/** A DaemonSet, as the solver needs it: "namespace/name", and the spec of its Pods. */
export interface DaemonSetPods {
  readonly name: string;
  /** Says where its Pods run; and what they take, where no live Pod takes another amount. */
  readonly spec: PodSpec;
  /** What its Pods turn out to take once webhooks, a VerticalPodAutoscaler or a resize have changed them. */
  readonly live?: { readonly requests: Resources; readonly ports: readonly HostPort[] };
}

interface DaemonSetDemand {
  readonly name: string;
  readonly spec: PodSpec;
  readonly alternatives: readonly Requirements[];
  readonly requests: Resources;
  readonly ports: readonly HostPort[];
}

export type DaemonDemand = readonly DaemonSetDemand[];

const joined: Requirements = new Map([registeredLabel, initializedLabel].map((label) => [label, exactly(label, "true")]));
const noKeys: ReadonlySet<string> = new Set();

/** Works out the demand of each DaemonSet once. */
export function daemonDemand(daemonSets: readonly DaemonSetPods[]): DaemonDemand {
  return daemonSets.map(({ name, spec, live }) => ({
    ...{ name, spec, alternatives: podRequirements(spec) },
    ...{ requests: live?.requests ?? podRequests(spec), ports: live?.ports ?? hostPorts(spec) },
  }));
}

/** What is known of a node that DaemonSets may run on. */
export interface DaemonNode {
  readonly requirements: Requirements;
  readonly taints: readonly Taint[];
  /** Absent for a node that is yet to join. */
  readonly standing?: StandingNode;
}

/** A Node that has joined: it has no other labels than its own, but those of its initialization while that is to come. */
export interface StandingNode {
  readonly initialized: boolean;
  readonly pods: readonly Pod[];
}

/** Returns what the DaemonSets that run on such a node ask for together, those left out whose Pods are there. */
export function daemonOverhead(demand: DaemonDemand, node: DaemonNode): Resources {
  return addResources(...daemonsOn(demand, node).map(({ requests }) => requests));
}

/** Returns the ports of the host that the DaemonSets of such a node take, those left out whose Pods are there. */
export function daemonPorts(demand: DaemonDemand, node: DaemonNode): readonly HostPort[] {
  const listening = demand.filter(({ ports }) => ports.length > 0);
  return listening.length === 0 ? [] : daemonsOn(listening, node).flatMap(({ ports }) => ports);
}

/** The name of the DaemonSet that keeps a Pod, as {@link DaemonSetPods} has it; undefined for another Pod. */
export function daemonSetNameOf(pod: Pod): string | undefined {
  const owner = controllerOf(pod);
  return owner?.kind === "DaemonSet" ? `${pod.metadata.namespace ?? ""}/${owner.name}` : undefined;
}

function daemonsOn(demand: DaemonDemand, { requirements: own, taints, standing }: DaemonNode): DaemonDemand {
  if (demand.length === 0) return demand;
  const there = new Set(standing?.pods.map(daemonSetNameOf));
  const requirements = standing?.initialized === true ? own : intersection(own, joined);
  const allowUndefined = standing === undefined ? wellKnownLabels : noKeys;
  return demand.filter(
    ({ name, spec, alternatives }) =>
      !there.has(name) &&
      untoleratedTaint(taints, spec.tolerations) === undefined &&
      alternatives.some((alternative) => isCompatible(requirements, alternative, allowUndefined)),
  );
}
