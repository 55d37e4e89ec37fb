/**
 * ExistingNode: capacity that is there or on its way, as the solver packs it.
 *
 * Reads NodeStates (node-state.ts). Returns what is free on each, in the order in which they are filled: initialized nodes
 * first, then by name. DaemonSet Pods that will still come keep their room.
 */
import { hostnameLabel, wellKnownLabels } from "../../api/labels.ts";
import type { Resources } from "../../api/object.ts";
import type { Pod, PodSpec } from "../../api/pod.ts";
import { nodeNameField } from "../../kube/pod-requirements.ts";
import { exactly, values } from "../../kube/requirement.ts";
import { fromLabels, intersection, isCompatible, requirementsOf } from "../../kube/requirements.ts";
import { addResources, subtractResources } from "../../kube/resources.ts";
import { runningRequests } from "../../kube/running-requests.ts";
import { attachable, type AttachedVolume } from "./attachments.ts";
import { daemonOverhead, daemonPorts, type DaemonDemand, type DaemonNode } from "./daemon-overhead.ts";
import { freeSlots, hostPorts, type HostPort } from "./host-ports.ts";
import { compare } from "./label-state.ts";
import type { NodeState } from "./node-state.ts";
import type { Placement } from "./pod-class.ts";
import { keepsOff } from "./preference.ts";
import { toVector, type ResourceSpace, type Vector } from "./resource-space.ts";
import type { NodeFacts } from "./topology-group.ts";

const noKeys: ReadonlySet<string> = new Set();

export interface ExistingNode {
  /** Number among all nodes of the run; new nodes go on from there. */
  readonly id: number;
  readonly state: NodeState;
  readonly facts: NodeFacts;
  /** Labels that may still come: the well-known ones while no Node has joined. */
  readonly allowUndefined: ReadonlySet<string>;
  readonly free: Vector;
  /** Ids of the volumes that its Pods have attached, as far as they count. */
  readonly attached: ReadonlySet<string>;
  /** Nodes with the same number have the same labels (but for the hostname) and taints. */
  readonly alikeId: number;
  readonly value: (key: string) => string | undefined;
  /** What a label may come to be: of one that is decided that alone, of one that nothing is known of nothing. */
  readonly values: (key: string) => readonly string[];
}

type HeldBy = (pods: readonly Pod[]) => readonly AttachedVolume[];

/** Returns nodes and NodeClaims in the order in which they are filled. */
export function existingNodes(
  states: readonly NodeState[],
  { daemonSets, space, heldBy }: Pick<FreeInput, "daemonSets" | "space"> & { readonly heldBy: HeldBy },
): readonly ExistingNode[] {
  const alike = new Map<string, number>();
  return [...states]
    .sort((a, b) => Number(b.initialized) - Number(a.initialized) || compare(a.name, b.name))
    .map((state, id): ExistingNode => {
      const decided = intersection(fromLabels(state.labels), new Map([[nodeNameField, exactly(nodeNameField, state.name)]]));
      const requirements = state.requirements === undefined ? decided : intersection(requirementsOf(state.requirements), decided);
      const facts = { requirements, taints: state.taints };
      const name = JSON.stringify([{ ...state.labels, [hostnameLabel]: "" }, state.requirements, state.taints]);
      const alikeId = alike.get(name) ?? alike.size;
      alike.set(name, alikeId);
      const held = heldBy(state.pods);
      return {
        id,
        state,
        facts,
        allowUndefined: state.requirements === undefined ? noKeys : wellKnownLabels,
        free: freeOn(state, { facts, daemonSets, space, held }),
        attached: new Set(held.map((volume) => volume.id)),
        alikeId,
        value: valueOf(facts),
        values: (key) => listedValues(facts, key),
      };
    });
}

/** Says whether requirements and taints let a class run there; resources and topology are another question. */
export function acceptsClass(node: ExistingNode, podClass: Placement): boolean {
  return (
    node.state.accepting &&
    !keepsOff(node.facts.taints, podClass) &&
    podClass.alternatives.some((alternative) => isCompatible(node.facts.requirements, alternative, node.allowUndefined))
  );
}

/** Returns what topology reads of a running Pod. */
export function controllerless(pod: Pod): {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
} {
  return { namespace: pod.metadata.namespace ?? "", labels: pod.metadata.labels ?? {}, spec: pod.spec };
}

interface FreeInput {
  readonly facts: NodeFacts;
  readonly daemonSets: DaemonDemand;
  readonly space: ResourceSpace;
  readonly held: readonly AttachedVolume[];
}

function freeOn(state: NodeState, { facts, daemonSets, space, held }: FreeInput): Vector {
  const node = daemonNode(state, facts);
  const free = freeResources(state, daemonOverhead(daemonSets, node));
  const slots = space.slots.length === 0 ? undefined : freeSlots(space.slots, portsOn(state, daemonPorts(daemonSets, node)));
  // Where more is given out than there is, only those who ask for it are refused.
  const volumes = space.drivers.length === 0 ? undefined : attachable(space.drivers, { limits: state.attachable, held });
  return toVector(space, { ...free, ...volumes, ...slots }).map((amount) => Math.max(0, amount));
}

/** Returns a node as its DaemonSets see it. */
export function daemonNode(
  { requirements: open, initialized, pods }: NodeState,
  { requirements, taints }: Pick<NodeFacts, "requirements" | "taints">,
): DaemonNode {
  return { requirements, taints, ...(open === undefined ? { standing: { initialized, pods } } : undefined) };
}

/** Returns what is left of a node by the Pods that run there and the DaemonSet Pods that will come. */
export function freeResources({ allocatable, pods }: NodeState, toCome: Resources): Resources {
  return subtractResources(allocatable, addResources(...pods.map(runningRequests), toCome));
}

function portsOn(state: NodeState, daemons: readonly HostPort[]): readonly HostPort[] {
  return [...daemons, ...state.pods.flatMap(({ spec }) => hostPorts(spec))];
}

/** Labels are asked for again and again, and there are few. */
function valueOf(facts: NodeFacts): (key: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (key) => {
    if (!known.has(key)) known.set(key, onlyValue(facts, key));
    return known.get(key);
  };
}

function onlyValue(facts: NodeFacts, key: string): string | undefined {
  const listed = listedValues(facts, key);
  return listed.length === 1 ? listed[0] : undefined;
}

function listedValues({ requirements }: NodeFacts, key: string): readonly string[] {
  const requirement = requirements.get(key);
  return (requirement === undefined ? undefined : values(requirement)) ?? [];
}
