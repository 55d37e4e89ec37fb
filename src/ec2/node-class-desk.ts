/**
 * NodeClassDesk: what EC2NodeClasses select, asked once for everybody.
 *
 * Reads NodeClasses; asks EC2, SSM, EKS and the API server's version. Returns findings for the controller and resources for the
 * provider, from the same answers. A cache that only spares calls: a restart loses nothing but time.
 */
import type { ApiClient } from "../api/api-client.ts";
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import { hashOf } from "../api/hash.ts";
import type { Clock, Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { isWholeIdentity, withIdentity, type ClusterIdentity, type ToldIdentity } from "./cluster-identity.ts";
import type { Ec2Calls } from "./ec2-calls.ts";
import type { EksCalls } from "./eks-calls.ts";
import { failureText } from "./errors.ts";
import type { NodeClassCalls } from "./node-class-calls.ts";
import { nodeClassFindings, type FindingPorts, type NodeClassFindings } from "./node-class-findings.ts";
import { nodeClassResources, type NodeClassResources, type NodeClassTrouble } from "./node-class-resources.ts";
import type { SsmCalls } from "./ssm-calls.ts";

export interface NodeClassDesk {
  /** What each selector finds; asked again after a minute, and at once where somebody did not answer. */
  findings(nodeClass: EC2NodeClass): Promise<NodeClassFindings>;
  /** What nodes of the class are launched with. */
  resources(nodeClass: EC2NodeClass): Promise<Result<NodeClassResources, NodeClassTrouble>>;
  /** Forgets a class that is gone. */
  forget(name: string): void;
}

export interface NodeClassDeskOptions {
  readonly ec2: Pick<Ec2Calls, "images" | "subnets" | "securityGroups">;
  readonly calls: Pick<NodeClassCalls, "capacityReservations" | "placementGroups">;
  readonly ssm: SsmCalls;
  readonly eks: EksCalls;
  readonly client: Pick<ApiClient, "request">;
  readonly snapshot: () => ClusterSnapshot;
  readonly clock: Pick<Clock, "now">;
  /** What was set of the cluster; EKS tells the rest. */
  readonly cluster: ClusterIdentity;
}

/** Subnets, security groups, images and reservations are asked for again after this long (Karpenter's). */
const findingsTtlMs = 60_000;
/** A cluster is upgraded by hand, and its endpoint never changes. */
const versionTtlMs = 5 * 60_000;
const clusterTtlMs = 60 * 60_000;
/** What an alias of one release says never changes; the latest is looked for twice an hour. */
const parameterTtlMs = 30 * 60_000;
const parametersMax = 1_000;
const classesMax = 1_000;

/** Makes the desk; nothing is asked before somebody does. */
export function nodeClassDesk(options: NodeClassDeskOptions): NodeClassDesk {
  const { client, clock, snapshot } = options;
  const told = remembering<Awaited<ReturnType<EksCalls["cluster"]>>>(clock, { ttlMs: clusterTtlMs, entriesMax: 1 });
  const versions = remembering<Result<string, string>>(clock, { ttlMs: versionTtlMs, entriesMax: 1 });
  const parameters = remembering<Awaited<ReturnType<SsmCalls["parameter"]>>>(clock, { ttlMs: parameterTtlMs, entriesMax: parametersMax });
  const classes = remembering<NodeClassFindings>(clock, { ttlMs: findingsTtlMs, entriesMax: classesMax });
  const cluster = async (): Promise<ToldIdentity> => {
    const set = withIdentity(options.cluster, dnsOf(snapshot()));
    if (isWholeIdentity(set)) return { identity: set };
    const answer = await told(
      "",
      () => options.eks.cluster(set.name),
      ({ ok: answered }) => answered,
    );
    if (!answer.ok) return { identity: set, unanswered: `EKS cluster "${set.name}": ${failureText(answer.error)}` };
    return { identity: withIdentity(set, answer.value) };
  };
  const ports: FindingPorts = {
    ...options,
    cluster,
    now: () => clock.now(),
    ssm: {
      parameter: (name) =>
        parameters(
          name,
          () => options.ssm.parameter(name),
          ({ ok: answered }) => answered,
        ),
    },
    kubernetesVersion: () =>
      versions(
        "",
        () => versionOf(client),
        ({ ok: answered }) => answered,
      ),
  };
  const lastResources = sameResources();
  const findings = (nodeClass: EC2NodeClass) => classes(keyOf(nodeClass), () => nodeClassFindings(ports, nodeClass), isAnswered);
  return {
    findings,
    resources: async (nodeClass) => lastResources(nodeClass, await findings(nodeClass)),
    forget: (name) => {
      classes.forget(`${name}/`);
    },
  };
}

type Resources = Result<NodeClassResources, NodeClassTrouble>;

/** What follows from the same class and the same findings is the same object: lists of types are found again by it. */
function sameResources(): (nodeClass: EC2NodeClass, findings: NodeClassFindings) => Resources {
  const last = new WeakMap<NodeClassFindings, { readonly nodeClass: EC2NodeClass; readonly resources: Resources }>();
  return (nodeClass, findings) => {
    const known = last.get(findings);
    if (known?.nodeClass === nodeClass) return known.resources;
    const resources = nodeClassResources(nodeClass, findings);
    last.set(findings, { nodeClass, resources });
    return resources;
  };
}

/** The generation leaves out nothing that selects; the hash covers classes that come from files. */
function keyOf({ metadata, spec }: EC2NodeClass): string {
  return `${metadata.name ?? ""}/${metadata.uid ?? ""}/${hashOf(spec ?? null)}`;
}

function isAnswered({ subnets, securityGroups, images, reservations, placementGroup, clusterUnanswered }: NodeClassFindings): boolean {
  const isKnown = clusterUnanswered === undefined;
  return isKnown && [subnets, securityGroups, images, reservations, placementGroup].every(({ kind }) => kind !== "failed");
}

/** The address that Pods ask for names. */
function dnsOf(snapshot: ClusterSnapshot): Partial<ClusterIdentity> | undefined {
  const service = snapshot.get("Service", { namespace: "kube-system", name: "kube-dns" });
  const address = service?.spec.clusterIP;
  return address === undefined || address === "None" || address === "" ? undefined : { dnsAddress: address };
}

/** The API server's version as SSM's paths have it: "1.33", also where a provider writes the minor as "33+". */
async function versionOf(client: Pick<ApiClient, "request">): Promise<Result<string, string>> {
  const answer = await client.request({ method: "GET", path: "/version" });
  if (!answer.ok) return err(answer.error.message ?? `status ${answer.status}`);
  const { major, minor } = answer.body as { readonly major?: unknown; readonly minor?: unknown };
  if (typeof major !== "string" || typeof minor !== "string") return err("the API server's /version names no major and minor");
  return ok(`${major}.${minor.replace(/\D+$/, "")}`);
}

interface Remembering<T> {
  (key: string, ask: () => Promise<T>, isWorthKeeping: (value: T) => boolean): Promise<T>;
  /** Forgets every key that starts so. */
  forget(start: string): void;
}

/** Keeps answers for a while, and those under way; the oldest go first. */
function remembering<T>(
  clock: Pick<Clock, "now">,
  { ttlMs, entriesMax }: { readonly ttlMs: number; readonly entriesMax: number },
): Remembering<T> {
  const kept = new Map<string, { readonly until: Instant; readonly answer: Promise<T> }>();
  const ask = async (key: string, asking: () => Promise<T>, isWorthKeeping: (value: T) => boolean): Promise<T> => {
    const known = kept.get(key);
    if (known !== undefined && known.until > clock.now()) return known.answer;
    const entry = { until: clock.now() + ttlMs, answer: asking() };
    kept.delete(key);
    kept.set(key, entry);
    const [oldest] = kept.keys();
    if (kept.size > entriesMax && oldest !== undefined) kept.delete(oldest);
    const value = await entry.answer;
    if (!isWorthKeeping(value) && kept.get(key) === entry) kept.delete(key);
    return value;
  };
  const forget = (start: string): void => {
    for (const key of [...kept.keys()]) if (key.startsWith(start)) kept.delete(key);
  };
  return Object.assign(ask, { forget });
}
