/**
 * NodeQueue: the existing nodes that could take the next Pod of a class, the best first.
 *
 * Reads the nodes that let the class run. Returns the first with room, in the order in which nodes are filled; where the class
 * wishes for spread, the least crowded of them. Nodes with the same values of the labels that topology asks about form one
 * bucket, so that a closed zone is found closed once and not node by node.
 */
import { hostnameLabel } from "../../api/labels.ts";
import { rowHolds } from "./bin-table.ts";
import { acceptsClass, type ExistingNode } from "./existing-node.ts";
import { crowdInDomains, unmetByLabels } from "./liking.ts";
import { topologyFor, vectorOn, type Packing } from "./packing.ts";
import type { PodClass } from "./pod-class.ts";
import { crowdOnHost, isAllowedDomain, isAllowedHost, type Probe } from "./probe.ts";
import { compareListed, shortlist, type Listed } from "./shortlist.ts";

export interface NodeQueue {
  /** The best node for one more Pod as things are now, or undefined. */
  best(): ExistingNode | undefined;
}

/** Nodes of one bucket that are kept on its list. */
const shortlistMax = 32;

interface NodeGroup {
  readonly values: readonly { readonly key: string; readonly domain: string | undefined }[];
  readonly nodes: readonly ExistingNode[];
}

/** The nodes of a group as one run of Pods sees them. */
interface Bucket extends NodeGroup {
  /** The best node of the group for one more Pod. */
  readonly head: () => Listed | undefined;
}

/** Opens a queue over nodes; they must let the class run by labels and taints. */
export function nodeQueue(probe: Probe, { nodes, pods }: { readonly nodes: readonly ExistingNode[]; readonly pods: number }): NodeQueue {
  // Where nodes are all the same to the class, the first with room is the best, and one that was passed stays without room.
  const headOf = probe.prefers ? leastCrowded(Math.min(pods, shortlistMax)) : firstWithRoom;
  const buckets = groupsOf(probe, nodes).map((group): Bucket => ({ ...group, head: headOf(probe, group.nodes) }));
  return {
    best: () => {
      let best: Listed | undefined;
      for (const bucket of buckets) {
        if (!bucket.values.every((value) => isAllowedDomain(probe, value))) continue;
        const head = bucket.head();
        if (head === undefined) continue;
        const crowd = crowdOf(probe, bucket);
        const listed = crowd === 0 ? head : { ...head, crowd: head.crowd + crowd };
        if (best === undefined || compareListed(listed, best) < 0) best = listed;
      }
      return best === undefined ? undefined : probe.packing.problem.existing[best.place];
    },
  };
}

/** Goes through the nodes in order. */
function firstWithRoom(probe: Probe, nodes: readonly ExistingNode[]): Bucket["head"] {
  const { freeOnExisting, problem } = probe.packing;
  const width = problem.space.names.length;
  const isSharing = probe.podClass.shared.length > 0;
  let next = 0;
  let head: Listed | undefined;
  return () => {
    for (; next < nodes.length; next += 1) {
      const node = nodes[next];
      if (node === undefined) continue;
      const added = isSharing ? vectorOn(probe.packing, { podClass: probe.podClass, host: node.id }) : probe.added;
      if (!rowHolds(freeOnExisting, node.id * width, added) || !isAllowedHost(probe, node.id)) continue;
      if (head?.place !== node.id) head = listedAs(node, 0);
      return head;
    }
    return undefined;
  };
}

/** Keeps the least crowded few, and looks over all nodes again where none of them is left. */
function leastCrowded(max: number): (probe: Probe, nodes: readonly ExistingNode[]) => Bucket["head"] {
  return (probe, nodes) => {
    const list = shortlist(max);
    const struck = new Set<number>();
    let isFilled = false;
    const offer = (node: ExistingNode): void => {
      if (struck.has(node.id) || !hasResourcesOn(probe.packing, { podClass: probe.podClass, node })) return;
      list.offer(listedAs(node, crowdOn(probe, node)));
    };
    return () => {
      for (;;) {
        if (!isFilled || (list.best() === undefined && list.isCut())) {
          isFilled = true;
          list.clear();
          for (const node of nodes) offer(node);
        }
        const listed = list.best();
        const node = listed === undefined ? undefined : probe.packing.problem.existing[listed.place];
        if (listed === undefined || node === undefined) return undefined;
        const isFresh = listed.crowd === crowdOn(probe, node) && hasResourcesOn(probe.packing, { podClass: probe.podClass, node });
        if (isFresh && isAllowedHost(probe, node.id)) return listed;
        list.remove(list.listed.length - 1);
        if (isFresh) struck.add(node.id);
        else offer(node);
      }
    };
  };
}

