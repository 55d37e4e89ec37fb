/**
 * The world of a plan: what the solver is asked by `plimsoll plan`, `why` and `whatif`.
 *
 * Reads policies, manifests, and where it is asked to the cluster of a kubeconfig or a snapshot of one in a file. Returns the
 * solver's input. Files alone are planned on an empty cluster: every replica counts. Over a cluster or a snapshot, nodes and
 * NodeClaims keep their Pods, and the Pods that wait, or are yet to come of what the files change, need a place.
 */
import type { InstanceType } from "../api/instance-type.ts";
import { zoneLabel, type PlatformNames } from "../api/labels.ts";
import type { KubeObject } from "../api/object.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import type { Ec2InstanceFacts } from "../catalog/ec2-facts.ts";
import { catalogInstanceTypes } from "../catalog/instance-types.ts";
import { poolTypes } from "../catalog/pool-types.ts";
import { areZonesNamed, zonesOfNodePools } from "../catalog/zones.ts";
import { controllerOf } from "../kube/owner.ts";
import { snapshotOf } from "../kube/snapshot-of.ts";
import { workloadOf, type Workload } from "../kube/workload.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import type { ContractWorld } from "../policies/profile/workload-contract.ts";
import { bufferDemand } from "../provisioner/buffer-demand.ts";
import { daemonSetPods } from "../provisioner/daemon-set-pods.ts";
import { withDefaultSpread } from "../provisioner/default-spread.ts";
import { laterText, podDemand, workloadDemand, workloadKey, type LaterPods, type PodDemand } from "../provisioner/demand.ts";
import { quotaRoom } from "../kube/quota-room.ts";
import { planSettingsOf, solverSettings, type PlanSettings } from "../provisioner/plan-settings.ts";
import { nodeStates } from "../provisioner/scheduling/node-state.ts";
import { boundOnPaper, volumeWorld } from "../provisioner/scheduling/pod-volumes.ts";
import type { SolveInput } from "../provisioner/scheduling/solve.ts";
import { unsupportedPool } from "../provisioner/scheduling/unsupported.ts";
import { losing, madeAgain, type LostZones } from "./lost-zones.ts";
import { readOffline, type OfflineInput, type OfflineRequest } from "./offline.ts";
import { readCatalogFile, readSnapshotFile } from "./plan-files.ts";
import { planKinds } from "./plan-kinds.ts";
import { isSuspended, planNotes } from "./plan-notes.ts";
import { planPrices } from "./plan-prices.ts";
import { readPriceFiles, type PriceFiles } from "./price-files.ts";
import type { ProgramSurroundings } from "./surroundings.ts";
import { laidOver, readCluster } from "./with-cluster.ts";

/** The options that say what a plan is made of. */
export interface PlanOptions extends PriceFiles, Omit<PlanSettings, "preferencePolicy"> {
  readonly cluster?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly snapshot?: string;
  readonly nodepools?: string;
  readonly catalog?: string;
  /** Default: Score. */
  readonly preferences?: PlanSettings["preferencePolicy"];
}

export interface PlanWorldRequest extends OfflineRequest, PlanOptions, Pick<ProgramSurroundings, "env"> {}

export interface PlanWorld {
  readonly input: SolveInput;
  /** Pods that the plan leaves out, since one plan takes no more. */
  readonly later: readonly LaterPods[];
  /** True where something of what was read is wrong: it was told, and the rest is planned. */
  readonly isFlawed: boolean;
  /** The same with every profile compiled as while these zones are lost. */
  readonly withoutZones: (zones: readonly string[]) => LostZones;
}

