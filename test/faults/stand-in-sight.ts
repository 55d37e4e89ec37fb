/**
 * What stands at one moment on real parts, and what people do there: the API server as the administrator meets it, and EC2 as it is.
 *
 * Reads a transport without faults and moto itself, behind everything that the stand-in hides. Returns what the monitor of runs looks at.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { defaultDomain } from "../../src/api/labels.ts";
import { kindTable, type KindName, type KindObjects } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { ApiRequest, ApiTransport } from "../../src/api/ports.ts";
import { kindPath } from "../../src/cluster/api-client.ts";
import type { Ec2Calls } from "../../src/ec2/ec2-calls.ts";
import { clusterName } from "./fault-cloud.ts";
import type { Sight } from "./fault-monitor.ts";

export interface RealParts {
  readonly transport: ApiTransport;
  readonly ec2: Pick<Ec2Calls, "instances">;
}

const kinds = kindTable(defaultDomain);
const looked = ["NodePool", "NodeClaim", "Node", "Pod", "Deployment"] as const satisfies readonly KindName[];
const aliveStates = ["pending", "running", "shutting-down", "stopping", "stopped"];
/** Webhooks that nobody answers, and an API server that is busy, are asked again for so long. */
const sendMaxMs = 30_000;
const sendAgainMs = 300;

/** Returns what stands now: objects, and instances that are not ended. */
export async function sightOf({ transport, ec2 }: RealParts): Promise<Sight> {
  const [instances, ...lists] = await Promise.all([
    instancesOf(ec2, [{ Name: "instance-state-name", Values: aliveStates }]),
    ...looked.map((kind) => listed(transport, kind)),
  ]);
  const byKind = new Map<KindName, readonly KubeObject[]>(looked.map((kind, index) => [kind, lists[index] ?? []]));
  return {
    instances: () => instances,
    world: { list: <K extends KindName>(kind: K) => (byKind.get(kind) ?? []) as readonly KindObjects[K][] },
  };
}

/** Returns how many instances were ever launched for the cluster. */
export async function launchedSoFar({ ec2 }: Pick<RealParts, "ec2">): Promise<number> {
  return (await instancesOf(ec2, [])).length;
}

type Filters = NonNullable<Parameters<Ec2Calls["instances"]>[0]["Filters"]>;

async function instancesOf(ec2: RealParts["ec2"], filters: Filters): Promise<ReturnType<Sight["instances"]>> {
  const found = await ec2.instances({ Filters: [{ Name: "tag:eks:eks-cluster-name", Values: [clusterName] }, ...filters] });
  if (!found.ok) throw new Error(found.error.message);
  return found.value.map(({ InstanceId = "", Placement, State, ClientToken = "" }) => ({
    id: InstanceId,
    zone: Placement?.AvailabilityZone ?? "",
    state: stateOf(State?.Name),
    token: ClientToken,
  }));
}

/** An instance that is stopped costs as one that runs: both are alive. */
function stateOf(name: string | undefined): "pending" | "running" | "shutting-down" | "terminated" {
  return name === "pending" || name === "shutting-down" || name === "terminated" ? name : "running";
}

/** Returns the path of a kind, or of one object. */
export function pathOf(kind: KindName, key: { readonly namespace?: string; readonly name?: string } = {}): string {
  return kindPath(kinds[kind], key);
}

/** Returns all objects of a kind. */
export async function listed<K extends KindName>(transport: ApiTransport, kind: K): Promise<readonly KindObjects[K][]> {
  const answer = await transport.request({ method: "GET", path: pathOf(kind) });
  if (!answer.ok) throw new Error(`${kind}: ${answer.error.message ?? ""}`);
  return (answer.body as { readonly items: readonly KindObjects[K][] }).items;
}

/** Creates an object. */
export function post(transport: ApiTransport, object: KubeObject): Promise<void> {
  const info = Object.values(kinds).find(({ kind }) => kind === object.kind);
  if (info === undefined) throw new Error(`no kind ${object.kind}`);
  return send(transport, { method: "POST", path: pathOf(info.kind, { namespace: object.metadata.namespace ?? "" }), body: object });
}

/** Changes an object by a merge patch. */
export function change(transport: ApiTransport, path: string, patch: object): Promise<void> {
  return send(transport, { method: "PATCH", path, contentType: "application/merge-patch+json", body: patch });
}

/** Deletes an object; one that is gone is no trouble. */
export function remove(transport: ApiTransport, path: string): Promise<void> {
  return send(transport, { method: "DELETE", path });
}

/** Sends as people do: once more where nobody was there to judge, and content where it is so already. */
async function send(transport: ApiTransport, request: ApiRequest): Promise<void> {
  const limit = Date.now() + sendMaxMs;
  for (;;) {
    const answer = await transport.request(request);
    const isSo = answer.status === 404 ? request.method !== "POST" : answer.status === 409 && request.method === "POST";
    if (answer.ok || isSo) return;
    const mayPass = answer.status === 0 || answer.status === 429 || answer.status >= 500;
    if (!mayPass || Date.now() > limit) throw new Error(`${request.method} ${request.path}: ${answer.error.message ?? ""}`);
    await sleep(sendAgainMs);
  }
}
