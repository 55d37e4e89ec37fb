/**
 * The monitor of one run: what must never happen, and what must be true once all has settled.
 *
 * Reads every act that was done, every change of an instance and the world as it stands. Returns problems as sentences. It stands outside of
 * our code and takes nothing of it but the names of labels: what is leaked, doubled or broken is counted from EC2 and the API server alone.
 */
import type { CreateFleetResult } from "@aws-sdk/client-ec2";
import { defaultDomain, platformNames, terminationTimestampAnnotation } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { Pod } from "../../src/api/pod.ts";
import type { Clock, Instant } from "../../src/api/ports.ts";
import type { Result } from "../../src/api/result.ts";
import { parseGoDuration } from "../../src/kube/schedule.ts";
import { matchesSelector } from "../../src/kube/selector.ts";
import { stringAt } from "../../src/sim/json.ts";
import type { DoneAct } from "./faulty-doors.ts";
import type { FaultWorld } from "./fault-world.ts";
import { startLaunchWatch } from "./launch-watch.ts";
import type { SimulatedInstance } from "./simulated-ec2.ts";
import { nodeNameOf } from "./simulated-nodes.ts";

export interface Monitor {
  /** Problems so far, each once. */
  problems(): readonly string[];
  readonly note: (problem: string) => void;
  readonly onDone: (act: DoneAct) => void;
  onState(instance: SimulatedInstance): void;
  /** NodeClaims that were ever made. */
  claimsMade(): number;
  /** Looks whether more was launched than was claimed, for each claim and each launch. */
  countLaunches(): void;
}

export interface Monitored {
  readonly clock: Clock;
  readonly world: FaultWorld;
  readonly instances: () => readonly SimulatedInstance[];
}

/** Problems kept of one run; more say nothing new. */
const problemsMax = 20;
/** A death is known to the budgets' controller after this. */
const deathNewsMs = 2_000;
const evictionPattern = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/eviction$/;
const podPattern = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)$/;
/** The longest grace of a Pod in a run. */
const longestGraceMs = 60_000;
const { launchRequestAnnotation } = platformNames(defaultDomain);

/** Starts to watch a world. */
export function startMonitor(of: Monitored): Monitor {
  const problems = new Set<string>();
  const seen = { claims: 0, lastDeath: -Infinity };
  const launches = startLaunchWatch();
  /** Where each Pod that is gone was, by its path. */
  const nodeOfGone = new Map<string, string>();
  const note = (problem: string): void => {
    if (problems.size < problemsMax) problems.add(problem);
  };
  of.world.server.store.subscribe("nodeclaims.karpenter.sh", ({ type, object }) => {
    if (type === "ADDED") seen.claims += 1;
    const [uid, text] = [stringAt(object, "metadata", "uid"), stringAt(object, "metadata", "annotations", launchRequestAnnotation)];
    if (uid !== undefined && text !== undefined) launches.onRecord({ uid, text });
  });
  // Told before whoever deletes it has the answer.
  of.world.server.store.subscribe("pods", ({ type, object }) => {
    if (type !== "DELETED") return;
    const [namespace = "", name = ""] = ["namespace", "name"].map((field) => stringAt(object, "metadata", field));
    nodeOfGone.set(`/api/v1/namespaces/${namespace}/pods/${name}`, stringAt(object, "spec", "nodeName") ?? "");
  });
  return {
    note,
    problems: () => [...problems],
    claimsMade: () => seen.claims,
    countLaunches: () => {
      for (const problem of launches.problems()) note(problem);
    },
    onDone: (act) => {
      if (act.door === "cloud" && act.call === "createFleet" && act.isLate) launches.onLate(launchedNow(of, act.answer));
      if (act.door !== "api" || !act.answer.ok) return;
      const { method, path } = act.request;
      if (method === "DELETE" && podPattern.test(path) && !mayBeForced(of, nodeOfGone.get(path) ?? nodeOfPod(of.world, path)))
        note(`a Pod was deleted past the Eviction API: ${path}`);
      const [, namespace, name] = evictionPattern.exec(path) ?? [];
      if (namespace === undefined || name === undefined || of.clock.now() - seen.lastDeath < deathNewsMs) return;
      for (const problem of brokenBudgets(of.world, { namespace, name })) note(problem);
    },
    onState: (instance) => {
      if (instance.state === "pending") launches.onLaunch(instance);
      if (instance.state !== "shutting-down") return;
      if (instance.endedBy === "cloud") seen.lastDeath = of.clock.now();
      else for (const problem of strandedPods(of, instance)) note(problem);
    },
  };
}

