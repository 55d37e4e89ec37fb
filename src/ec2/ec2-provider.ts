/**
 * The provider on EC2: one instance for each NodeClaim, bought by fleets.
 *
 * Reads EC2NodeClasses from the snapshot and EC2 itself. Returns a CloudProvider. Every instance is found again by its tags
 * (cluster and NodeClaim), and by its id once its claim says it, so nothing has to be remembered; what is cached here only
 * spares calls.
 */
import type { ApiClient } from "../api/api-client.ts";
import { awsLabelDomain, clusterNameTag, nodeClaimTag, nodePoolTag, type PlatformNames } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { CloudInstance, CloudProvider, Clock, InstanceReference, JoinFailure, NodeClassReference } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import type { Ec2InstanceFacts } from "../catalog/ec2-facts.ts";
import type { Prices } from "../catalog/prices.ts";
import { classTypeLists, type ReadyClass } from "./class-type-list.ts";
import type { ClusterIdentity } from "./cluster-identity.ts";
import type { Ec2Calls } from "./ec2-calls.ts";
import { failureText } from "./errors.ts";
import { launchDiagnosis } from "./launch-diagnosis.ts";
import { launchRecordOf } from "./launch-attempt.ts";
import { launcher, type Launcher } from "./launch.ts";
import { dependantOf } from "./launch-lead.ts";
import { instanceIDOf, providerIDOf } from "./launch-outcome.ts";
import { ownedInstances, type OwnedInstance } from "./launch-owners.ts";
import { templateStore, type TemplateStore } from "./launch-templates.ts";
import { hiddenMaxMs, instanceFor } from "./live-attempt.ts";
import type { NodeClassDesk } from "./node-class-desk.ts";
import type { NodeClassTrouble } from "./node-class-resources.ts";
import type { LivePrices } from "./prices.ts";
import type { LiveQuotas } from "./quotas.ts";
import { unavailableOfferings, type UnavailableOfferings } from "./unavailable-offerings.ts";

export interface Ec2ProviderOptions {
  readonly client: Pick<ApiClient, "get" | "list" | "patch">;
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
  readonly livePrices?: Pick<LivePrices, "current">;
  /** Default: no quota is known. */
  readonly quotas?: LiveQuotas;
  /** What can't be had just now, shared with whoever hears of it; default: its own. */
  readonly unavailable?: UnavailableOfferings;
  /** Default: every type of the recording. */
  readonly facts?: readonly Ec2InstanceFacts[];
  /** The launch templates that stand, shared with who deletes them; default: its own. */
  readonly templates?: TemplateStore;
}

interface Provider extends Ec2ProviderOptions {
  readonly unavailable: UnavailableOfferings;
  readonly launcher: Launcher;
}

type InstanceFilter = { readonly Name: string; readonly Values: string[] };

