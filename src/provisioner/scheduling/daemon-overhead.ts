/**
 * DaemonSet overhead: what the Pods of DaemonSets take on a node before any other Pod.
 *
 * Reads DaemonSets (their Pod templates, as admission would leave them) and what is known of a node. Returns resources and
 * ports of the host.
 * A DaemonSet counts where its Pod could run: taints tolerated and any of its node affinity terms compatible; labels that
 * a node will only have once it has joined count as present (getDaemonOverhead of Karpenter's scheduling/scheduler.go).
 */
import { initializedLabel, registeredLabel, wellKnownLabels } from "../../api/labels.ts";
import type { Resources } from "../../api/object.ts";
import type { PodSpec, Taint } from "../../api/pod.ts";
import { podRequirements } from "../../kube/pod-requirements.ts";
import { podRequests } from "../../kube/pod-requests.ts";
import { exactly } from "../../kube/requirement.ts";
import { intersection, isCompatible, type Requirements } from "../../kube/requirements.ts";
import { addResources } from "../../kube/resources.ts";
import { untoleratedTaint } from "../../kube/taint.ts";
import { hostPorts, type HostPort } from "./host-ports.ts";

/** A DaemonSet, as the solver needs it: its name for people, and the spec of its Pods. */
export interface DaemonSetPods {
  readonly name: string;
  readonly spec: PodSpec;
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

/** Works out the demand of each DaemonSet once. */
export function daemonDemand(daemonSets: readonly DaemonSetPods[]): DaemonDemand {
  return daemonSets.map(({ name, spec }) => ({
    ...{ name, spec, alternatives: podRequirements(spec) },
    ...{ requests: podRequests(spec), ports: hostPorts(spec) },
  }));
}

/** What is known of a node that DaemonSets may run on. */
export interface DaemonNode {
  readonly requirements: Requirements;
  readonly taints: readonly Taint[];
}

/** Returns what the DaemonSets that run on such a node ask for together. */
export function daemonOverhead(demand: DaemonDemand, node: DaemonNode): Resources {
  return addResources(...daemonsOn(demand, node).map(({ requests }) => requests));
}

/** Returns the ports of the host that the DaemonSets of such a node take. */
export function daemonPorts(demand: DaemonDemand, node: DaemonNode): readonly HostPort[] {
  const listening = demand.filter(({ ports }) => ports.length > 0);
  return listening.length === 0 ? [] : daemonsOn(listening, node).flatMap(({ ports }) => ports);
}

function daemonsOn(demand: DaemonDemand, node: DaemonNode): DaemonDemand {
  const requirements = intersection(node.requirements, joined);
  return demand.filter(
    ({ spec, alternatives }) =>
      untoleratedTaint(node.taints, spec.tolerations) === undefined &&
      alternatives.some((alternative) => isCompatible(requirements, alternative, wellKnownLabels)),
  );
}
