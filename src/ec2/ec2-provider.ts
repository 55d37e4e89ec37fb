/**
 * The provider on EC2: one fleet of one instance for each NodeClaim.
 *
 * Reads EC2NodeClasses from the snapshot and EC2 itself. Returns a CloudProvider. Every instance is found again by its tags
 * (cluster and NodeClaim), and by its id once its claim says it, so nothing has to be remembered; what is cached here only
 * spares calls.
 */
import type { Instance } from "@aws-sdk/client-ec2";
import type { ApiClient } from "../api/api-client.ts";
import { awsLabelDomain, clusterNameTag, nodeClaimTag, nodePoolTag, type PlatformNames } from "../api/labels.ts";
import type { CloudInstance, CloudProvider, Clock, InstanceReference, NodeClassReference } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import type { Ec2InstanceFacts } from "../catalog/ec2-facts.ts";
import type { Prices } from "../catalog/prices.ts";
import { classTypeLists, type ReadyClass } from "./class-type-list.ts";
import type { ClusterIdentity } from "./cluster-identity.ts";
import type { Ec2Calls } from "./ec2-calls.ts";
import { failureText } from "./errors.ts";
import { instanceIDOf, keptRequest, launch, providerIDOf, send } from "./launch.ts";
import type { NodeClassDesk } from "./node-class-desk.ts";
import type { NodeClassTrouble } from "./node-class-resources.ts";
import type { LivePrices } from "./prices.ts";
import type { LiveQuotas } from "./quotas.ts";
import { unavailableOfferings, type UnavailableOfferings } from "./unavailable-offerings.ts";

export interface Ec2ProviderOptions {
  readonly client: Pick<ApiClient, "patch">;
  readonly snapshot: () => ClusterSnapshot;
  readonly clock: Clock;
  readonly names: PlatformNames;
  readonly cluster: ClusterIdentity;
  /** Such as ec2Calls({ region, endpoint }). */
  readonly ec2: Ec2Calls;
  /** What EC2NodeClasses select. */
  readonly nodeClasses: NodeClassDesk;
  /** Default: the dated table. */
  readonly prices?: Prices;
  /** Count before `prices`. */
  readonly livePrices?: LivePrices;
  /** Default: no quota is known. */
  readonly quotas?: LiveQuotas;
  /** What can't be had just now, shared with whoever hears of it; default: its own. */
  readonly unavailable?: UnavailableOfferings;
  /** Default: every type of the recording. */
  readonly facts?: readonly Ec2InstanceFacts[];
}

interface Provider extends Ec2ProviderOptions {
  readonly unavailable: UnavailableOfferings;
}

type InstanceFilter = { readonly Name: string; readonly Values: string[] };

/** Makes the provider; EC2 is first called when something is asked of it. */
export function ec2Provider(options: Ec2ProviderOptions): CloudProvider {
  const provider: Provider = {
    ...options,
    // Launches, refusals and subnets are heard of as they pass.
    ec2: options.quotas?.listening(options.ec2) ?? options.ec2,
    unavailable: options.unavailable ?? unavailableOfferings(options.clock),
  };
  const typesOf = classTypeLists(provider);
  return {
    name: "ec2",
    serves: ({ group, kind }) => group === awsLabelDomain && kind === "EC2NodeClass",
    instanceTypes: async (reference) => {
      const ready = await readyNodeClass(provider, reference);
      return ready.ok ? typesOf(ready.value) : err(ready.error.message);
    },
    create: async (nodeClaim, candidates) => {
      // What may have been sent is sent again before anything else is asked: the NodeClass may be another by now.
      const kept = keptRequest(nodeClaim, provider.names);
      if (kept !== undefined) return send(provider, kept);
      const ready = await readyNodeClass(provider, nodeClaim.spec.nodeClassRef);
      return ready.ok ? launch(provider, { nodeClaim, candidates, ...ready.value }) : ready.error;
    },
    get: async (reference) => {
      const found = await find(provider, reference);
      return found.ok ? ok(found.value.find(({ state }) => state !== "terminated") ?? found.value[0]) : found;
    },
    list: () => list(provider, []),
    delete: (reference) => end(provider, reference),
  };
}