/** Reads what a plan is made of, and tells what is wrong; undefined where there is nothing to go on. */
export async function readPlanWorld(request: PlanWorldRequest): Promise<PlanWorld | undefined> {
  const isOver = request.cluster === true || request.snapshot !== undefined;
  if (request.paths.length === 0 && !isOver) {
    request.stderr.write("no manifests: name files with workloads and NodePools, or use --cluster or --snapshot FILE\n");
    return undefined;
  }
  const files = await readOffline({ ...request, mayBeEmpty: isOver });
  const standing = await readStanding(request);
  const pools = request.nodepools === undefined ? undefined : await readPools(request, request.nodepools);
  const facts = request.catalog === undefined ? undefined : readCatalogFile(request.catalog);
  if (facts?.ok === false) request.stderr.write(`${facts.error}\n`);
  const { policySet, names } = files;
  if (policySet === undefined || standing === undefined || facts?.ok === false) return undefined;
  const written = files.manifests.map(({ object }) => object);
  const objects = withPools(isOver ? laidOver(standing.objects, written).map(identified) : written, pools?.objects);
  const snapshot = snapshotOf(objects, names.domain);
  if (snapshot.list("NodePool").length === 0) {
    const isRefused = files.problems.some((problem) => problem.includes(": NodePool "));
    const why = isRefused ? "every NodePool among the files is refused, as told above" : noPoolText(request);
    request.stderr.write(`note: ${why}, so no node can be planned\n`);
  }
  const offer = offerOf(request, { snapshot, ...(facts === undefined ? undefined : { facts: facts.value }) });
  if (offer === undefined) return undefined;
  const { instanceTypes } = offer;
  if (!instanceTypes.some(({ offerings }) => offerings.length > 0))
    request.stderr.write("note: no price is known of any type of the catalog, so no node can be planned\n");
  const settings = planSettingsOf({ ...request, preferencePolicy: request.preferences });
  const world = { ...offer, snapshot, policySet, names, settings };
  for (const note of planNotes(world, isOver ? written : objects)) request.stderr.write(`note: ${note}\n`);
  const over = isOver ? written : undefined;
  const demand = demandOf(world, over);
  for (const { workload, count } of demand.later) request.stderr.write(`note: ${workloadKey(workload)}: ${laterText(count)}\n`);
  const input = inputOf(world, demand, over);
  const withoutZones = (zones: readonly string[]): LostZones => {
    const after = objects.map((object) => losing(object, zones));
    const lost = { ...world, snapshot: snapshotOf(after, names.domain) };
    return {
      input: inputOf(lost, demandOf(lost, over), over),
      madeAgain: (pod) => madeAgain(pod, lost),
      spreadOut: (pods) => spreadOut(lost, pods),
    };
  };
  const isFlawed = files.problems.length > 0 || standing.isFlawed || pools?.isFlawed === true;
  // What could not be read may be all that needs a place: a plan of no node would look like an answer.
  return isFlawed && input.pods.length === 0 ? undefined : { input, later: demand.later, isFlawed, withoutZones };
}

function noPoolText({ nodepools }: PlanOptions): string {
  return nodepools === undefined ? "no NodePool among the files" : `${nodepools}: holds no NodePool`;
}

/** What is offered: the catalogue's types, by which Pods are compiled, and those that each pool may launch. */
type PlanOffer = Pick<ContractWorld, "instanceTypes"> & { readonly typesOfPools: ReadonlyMap<string, readonly InstanceType[]> };
type OfferedWorld = ContractWorld & PlanOffer & { readonly settings?: PlanSettings };

