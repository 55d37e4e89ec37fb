/**
 * The provider without a cloud: its instances are Nodes that it makes itself (kwok-join.ts), each run by a fake kubelet.
 *
 * Reads the snapshot and a list of instance types, which an EC2NodeClass of the cluster narrows. `create` only chooses; the choice is written on the NodeClaim by the
 * caller, and the Node follows from it. So there is nothing to remember: instances are the Nodes, and the launched claims
 * whose Node is still to join. Chosen as the provider, it serves every NodeClass.
 */
import type { ApiClient } from "../api/api-client.ts";
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import type { InstanceType, Offering } from "../api/instance-type.ts";
import {
  archLabel,
  awsLabelDomain,
  capacityTypeLabel,
  instanceTypeLabel,
  nodePoolLabel,
  osLabel,
  regionLabel,
  zoneLabel,
} from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Node } from "../api/node.ts";
import type { CloudInstance, CloudProvider, InstanceReference, LaunchOutcome, NodeClassReference } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { classInstanceTypes } from "../catalog/class-types.ts";
import type { Prices } from "../catalog/prices.ts";
import { reservationLabels } from "../catalog/reservation-labels.ts";
import { regionOfZone, zonesOfNodePools } from "../catalog/zones.ts";
import { decidedLabels, requirementsOf } from "../kube/requirements.ts";
import { isOn, kwokInstanceName, kwokProviderID, switchOffPatch } from "./kwok-node.ts";

export interface KwokProviderOptions {
  readonly client: Pick<ApiClient, "patch">;
  readonly snapshot: () => ClusterSnapshot;
  /** What can be bought now, such as catalogInstanceTypes(…) in the zones that NodePools name. */
  readonly instanceTypes: () => readonly InstanceType[];
  /** Of the types of NodeClasses; default: the dated table. */
  readonly prices?: Prices;
}

/** Makes the provider. */
export function kwokProvider({ client, snapshot, instanceTypes, prices }: KwokProviderOptions): CloudProvider {
  const instanceOf = (reference: InstanceReference): CloudInstance | undefined => {
    const name = kwokInstanceName(reference.providerID) ?? reference.nodeClaim;
    return instancesOf(snapshot()).find(({ nodeClaim }) => nodeClaim === name);
  };
  const classTypes = rememberedClassTypes(prices === undefined ? {} : { prices });
  const typesOf = ({ group, kind, name }: NodeClassReference): Result<readonly InstanceType[], string> => {
    const now = snapshot();
    const isEc2 = group === awsLabelDomain && kind === "EC2NodeClass";
    const nodeClass = isEc2 ? now.get("EC2NodeClass", { namespace: "", name }) : undefined;
    return nodeClass === undefined ? ok(instanceTypes()) : classTypes(nodeClass, zonesOfNodePools(now.list("NodePool")));
  };
  return {
    name: "kwok",
    serves: () => true,
    instanceTypes: (reference) => Promise.resolve(typesOf(reference)),
    create: (nodeClaim, candidates) => Promise.resolve(choose(nodeClaim, candidates)),
    get: (reference) => Promise.resolve(ok(instanceOf(reference))),
    list: () => Promise.resolve(ok(instancesOf(snapshot()))),
    delete: async (reference): Promise<Result<"terminating" | "gone", string>> => {
      const instance = instanceOf(reference);
      if (instance === undefined) return ok("gone");
      const key = { namespace: "", name: instance.nodeClaim ?? "" };
      const ended = await client.patch("Node", key, { body: { kind: "merge", patch: switchOffPatch() } });
      return ended.ok || ended.error.code === 404 ? ok("gone") : err(ended.error.message ?? `Node ${key.name} was not patched`);
    },
  };
}

type ClassTypes = (nodeClass: EC2NodeClass, zones: readonly string[]) => Result<readonly InstanceType[], string>;

/** Classes that are asked about in turn are few; of others the answer is made anew. */
const classesMax = 64;

