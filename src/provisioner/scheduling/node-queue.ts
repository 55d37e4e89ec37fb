/**
 * NodeQueue: the existing nodes that could take the next Pod of a class, the best first.
 *
 * Reads the nodes that let the class run. Returns the first with room, in the order in which nodes are filled; where the class
 * wishes for spread, the least crowded of them. Nodes with the same values of the labels that topology asks about form one
 * bucket, so that a closed zone is found closed once and not node by node.
 */
import { hostnameLabel } from "../../api/labels.ts";
import { acceptsClass, type ExistingNode } from "./existing-node.ts";
import { topologyFor, vectorFor, type Packing } from "./packing.ts";
import type { PodClass } from "./pod-class.ts";
import { crowdOnHost, isAllowedDomain, isAllowedHost, type Probe } from "./probe.ts";
import { holds } from "./resource-space.ts";
import { compareListed, shortlist, type Listed, type Shortlist } from "./shortlist.ts";
import { crowding } from "./topology.ts";

export interface NodeQueue {
  /** The best node for one more Pod as things are now, or undefined. */
  best(): ExistingNode | undefined;
  /** Tells that the class has a Pod more on the node. */
  offer(node: ExistingNode): void;
}

/** Nodes of one bucket that are kept on its list. */
const shortlistMax = 32;

interface Bucket {
  readonly values: readonly { readonly key: string; readonly domain: string | undefined }[];
  readonly nodes: readonly ExistingNode[];
  readonly list: Shortlist;
  isFilled: boolean;
}

/** Opens a queue over nodes; they must let the class run by labels and taints. */
export function nodeQueue(probe: Probe, { nodes, pods }: { readonly nodes: readonly ExistingNode[]; readonly pods: number }): NodeQueue {
  const buckets = bucketsOf(probe, { nodes, pods });
  const struck = new Set<number>();
  const list = ({ list: shortlisted }: Bucket, node: ExistingNode): void => {
    if (struck.has(node.id) || !hasResourcesOn(probe.packing, { podClass: probe.podClass, node })) return;
    const price = node.state.initialized ? 0 : 1;
    shortlisted.offer({ place: node.id, price, crowd: crowdOnHost(probe, node.id), left: 0, changes: 0 });
  };
  const headOf = (bucket: Bucket): Listed | undefined => {
    for (;;) {
      if (!bucket.isFilled || (bucket.list.best() === undefined && bucket.list.isCut())) {
        bucket.isFilled = true;
        bucket.list.clear();
        for (const node of bucket.nodes) list(bucket, node);
      }
      const listed = bucket.list.best();
      if (listed === undefined) return undefined;
      const node = probe.packing.problem.existing[listed.place];
      if (node === undefined) return undefined;
      const isFresh =
        listed.crowd === crowdOnHost(probe, listed.place) && hasResourcesOn(probe.packing, { podClass: probe.podClass, node });
      if (isFresh && isAllowedHost(probe, listed.place)) return listed;
      bucket.list.remove(bucket.list.listed.length - 1);
      if (isFresh) struck.add(listed.place);
      else list(bucket, node);
    }
  };
  const bucketFor = new Map<number, Bucket>();
  return {
    best: () => {
      let best: Listed | undefined;
      for (const bucket of buckets) {
        if (!bucket.values.every((value) => isAllowedDomain(probe, value))) continue;
        const head = headOf(bucket);
        if (head === undefined) continue;
        const listed = { ...head, crowd: head.crowd + crowdOf(probe, bucket) };
        if (best !== undefined && compareListed(listed, best) >= 0) continue;
        best = listed;
        bucketFor.set(listed.place, bucket);
      }
      return best === undefined ? undefined : probe.packing.problem.existing[best.place];
    },
    offer: (node) => {
      const bucket = bucketFor.get(node.id);
      if (bucket === undefined || bucket.list.best()?.place !== node.id) return;
      bucket.list.remove(bucket.list.listed.length - 1);
      list(bucket, node);
    },
  };
}

function bucketsOf(probe: Probe, { nodes, pods }: { readonly nodes: readonly ExistingNode[]; readonly pods: number }): readonly Bucket[] {
  const { keys } = probe.topology;
  const max = Math.min(pods, shortlistMax);
  const open = (members: readonly ExistingNode[], values: Bucket["values"]): Bucket => ({
    ...{ values, nodes: members, list: shortlist(max), isFilled: false },
  });
  if (keys.length === 0) return nodes.length === 0 ? [] : [open(nodes, [])];
  const groups = new Map<string, ExistingNode[]>();
  for (const node of nodes) {
    const name = keys.map((key) => node.value(key) ?? "").join("\n");
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [node]);
    else group.push(node);
  }
  return [...groups.values()].map((group) =>
    open(
      group,
      keys.map((key) => ({ key, domain: group[0]?.value(key) })),
    ),
  );
}

/** How many Pods that the class wishes to keep away from are in the bucket's domains. */
function crowdOf({ topology }: Probe, { values }: Bucket): number {
  let crowd = 0;
  for (const { key, domain } of values) {
    if (domain !== undefined && (topology.byKey.get(key)?.wishes.length ?? 0) > 0) crowd += crowding(topology, { key, domain });
  }
  return crowd;
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
  { problem, usedExisting }: Packing,
  { podClass, node }: { readonly podClass: PodClass; readonly node: ExistingNode },
): boolean {
  return holds(node.free, usedExisting[node.id] ?? [], vectorFor(problem, podClass));
}