/** Finds what is offered, and tells what of it can't be; undefined where prices can't be read. */
function offerOf(
  request: PlanWorldRequest,
  { snapshot, facts }: { readonly snapshot: ClusterSnapshot; readonly facts?: readonly Ec2InstanceFacts[] },
): PlanOffer | undefined {
  const zones = zonesOf(snapshot);
  const prices = readPriceFiles(request, zones);
  if (!prices.ok) {
    for (const error of prices.error) request.stderr.write(`${error}\n`);
    return undefined;
  }
  const sold = { zones, ...(facts === undefined ? undefined : { facts }) };
  const { prices: used, notes } = prices.value === undefined ? planPrices({ snapshot, ...sold }) : { prices: prices.value, notes: [] };
  for (const note of notes) request.stderr.write(`note: ${note}\n`);
  const catalog = { ...sold, prices: used };
  const instanceTypes = catalogInstanceTypes(catalog);
  const pools = poolTypes({ snapshot, instanceTypes, ...catalog });
  const refused = snapshot.list("NodePool").flatMap((pool) => {
    const reason = unsupportedPool(pool);
    return reason === undefined ? [] : [`NodePool "${pool.metadata.name ?? ""}": ${reason}`];
  });
  const known = new Set(instanceTypes.map(({ name }) => name));
  const unknown = (prices.value?.ratedTypes ?? []).filter((name) => !known.has(name));
  const rated = unknown.map((name) => `${request.rateCard ?? ""}: has a rate of ${name}, and the catalog has no such type`);
  for (const problem of [...rated, ...pools.problems, ...refused]) request.stderr.write(`note: ${problem}\n`);
  return { instanceTypes, typesOfPools: pools.instanceTypes };
}

type Demand = Pick<PodDemand, "pods" | "later">;

/** What files add to a cluster, or undefined where they are all there is. */
type WrittenOver = readonly KubeObject[] | undefined;

function demandOf(world: OfferedWorld, over: WrittenOver): Demand {
  return over === undefined ? emptyClusterDemand(world) : demandOver(world, over);
}

function inputOf(world: OfferedWorld, demand: Demand, over: WrittenOver): SolveInput {
  return over === undefined ? emptyClusterInput(world, demand) : inputOver(world, demand);
}

/** All workloads and CapacityBuffers of a snapshot, as if no node existed. */
function emptyClusterDemand(world: OfferedWorld): Demand {
  const wanted = plannedWorkloads(world.snapshot).map((workload) => ({ workload, count: workload.replicas }));
  const { pods, later } = workloadDemand(world, wanted);
  return {
    pods: [...pods, ...bufferDemand(world, { room: quotaRoom(world.snapshot, 0), now: 0 }).flatMap((buffer) => buffer.pods)],
    later,
  };
}

function emptyClusterInput(world: OfferedWorld, { pods }: Demand): SolveInput {
  return { ...sharedInput(world), pods: spreadOut(world, pods), nodes: [] };
}

/** A CronJob of the files counts as one of its runs, and a suspended Job of theirs as if it ran. */
function demandOver(world: OfferedWorld, written: readonly KubeObject[]): Demand {
  const demand = podDemand({ ...world, memory: new Map(), now: 0, isOnPaper: true });
  const runs = written.flatMap((object) => {
    const workload = object.kind === "CronJob" || isSuspended(object) ? workloadOf(object) : undefined;
    return workload === undefined ? [] : [{ workload, count: workload.replicas }];
  });
  const { pods, later } = workloadDemand(world, runs);
  return { pods: [...demand.pods, ...pods], later: [...demand.later, ...later] };
}

function spreadOut({ snapshot, settings }: OfferedWorld, pods: Demand["pods"]): Demand["pods"] {
  return withDefaultSpread(pods, { snapshot, defaults: settings?.schedulerConfig });
}

/** Nodes keep what runs on them. */
function inputOver(world: OfferedWorld, { pods: wanting }: Demand): SolveInput {
  const { snapshot, names } = world;
  const shared = sharedInput(world);
  const [nodes, nodeClaims, pods] = [snapshot.list("Node"), snapshot.list("NodeClaim"), snapshot.list("Pod")];
  return {
    ...shared,
    pods: spreadOut(world, wanting),
    nodes: nodeStates({ nodes, nodeClaims, pods, instanceTypes: shared.instanceTypes, names, csiNodes: snapshot.list("CSINode") }),
  };
}

function sharedInput(world: OfferedWorld): Omit<SolveInput, "pods" | "nodes"> {
  const { snapshot, typesOfPools, settings = {} } = world;
  const nodePools = snapshot.list("NodePool");
  const volumes = boundOnPaper(volumeWorld(snapshot));
  // Files that say nothing of storage are about Pods alone: their volumes will be made where they come to run.
  const isSilent = volumes.classes.length + volumes.volumes.length + volumes.claims.length === 0;
  return {
    nodePools,
    ...(isSilent ? {} : { volumes }),
    instanceTypes: typesOfPools,
    daemonSets: daemonSetPods(world, settings),
    ...solverSettings(settings),
    namespaces: new Map(snapshot.list("Namespace").map(({ metadata }) => [metadata.name ?? "", metadata.labels ?? {}])),
  };
}