/** Returns a function that answers for the same class with the same list, until its zones are others: what is compiled of it stays true. */
function rememberedClassTypes(prices: Pick<KwokProviderOptions, "prices">): ClassTypes {
  const known = new Map<EC2NodeClass, { readonly zones: string; readonly types: ReturnType<ClassTypes> }>();
  return (nodeClass, zones) => {
    const last = known.get(nodeClass);
    if (last?.zones === zones.join()) return last.types;
    const types = classInstanceTypes({ nodeClass, zones, ...prices });
    if (known.size >= classesMax) known.clear();
    known.set(nodeClass, { zones: zones.join(), types });
    return types;
  };
}

/** Chooses the cheapest offering of the cheapest type: candidates and their offerings come cheapest first. */
function choose(claim: NodeClaim, [type]: readonly InstanceType[]): LaunchOutcome {
  const [offering] = type?.offerings ?? [];
  if (type === undefined || offering === undefined) {
    const pool = claim.metadata.labels?.[nodePoolLabel] ?? "";
    return { kind: "insufficient-capacity", message: `no instance type of NodePool "${pool}" meets the claim's requirements` };
  }
  return {
    kind: "launched",
    providerID: kwokProviderID(claim.metadata.name ?? ""),
    imageID: "kwok",
    labels: launchLabels(type, offering),
    capacity: type.capacity,
    allocatable: type.allocatable,
  };
}

/** Everything that a registered Node of this type says of itself. */
function launchLabels(type: InstanceType, { zone, capacityType, reservation }: Offering): Readonly<Record<string, string>> {
  const labels = decidedLabels(requirementsOf(type.requirements));
  return {
    [archLabel]: "amd64",
    [osLabel]: "linux",
    ...labels,
    [instanceTypeLabel]: type.name,
    [zoneLabel]: zone,
    [regionLabel]: regionOfZone(zone),
    [capacityTypeLabel]: capacityType,
    ...(reservation === undefined ? {} : reservationLabels(reservation)),
  };
}

function instancesOf(snapshot: ClusterSnapshot): readonly CloudInstance[] {
  const nodes = snapshot.list("Node").filter((node) => kwokInstanceName(node.spec?.providerID) !== undefined);
  const joined = new Set(nodes.map(({ metadata }) => metadata.name));
  const joining = snapshot.list("NodeClaim").filter((claim) => isJoining(claim) && !joined.has(claim.metadata.name));
  return [...nodes.filter(isOn).map(standing), ...joining.map(pending)];
}

/** Launched and not yet joined: started in all but the Node; a claim that is being deleted no longer joins. */
export function isJoining({ metadata, status }: NodeClaim): boolean {
  if (metadata.deletionTimestamp !== undefined || kwokInstanceName(status?.providerID) === undefined) return false;
  return !status?.nodeName;
}

function standing({ metadata, spec }: Node): CloudInstance {
  return {
    ...described(metadata.labels),
    providerID: spec?.providerID ?? "",
    nodeClaim: metadata.name ?? "",
    state: "running",
    ...launchedAt(metadata.creationTimestamp),
  };
}

function pending({ metadata, status }: NodeClaim): CloudInstance {
  return {
    ...described(metadata.labels),
    providerID: status?.providerID ?? "",
    nodeClaim: metadata.name ?? "",
    state: "pending",
    ...launchedAt(metadata.creationTimestamp),
  };
}

function described(
  labels: Readonly<Record<string, string>> = {},
): Pick<CloudInstance, "nodePool" | "instanceType" | "zone" | "capacityType"> {
  const capacityType = labels[capacityTypeLabel];
  const nodePool = labels[nodePoolLabel];
  return {
    ...(nodePool === undefined ? {} : { nodePool }),
    instanceType: labels[instanceTypeLabel] ?? "",
    zone: labels[zoneLabel] ?? "",
    capacityType: capacityType === "spot" || capacityType === "reserved" ? capacityType : "on-demand",
  };
}

function launchedAt(creationTimestamp: string | undefined): { readonly launchedAt?: number } {
  return creationTimestamp === undefined ? {} : { launchedAt: Date.parse(creationTimestamp) };
}