/** The NodeClass and what it selects. A snapshot that has not listed NodeClasses yet says nothing about this one. */
async function readyNodeClass(provider: Provider, { name }: NodeClassReference): Promise<Result<ReadyClass, NodeClassTrouble>> {
  const snapshot = provider.snapshot();
  const nodeClass = snapshot.get("EC2NodeClass", { namespace: "", name });
  if (!snapshot.knows("EC2NodeClass")) return err({ kind: "failed", message: "EC2NodeClasses have not been listed yet" });
  if (nodeClass === undefined) return err({ kind: "node-class-not-ready", message: `EC2NodeClass "${name}" does not exist` });
  const resources = await provider.nodeClasses.resources(nodeClass);
  return resources.ok ? ok({ nodeClass, resources: resources.value }) : resources;
}

/** Every instance of a claim: by its id once that is known, whatever became of its tags, and by its tag. */
async function find(provider: Provider, { nodeClaim, providerID }: InstanceReference): Promise<Result<readonly CloudInstance[], string>> {
  const instanceID = providerID === undefined ? undefined : instanceIDOf(providerID);
  const byID = instanceID === undefined ? ok([]) : await described(provider, [{ Name: "instance-id", Values: [instanceID] }]);
  if (!byID.ok || nodeClaim === undefined) return byID;
  const byTag = await list(provider, [{ Name: `tag:${nodeClaimTag}`, Values: [nodeClaim] }]);
  if (!byTag.ok) return byTag;
  const known = new Set(byID.value.map((instance) => instance.providerID));
  return ok([...byID.value, ...byTag.value.filter((instance) => !known.has(instance.providerID))]);
}

function list(provider: Provider, filters: readonly InstanceFilter[]): Promise<Result<readonly CloudInstance[], string>> {
  return described(provider, [{ Name: `tag:${clusterNameTag}`, Values: [provider.cluster.name] }, ...filters]);
}

async function described({ ec2 }: Provider, filters: readonly InstanceFilter[]): Promise<Result<readonly CloudInstance[], string>> {
  const found = await ec2.instances({ Filters: [...filters] });
  return found.ok ? ok(found.value.flatMap(toCloudInstance)) : err(failureText(found.error));
}

async function end(provider: Provider, reference: InstanceReference): Promise<Result<"terminating" | "gone", string>> {
  const found = await find(provider, reference);
  if (!found.ok) return found;
  const left = found.value.filter(({ state }) => state !== "terminated");
  if (left.length === 0) return ok("gone");
  const ids = left.flatMap(({ state, providerID }) => (state === "shutting-down" ? [] : (instanceIDOf(providerID) ?? [])));
  if (ids.length === 0) return ok("terminating");
  const ended = await provider.ec2.terminate(ids);
  if (ended.ok) return ok("terminating");
  return ended.error.kind === "not-found" ? ok("gone") : err(failureText(ended.error));
}

function toCloudInstance({
  InstanceId,
  InstanceType,
  Placement,
  State,
  Tags,
  LaunchTime,
  InstanceLifecycle,
}: Instance): readonly CloudInstance[] {
  if (InstanceId === undefined) return [];
  const zone = Placement?.AvailabilityZone ?? "";
  const nodeClaim = Tags?.find(({ Key }) => Key === nodeClaimTag)?.Value;
  const nodePool = Tags?.find(({ Key }) => Key === nodePoolTag)?.Value;
  return [
    {
      providerID: providerIDOf({ zone, instanceID: InstanceId }),
      ...(nodeClaim === undefined ? {} : { nodeClaim }),
      ...(nodePool === undefined ? {} : { nodePool }),
      instanceType: InstanceType ?? "",
      zone,
      capacityType: InstanceLifecycle === "spot" ? "spot" : "on-demand",
      state: stateOf(State?.Name),
      ...(LaunchTime === undefined ? {} : { launchedAt: LaunchTime.getTime() }),
    },
  ];
}

/** A stopped instance still exists and is still to be ended, like a running one. */
function stateOf(name: string | undefined): CloudInstance["state"] {
  if (name === "pending" || name === "shutting-down" || name === "terminated") return name;
  return "running";
}