/** Makes the provider; EC2 is first called when something is asked of it. */
export function ec2Provider(options: Ec2ProviderOptions): CloudProvider {
  // Launches, refusals and subnets are heard of as they pass.
  const ec2 = options.quotas?.listening(options.ec2) ?? options.ec2;
  const unavailable = options.unavailable ?? unavailableOfferings(options.clock);
  const templates = options.templates ?? templateStore(options);
  const provider: Provider = {
    ...options,
    ec2,
    unavailable,
    launcher: launcher({ ...options, ec2, unavailable, templates }),
  };
  const typesOf = classTypeLists(provider);
  return {
    name: "ec2",
    serves: ({ group, kind }) => group === awsLabelDomain && kind === "EC2NodeClass",
    instanceTypes: async (reference) => {
      const ready = await readyNodeClass(provider, reference);
      return ready.ok ? typesOf(ready.value) : err(ready.error.message);
    },
    create: (nodeClaim, candidates) =>
      provider.launcher.launch({ nodeClaim, candidates, ready: () => readyNodeClass(provider, nodeClaim.spec.nodeClassRef) }),
    get: (reference) => get(provider, reference),
    list: () => list(provider, []),
    delete: (reference) => end(provider, reference),
    whyNotJoined: (reference) => whyNotJoined(provider, reference),
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

/** The instance of a claim, which is not said to be gone as long as another claim of its launch needs the claim. */
async function get(provider: Provider, reference: InstanceReference): Promise<Result<CloudInstance | undefined, string>> {
  const found = await find(provider, reference);
  if (!found.ok) return found;
  const standing = found.value.find(({ state }) => state !== "terminated");
  if (standing !== undefined) return ok(standing);
  const free = await freeOfLaunch(provider, reference.nodeClaim);
  return free.ok ? ok(found.value[0]) : free;
}

/** A launch of several claims binds them until each has its instance, or has none to expect. */
async function freeOfLaunch(provider: Provider, name: string | undefined): Promise<Result<void, string>> {
  const { launcher: launches, names } = provider;
  const snapshot = provider.snapshot();
  const claim = name === undefined ? undefined : snapshot.get("NodeClaim", { namespace: "", name });
  if (claim === undefined || isAnsweredMember(claim, names)) return ok(undefined);
  const live = await launches.attemptOf(claim);
  if (!live.ok || live.value === undefined) return live.ok ? ok(undefined) : live;
  const dependant = dependantOf(live.value, claim, { nodeClaims: snapshot.list("NodeClaim"), names });
  if (dependant === undefined) return ok(undefined);
  return err(`NodeClaim "${dependant}" is of the same launch, and still needs what NodeClaim "${claim.metadata.name ?? ""}" keeps of it`);
}

/** Who got an instance knows the answer, and who only points to the attempt keeps nothing for others. */
function isAnsweredMember(claim: NodeClaim, names: PlatformNames): boolean {
  const record = launchRecordOf(claim, names);
  return Boolean(claim.status?.providerID) && !(record.ok && record.value?.kind === "attempt");
}

/** Every instance of a claim: by its id once that is known, whatever became of its tags, and by its tag. */
async function find(provider: Provider, { nodeClaim, providerID }: InstanceReference): Promise<Result<readonly CloudInstance[], string>> {
  const instanceID = providerID === undefined ? undefined : instanceIDOf(providerID);
  const byID = instanceID === undefined ? ok([]) : await described(provider, [{ Name: "instance-id", Values: [instanceID] }]);
  if (!byID.ok || nodeClaim === undefined) return byID;
  const byTag = await list(provider, [{ Name: `tag:${nodeClaimTag}`, Values: [nodeClaim] }]);
  if (!byTag.ok) return byTag;
  const known = new Set(byID.value.map((instance) => instance.providerID));
  const found = [...byID.value, ...byTag.value.filter((instance) => !known.has(instance.providerID))];
  return found.length > 0 ? ok(found) : findByLaunch(provider, nodeClaim);
}

/** What a claim's last attempt may have left, though neither its id nor its name shows it (yet). */
async function findByLaunch(provider: Provider, name: string): Promise<Result<readonly CloudInstance[], string>> {
  const { launcher: launches, clock, names } = provider;
  const claim = provider.snapshot().get("NodeClaim", { namespace: "", name });
  const attempt = claim === undefined ? ok(undefined) : await launches.attemptOf(claim);
  if (!attempt.ok) return attempt;
  if (claim === undefined || attempt.value === undefined) return ok([]);
  const { request, members, at } = attempt.value.attempt;
  const own = instanceFor(attempt.value, claim);
  if (attempt.value.answer !== undefined && own === undefined) return ok([]);
  const launched = await list(provider, [{ Name: `tag:${names.launchTag}`, Values: [request.ClientToken] }]);
  if (!launched.ok) return launched;
  const index = members.findIndex(({ uid }) => uid === claim.metadata.uid);
  const all = launched.value.toSorted((a, b) => ((instanceIDOf(a.providerID) ?? "") < (instanceIDOf(b.providerID) ?? "") ? -1 : 1));
  const inOrder = all.length === members.length ? all[index] : undefined;
  const mine = own === undefined ? inOrder : all.find(({ providerID }) => providerID === providerIDOf(own));
  if (mine !== undefined) return ok([mine]);
  if (clock.now() - at >= hiddenMaxMs) return ok([]);
  return err(`NodeClaim "${name}" was launched a moment ago, and EC2 does not show the instance yet`);
}

function list(provider: Provider, filters: readonly InstanceFilter[]): Promise<Result<readonly CloudInstance[], string>> {
  return described(provider, [{ Name: `tag:${clusterNameTag}`, Values: [provider.cluster.name] }, ...filters]);
}

async function described(provider: Provider, filters: readonly InstanceFilter[]): Promise<Result<readonly CloudInstance[], string>> {
  const found = await provider.ec2.instances({ Filters: [...filters] });
  if (!found.ok) return err(failureText(found.error));
  const owned = await ownedInstances(provider, { instances: found.value, nodeClaims: provider.snapshot().list("NodeClaim") });
  return owned.ok ? ok(owned.value.flatMap((one) => toCloudInstance(one, provider.cluster))) : owned;
}

async function whyNotJoined(provider: Provider, reference: InstanceReference): Promise<Result<JoinFailure, string>> {
  const found = await find(provider, reference);
  if (!found.ok) return found;
  const instanceID = instanceIDOf(found.value[0]?.providerID ?? "");
  return instanceID === undefined
    ? ok({ cause: "unknown", message: "EC2 has no instance of the NodeClaim" })
    : launchDiagnosis(provider.ec2, instanceID);
}

async function end(provider: Provider, reference: InstanceReference): Promise<Result<"terminating" | "gone", string>> {
  const found = await find(provider, reference);
  if (!found.ok) return found;
  const left = found.value.filter(({ state }) => state !== "terminated");
  if (left.length === 0) return ok("gone");
  const running = left.filter(({ state }) => state !== "shutting-down");
  const foreign = running.find(({ isForeign }) => isForeign === true);
  if (foreign !== undefined) return err(foreignText(foreign, provider.cluster));
  const ids = running.flatMap(({ providerID }) => instanceIDOf(providerID) ?? []);
  if (ids.length === 0) return ok("terminating");
  const ended = await provider.ec2.terminate(ids);
  if (ended.ok) return ok("terminating");
  if (ended.error.kind !== "not-found") return err(failureText(ended.error));
  // What was shown a moment ago and is not known now: the next look says which. One unknown id fails a call for all of them.
  for (const id of ids.length > 1 ? ids : []) {
    const alone = await provider.ec2.terminate([id]);
    if (!alone.ok && alone.error.kind !== "not-found") return err(failureText(alone.error));
  }
  return ok("terminating");
}

function foreignText({ providerID }: CloudInstance, { name }: ClusterIdentity): string {
  const id = instanceIDOf(providerID) ?? providerID;
  return `instance ${id} has no tag ${clusterNameTag}=${name}: it is not ended; tag it if it is this cluster's, or end it by hand`;
}

function toCloudInstance({ instance, nodeClaim }: OwnedInstance, cluster: ClusterIdentity): readonly CloudInstance[] {
  const { InstanceId, InstanceType, Placement, State, LaunchTime, InstanceLifecycle, CapacityReservationId } = instance;
  if (InstanceId === undefined) return [];
  const zone = Placement?.AvailabilityZone ?? "";
  const tagOf = (tag: string) => instance.Tags?.find(({ Key }) => Key === tag)?.Value;
  const nodePool = tagOf(nodePoolTag);
  return [
    {
      providerID: providerIDOf({ zone, instanceID: InstanceId }),
      ...(nodeClaim === undefined ? {} : { nodeClaim }),
      ...(nodePool === undefined ? {} : { nodePool }),
      instanceType: InstanceType ?? "",
      zone,
      capacityType: InstanceLifecycle === "spot" ? "spot" : CapacityReservationId === undefined ? "on-demand" : "reserved",
      state: stateOf(State?.Name),
      ...(Placement?.PartitionNumber === undefined ? {} : { partition: String(Placement.PartitionNumber) }),
      ...(tagOf(clusterNameTag) === cluster.name ? {} : { isForeign: true }),
      ...(LaunchTime === undefined ? {} : { launchedAt: LaunchTime.getTime() }),
    },
  ];
}

/** A stopped instance still exists and is still to be ended, like a running one. */
function stateOf(name: string | undefined): CloudInstance["state"] {
  if (name === "pending" || name === "shutting-down" || name === "terminated") return name;
  return "running";
}
