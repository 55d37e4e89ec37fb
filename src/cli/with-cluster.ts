/**
 * With a cluster: what stands there now, read once for a command line that has only files.
 *
 * Reads a kubeconfig. Lists every kind that verdicts are made from, by pages, and nothing else: it writes nothing and watches
 * nothing. What the user may not list is told, since a verdict without it may be another one.
 */
import type { KindName } from "../api/kinds.ts";
import { kindTable } from "../api/kinds.ts";
import type { KubeObject } from "../api/object.ts";
import { err, ok, type Result } from "../api/result.ts";
import { apiClient } from "../cluster/api-client.ts";
import { httpsTransport } from "../cluster/https-transport.ts";
import { wallClock } from "../cluster/wall-clock.ts";
import { loadKubeConfig } from "./kube-config.ts";
import { plimsollVersion } from "./version.ts";

/** The options of commands that may look at a cluster. */
export interface ClusterOptions {
  readonly withCluster?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
}

export interface ClusterObjects {
  readonly objects: readonly KubeObject[];
  /** Complete sentences about kinds that could not be listed. */
  readonly notes: readonly string[];
}

/** Kinds that no verdict is made from. */
const unread: ReadonlySet<KindName> = new Set(["Lease", "NodeClaim", "CapacityBuffer", "PodTemplate"]);
const unauthorized = 401;
const forbidden = 403;
const absent = 404;

/** Reads the cluster of a kubeconfig; the error says why nothing could be read at all. */
export async function readCluster(
  request: ClusterOptions & {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly domain: string;
    /** Kinds that are read for something else than a verdict. */
    readonly alsoRead?: readonly KindName[];
  },
): Promise<Result<ClusterObjects, string>> {
  const opened = openTransport(request);
  if (!opened.ok) return opened;
  const transport = opened.value;
  try {
    return await listAll(apiClient({ transport, domain: request.domain }), request);
  } finally {
    transport.close();
  }
}

/** Opens the cluster that the options name; whoever opens it closes it. */
export function openTransport(
  request: Omit<ClusterOptions, "withCluster"> & { readonly env: Readonly<Record<string, string | undefined>> },
): Result<ReturnType<typeof httpsTransport>, string> {
  const kubeConfig = loadKubeConfig(request);
  if (!kubeConfig.ok) return kubeConfig;
  if (request.context !== undefined) {
    if (kubeConfig.value.getContextObject(request.context) === null) return err(`the kubeconfig has no context "${request.context}"`);
    kubeConfig.value.setCurrentContext(request.context);
  }
  const userAgent = `plimsoll/${plimsollVersion()}`;
  return ok(httpsTransport({ kubeConfig: kubeConfig.value, userAgent, clock: wallClock(), random: Math.random }));
}

async function listAll(
  client: ReturnType<typeof apiClient>,
  { domain, alsoRead = [] }: { readonly domain: string; readonly alsoRead?: readonly KindName[] },
): Promise<Result<ClusterObjects, string>> {
  const objects: KubeObject[] = [];
  const notes: string[] = [];
  for (const info of Object.values(kindTable(domain))) {
    if (unread.has(info.kind) && !alsoRead.includes(info.kind)) continue;
    const listed = await client.list(info.kind);
    if (listed.ok) objects.push(...listed.value);
    else if (listed.error.code === forbidden)
      notes.push(`you may not list ${info.resource}: they count as absent, and verdicts may differ`);
    else if (listed.error.code === unauthorized) return err(`the cluster does not know you: ${listed.error.message ?? "Unauthorized"}`);
    else if (listed.error.code !== absent)
      return err(`can't list ${info.resource}: ${listed.error.message ?? `status ${listed.error.code}`}`);
  }
  return ok({ objects, notes });
}

/** Returns the world of files laid over a cluster: an object of a file takes the place of its own, with its identity and status. */
export function laidOver(cluster: readonly KubeObject[], files: readonly KubeObject[]): readonly KubeObject[] {
  const standing = new Map(cluster.map((object) => [keyOf(object), object]));
  const laid = files.map((object) => withIdentity(object, standing.get(keyOf(object))));
  const replaced = new Set(laid.map(keyOf));
  return [...cluster.filter((object) => !replaced.has(keyOf(object))), ...laid];
}

/** Returns the object of the cluster that a file's would change, if it is there. */
export function standingObject(cluster: readonly KubeObject[], object: KubeObject): KubeObject | undefined {
  const key = keyOf(object);
  return cluster.find((known) => keyOf(known) === key);
}

/** Owners are found by uid, and what runs is told by status: both stay the cluster's. */
function withIdentity(object: KubeObject, standing: (KubeObject & { readonly status?: unknown }) | undefined): KubeObject {
  if (standing === undefined) return object;
  const { uid, creationTimestamp, generation, ownerReferences } = standing.metadata;
  const kept = Object.fromEntries(
    Object.entries({ uid, creationTimestamp, generation, ownerReferences }).filter(([, value]) => value !== undefined),
  );
  return { ...(standing.status === undefined ? {} : { status: standing.status }), ...object, metadata: { ...kept, ...object.metadata } };
}

/** The version of a group does not make another object. */
function keyOf({ apiVersion, kind, metadata }: KubeObject): string {
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  return [group, kind, metadata.namespace ?? "", metadata.name ?? ""].join("|");
}