const plannedKinds = ["CronJob", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet"] as const;

/** What somebody wrote, not what a controller made of it; a CronJob counts as one of its runs. */
function plannedWorkloads(snapshot: ClusterSnapshot): readonly Workload[] {
  return plannedKinds.flatMap((kind) =>
    snapshot.list(kind).flatMap((object) => (controllerOf(object) === undefined ? (workloadOf(object) ?? []) : [])),
  );
}

interface Standing {
  readonly objects: readonly KubeObject[];
  readonly isFlawed: boolean;
}

/** What stands there already: of the cluster, of the snapshot, or nothing. */
async function readStanding(request: PlanWorldRequest): Promise<Standing | undefined> {
  if (request.snapshot !== undefined) return soundOf(await readSnapshotFile(request, request.snapshot));
  if (request.cluster !== true) return { objects: [], isFlawed: false };
  const cluster = await readCluster({ ...request, alsoRead: planKinds });
  if (!cluster.ok) {
    request.stderr.write(`${cluster.error}\n`);
    return undefined;
  }
  for (const note of cluster.value.notes) request.stderr.write(`note: ${note}\n`);
  return { objects: cluster.value.objects, isFlawed: false };
}

async function readPools(request: PlanWorldRequest, path: string): Promise<Standing | undefined> {
  return soundOf(await readOffline({ ...request, paths: [path], mayBeEmpty: false }));
}

function soundOf({ manifests, problems }: Pick<OfflineInput, "manifests" | "problems">): Standing {
  return { objects: manifests.map(({ object }) => object), isFlawed: problems.length > 0 };
}

const poolKinds: ReadonlySet<string> = new Set(["NodePool", "EC2NodeClass", "NodeClass", "NodeOverlay"]);

/** The pools of a file of their own take the place of all others, their classes that of classes of the same name. */
function withPools(objects: readonly KubeObject[], pools: readonly KubeObject[] | undefined): readonly KubeObject[] {
  if (pools === undefined) return objects;
  const own = pools.filter(({ kind }) => poolKinds.has(kind));
  return laidOver(
    objects.filter(({ kind }) => kind !== "NodePool"),
    own,
  );
}

/** What a file adds has no uid yet; owners are found by it, so it gets one that no API server gives. */
function identified(object: KubeObject): KubeObject {
  const { uid, namespace = "", name = "" } = object.metadata;
  return uid === undefined ? { ...object, metadata: { uid: `file:${object.kind}/${namespace}/${name}`, ...object.metadata } } : object;
}

/** The zones that NodePools name; else those of the nodes that are there, else the catalog's own. */
function zonesOf(snapshot: ClusterSnapshot): readonly string[] {
  const pools = snapshot.list("NodePool");
  const known = new Set(snapshot.list("Node").flatMap(({ metadata }) => metadata.labels?.[zoneLabel] ?? []));
  return areZonesNamed(pools) || known.size === 0 ? zonesOfNodePools(pools) : [...known].sort();
}

/** Returns the solver's input for a snapshot of files, by the catalog's types: what the command plans without options. */
export function fileInput(world: {
  readonly snapshot: ClusterSnapshot;
  readonly policySet: PolicySet;
  readonly names: PlatformNames;
}): SolveInput {
  const zones = zonesOf(world.snapshot);
  const instanceTypes = catalogInstanceTypes({ zones });
  const typesOfPools = poolTypes({ snapshot: world.snapshot, instanceTypes, zones }).instanceTypes;
  const offered = { ...world, instanceTypes, typesOfPools };
  return emptyClusterInput(offered, emptyClusterDemand(offered));
}