/** What a CreateFleet launched at this moment; one that is sent again is answered with what was launched before. */
function launchedNow({ clock, instances }: Monitored, answer: unknown): readonly string[] {
  const created = answer as Result<CreateFleetResult, unknown>;
  const ids = created.ok ? (created.value.Instances ?? []).flatMap(({ InstanceIds = [] }) => InstanceIds) : [];
  return instances().flatMap(({ id, launchedAt }) => (launchedAt === clock.now() && ids.includes(id) ? [id] : []));
}

/** Pods that our termination of an instance takes with it. */
function strandedPods({ world, clock }: Monitored, instance: SimulatedInstance): readonly string[] {
  const claim = claimOf(world, instance);
  if (claim !== undefined && isOverdue(claim, clock.now())) return [];
  return world
    .list("Pod")
    .filter((pod) => pod.spec.nodeName === nodeNameOf(instance) && !isEnded(pod))
    .map(({ metadata }) => `instance ${instance.id} was terminated under Pod ${metadata.namespace ?? ""}/${metadata.name ?? ""}`);
}

function isEnded({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** An eviction of a healthy Pod was let through: what it leaves must keep each budget of it. */
function brokenBudgets(world: FaultWorld, { namespace, name }: { readonly namespace: string; readonly name: string }): readonly string[] {
  const pods = world.list("Pod").filter(({ metadata }) => metadata.namespace === namespace);
  const evicted = pods.find(({ metadata }) => metadata.name === name);
  if (evicted === undefined || !isHealthy(evicted, { leaving: true })) return [];
  return world.list("PodDisruptionBudget").flatMap(({ metadata, spec, status }) => {
    if (metadata.namespace !== namespace || !matchesSelector(spec.selector, evicted.metadata.labels)) return [];
    const healthy = pods.filter((pod) => matchesSelector(spec.selector, pod.metadata.labels) && isHealthy(pod, { leaving: false })).length;
    const wanted = status?.desiredHealthy ?? 0;
    return healthy >= wanted
      ? []
      : [`eviction of ${namespace}/${name} leaves ${healthy} healthy Pods, and budget ${metadata.name ?? ""} wants ${wanted}`];
  });
}

function isHealthy({ metadata, status }: Pod, { leaving }: { readonly leaving: boolean }): boolean {
  const isReady = status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
  return isReady && (leaving || metadata.deletionTimestamp === undefined);
}

function claimOf(world: FaultWorld, instance: SimulatedInstance): NodeClaim | undefined {
  return world.list("NodeClaim").find(({ status }) => status?.providerID === providerIDOf(instance));
}

/** Past its termination grace period a node ends whatever stands on it. */
function isOverdue({ metadata, spec }: NodeClaim, now: Instant): boolean {
  const grace = spec.terminationGracePeriod === undefined ? undefined : parseGoDuration(spec.terminationGracePeriod);
  const told = Date.parse(metadata.annotations?.[terminationTimestampAnnotation] ?? "");
  const own = grace?.ok === true ? Date.parse(metadata.deletionTimestamp ?? "") + grace.value : Number.NaN;
  return told <= now || own <= now;
}

/**
 * Whether Pods of a node may be deleted past the Eviction API: nothing runs on an instance that EC2 calls terminated, and near its claim's
 * deadline they have their own grace.
 */
function mayBeForced({ world, clock, instances }: Monitored, nodeName: string): boolean {
  const instance = instances().find((one) => nodeNameOf(one) === nodeName);
  if (instance === undefined || instance.state === "terminated") return instance !== undefined;
  const claim = claimOf(world, instance);
  return claim !== undefined && isOverdue(claim, clock.now() + longestGraceMs);
}

function nodeOfPod(world: FaultWorld, path: string): string {
  const [, namespace, name] = podPattern.exec(path) ?? [];
  const pod = world.list("Pod").find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  return pod?.spec.nodeName ?? "";
}

function providerIDOf({ zone, id }: Pick<SimulatedInstance, "id" | "zone">): string {
  return `aws:///${zone}/${id}`;
}

function isAlive({ state }: Pick<SimulatedInstance, "state">): boolean {
  return state === "pending" || state === "running";
}

/** What stands at one moment, in the API server and on EC2. */
export interface Sight {
  readonly world: Pick<FaultWorld, "list">;
  readonly instances: () => readonly Pick<SimulatedInstance, "id" | "zone" | "state" | "token">[];
}

/** What is not as it must be while Pods are wanted: each claim with its one instance and Node, each instance with its claim. */
export function unsettled({ world, instances }: Sight): readonly string[] {
  const claims = world.list("NodeClaim");
  const alive = instances().filter(isAlive);
  const byID = new Map(alive.map((instance) => [providerIDOf(instance), instance]));
  const claimed = new Map(claims.map((claim) => [claim.status?.providerID, claim]));
  const nodes = new Map(world.list("Node").map((node) => [node.spec?.providerID, node]));
  return [
    ...claims
      .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
      .map(({ metadata }) => `NodeClaim ${metadata.name ?? ""} does not end`),
    ...claims.flatMap(({ metadata, status }) => {
      if (!byID.has(status?.providerID ?? "")) return [`NodeClaim ${metadata.name ?? ""} has no instance`];
      const isInitialized = status?.conditions?.find(({ type }) => type === "Initialized")?.status === "True";
      return isInitialized ? [] : [`NodeClaim ${metadata.name ?? ""} is not initialized`];
    }),
    ...alive
      .filter((instance) => !claimed.has(providerIDOf(instance)))
      .map(({ id, token }) => `instance ${id} is leaked: no NodeClaim has it (token ${token.slice(0, 8)})`),
    ...[...nodes].filter(([id]) => !byID.has(id ?? "")).map(([, { metadata }]) => `Node ${metadata.name ?? ""} has no instance`),
    ...unreadyWorkloads(world),
  ];
}

function unreadyWorkloads(world: Sight["world"]): readonly string[] {
  const pods = world.list("Pod");
  return world.list("Deployment").flatMap(({ metadata, spec }) => {
    const own = pods.filter((pod) => matchesSelector(spec.selector, pod.metadata.labels));
    const ready = own.filter((pod) => isHealthy(pod, { leaving: false })).length;
    const wanted = spec.replicas ?? 1;
    return ready === wanted && own.length === wanted
      ? []
      : [`Deployment ${metadata.name ?? ""} has ${ready} ready Pods of ${own.length}, and wants ${wanted}`];
  });
}

/** What is left once nothing is wanted any more. */
export function leftovers({ world, instances }: Sight): readonly string[] {
  return [
    ...instances()
      .filter(isAlive)
      .map(({ id }) => `instance ${id} is left`),
    ...(["NodePool", "NodeClaim", "Node", "Pod"] as const).flatMap((kind) =>
      world.list(kind).map(({ metadata }) => {
        const held = metadata.finalizers === undefined ? "" : ` with finalizers ${metadata.finalizers.join(", ")}`;
        return `${kind} ${metadata.name ?? ""} is left${held}`;
      }),
    ),
  ];
}