function listedAs({ id, state }: ExistingNode, crowd: number): Listed {
  return { place: id, price: state.initialized ? 0 : 1, crowd, left: 0, changes: 0 };
}

/** By nodes: their groups by the labels that were asked about. Classes share lists of nodes, and there are few sets of labels. */
const groupsOfNodes = new WeakMap<readonly ExistingNode[], Map<string, readonly NodeGroup[]>>();

function groupsOf(probe: Probe, nodes: readonly ExistingNode[]): readonly NodeGroup[] {
  const { keys } = probe.topology;
  if (keys.length === 0) return nodes.length === 0 ? [] : [{ values: [], nodes }];
  const known = groupsOfNodes.get(nodes) ?? new Map<string, readonly NodeGroup[]>();
  groupsOfNodes.set(nodes, known);
  const before = known.get(keys.join());
  if (before !== undefined) return before;
  const groups = new Map<string, ExistingNode[]>();
  for (const node of nodes) {
    const name = keys.map((key) => node.value(key) ?? "").join("\n");
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [node]);
    else group.push(node);
  }
  const made = [...groups.values()].map((group) => ({
    nodes: group,
    values: keys.map((key) => ({ key, domain: group[0]?.value(key) })),
  }));
  known.set(keys.join(), made);
  return made;
}

/** What is against the bucket's domains. */
function crowdOf(probe: Probe, { values }: NodeGroup): number {
  return crowdInDomains(probe, (key) => values.find((value) => value.key === key)?.domain);
}

/** What is against a node, the domains of its bucket aside. */
function crowdOn(probe: Probe, node: ExistingNode): number {
  return probe.prefers ? unmetByLabels(probe, node) + crowdOnHost(probe, node.id) : 0;
}

/** Returns a lookup of the nodes whose requirements and taints let a class run, in the order in which they are filled. */
export function acceptingNodes({ existing }: Packing["problem"]): (podClass: PodClass) => readonly ExistingNode[] {
  const byPlacement = new Map<number, readonly ExistingNode[]>();
  const accepted = new Map<string, boolean>();
  const find = (podClass: PodClass): readonly ExistingNode[] =>
    existing.filter((node) => {
      if (podClass.namesNodes || !node.state.accepting) return acceptsClass(node, podClass);
      const name = `${node.alikeId} ${podClass.placementId}`;
      const known = accepted.get(name) ?? acceptsClass(node, podClass);
      accepted.set(name, known);
      return known;
    });
  return (podClass) => {
    const known = byPlacement.get(podClass.placementId) ?? find(podClass);
    byPlacement.set(podClass.placementId, known);
    return known;
  };
}

/** Says whether an existing node can take one more Pod of the class now. */
export function hasRoomOn(packing: Packing, { podClass, node }: { readonly podClass: PodClass; readonly node: ExistingNode }): boolean {
  const topology = topologyFor(packing.problem, podClass);
  const asked = { topology, rude: true };
  return (
    hasResourcesOn(packing, { podClass, node }) &&
    isAllowedHost(asked, node.id) &&
    topology.keys.every((key) => isAllowedDomain(asked, { key, domain: key === hostnameLabel ? undefined : node.value(key) }))
  );
}

/** Says whether what is free on an existing node holds one more Pod of the class. */
export function hasResourcesOn(
  packing: Packing,
  { podClass, node }: { readonly podClass: PodClass; readonly node: ExistingNode },
): boolean {
  const { problem, freeOnExisting } = packing;
  return rowHolds(freeOnExisting, node.id * problem.space.names.length, vectorOn(packing, { podClass, host: node.id }));
}
