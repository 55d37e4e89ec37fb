/**
 * Where `plimsoll nodes` and `plimsoll why node/NAME` look: a cluster, watched or read once, or a snapshot of one in files.
 *
 * Reads a kubeconfig or files. Returns a snapshot of the kinds that a row is made of, and what is wrong with it in sentences. It writes nothing.
 */
import { setTimeout as delay } from "node:timers/promises";
import { kindTable, type KindName } from "../api/kinds.ts";
import { platformNames } from "../api/labels.ts";
import type { KubeObject } from "../api/object.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { apiClient } from "../cluster/api-client.ts";
import type { ReflectorTrouble } from "../cluster/reflector.ts";
import { wallClock } from "../cluster/wall-clock.ts";
import { watchCluster, type ClusterWatch } from "../cluster/watch-cluster.ts";
import { snapshotOf } from "../kube/snapshot-of.ts";
import { readManifests } from "./manifest-files.ts";
import { nodeEvents, type NodeEvent } from "./nodes-events.ts";
import { countPods, podTally, type PodCounts } from "./nodes-pods.ts";
import { objectFormer } from "./object-form.ts";
import type { ProgramSurroundings } from "./surroundings.ts";
import { openTransport, type ClusterOptions } from "./with-cluster.ts";

export interface SourceOptions extends Omit<ClusterOptions, "withCluster"> {
  readonly domain: string;
  /** A file with a snapshot; the cluster is not asked then. */
  readonly snapshot?: string;
}

export interface NodesSource {
  snapshot(): ClusterSnapshot;
  /** Of the whole cluster. */
  pods(): PodCounts;
  /** What can't be read now, in sentences. */
  troubles(): readonly string[];
  /** Events about some objects, the newest last; none where there is only a snapshot. */
  events(names: readonly string[]): Promise<readonly NodeEvent[]>;
  close(): Promise<void>;
}

/** What a row is made of. */
export const nodeKinds = [
  ...(["Node", "Pod", "NodeClaim", "NodePool", "NodeOverlay"] as const),
  ...(["PodDisruptionBudget", "Namespace"] as const),
] as const satisfies readonly KindName[];

const [unauthorized, forbidden, absent] = [401, 403, 404];
/** A trouble that has not come again for so long has passed. */
const troubleShownMs = 30_000;
const syncPollMs = 50;

type SourceRequest = SourceOptions & Pick<ProgramSurroundings, "env" | "stdin">;

/** Reads everything once; the error is a complete sentence. */
export async function readNodesSource(request: SourceRequest, alsoRead: readonly KindName[] = []): Promise<Result<NodesSource, string>> {
  if (request.snapshot !== undefined) return readSnapshot(request, request.snapshot);
  const opened = openTransport(request);
  if (!opened.ok) return opened;
  const transport = opened.value;
  const client = apiClient({ transport, domain: request.domain });
  const objects: KubeObject[] = [];
  const troubles: string[] = [];
  for (const kind of [...nodeKinds, ...alsoRead]) {
    const listed = await client.list(kind);
    if (listed.ok) {
      for (const object of listed.value) objects.push(object);
    } else if (kind === "Node" || ![forbidden, absent].includes(listed.error.code)) {
      transport.close();
      return err(refusalText(kind, listed.error));
    } else if (listed.error.code === forbidden) {
      troubles.push(`${refusalText(kind, listed.error)}; they count as absent`);
    }
  }
  return ok({
    ...still(snapshotOf(objects, request.domain), troubles),
    events: (names) => nodeEvents(transport, names),
    close: () => {
      transport.close();
      return Promise.resolve();
    },
  });
}

/** Opens a watch and waits until it knows all that it may; the error is a complete sentence. */
export async function watchNodesSource(request: SourceRequest, signal: AbortSignal): Promise<Result<NodesSource, string>> {
  if (request.snapshot !== undefined) return readSnapshot(request, request.snapshot);
  const opened = openTransport(request);
  if (!opened.ok) return opened;
  const transport = opened.value;
  const asked = await apiClient({ transport, domain: request.domain }).request({
    method: "GET",
    path: "/api/v1/nodes",
    query: { limit: "1" },
  });
  if (!asked.ok) {
    transport.close();
    return err(refusalText("Node", { ...asked.error, code: asked.status }));
  }
  const [clock, troubles] = [wallClock(), new Map<string, ReflectorTrouble & { readonly at: number }>()];
  const watch = watchCluster({
    ...{ transport, clock, domain: request.domain, kinds: nodeKinds, random: Math.random },
    // A watch that is quiet, or ends, is opened again as it stood: that is no trouble.
    onTrouble: (trouble) => {
      if (trouble.kind === "list-failed" || trouble.kind === "fault") troubles.set(trouble.resource, { ...trouble, at: clock.now() });
    },
    onHandlerError: () => undefined,
  });
  const tally = podTally();
  watch.onChange("Pod", (change) => {
    tally.see(change);
  });
  await known(watch, { domain: request.domain, troubles, signal });
  return ok({
    snapshot: () => watch.snapshot(),
    pods: () => tally.counts(),
    troubles: () =>
      [...troubles.values()].filter((one) => isShown(one, clock.now())).map(({ resource, message }) => `${resource}: ${message}`),
    events: (names) => nodeEvents(transport, names),
    close: async () => {
      await watch.close();
      transport.close();
    },
  });
}

/** Of each kind there is either a list or an answer that there will be none. */
async function known(
  watch: ClusterWatch,
  of: { readonly domain: string; readonly troubles: ReadonlyMap<string, unknown>; readonly signal: AbortSignal },
): Promise<void> {
  const table = kindTable(of.domain);
  const isKnown = (kind: (typeof nodeKinds)[number]): boolean => watch.hasSynced([kind]) || of.troubles.has(table[kind].resource);
  while (!nodeKinds.every(isKnown) && !of.signal.aborted) await delay(syncPollMs);
}

/** A CRD that is not installed is no trouble; what is forbidden stays so. */
function isShown({ status, at }: ReflectorTrouble & { readonly at: number }, now: number): boolean {
  if (status?.code === absent) return false;
  return status?.code === forbidden || now - at < troubleShownMs;
}

async function readSnapshot(request: SourceRequest, path: string): Promise<Result<NodesSource, string>> {
  const { manifests, problems } = await readManifests({ paths: [path], stdin: request.stdin });
  const form = objectFormer({ names: platformNames(request.domain), namespace: "default" });
  const formed = manifests.map((manifest) => ({ ...manifest, ...form(manifest.object) }));
  const wrong = [
    ...problems.map(({ file, line, message }) => `${file}:${line === undefined ? "" : `${line}:`} ${message}`),
    ...formed.flatMap(({ file, line, object, problems: found }) =>
      found.map(({ message }) => `${file}:${line}: ${object.kind} ${object.metadata.name ?? ""}: ${message}`),
    ),
  ];
  const [first] = wrong;
  if (first !== undefined) return err(wrong.length === 1 ? first : `${first} (and ${wrong.length - 1} more)`);
  const snapshot = snapshotOf(
    formed.map(({ object }) => object),
    request.domain,
  );
  return ok({ ...still(snapshot, []), events: () => Promise.resolve([]), close: () => Promise.resolve() });
}

function still(snapshot: ClusterSnapshot, troubles: readonly string[]): Pick<NodesSource, "snapshot" | "pods" | "troubles"> {
  const pods = countPods(snapshot.list("Pod"));
  return { snapshot: () => snapshot, pods: () => pods, troubles: () => troubles };
}

function refusalText(kind: KindName, { code, message }: { readonly code: number; readonly message?: string }): string {
  const { resource } = kindTable()[kind];
  if (code === unauthorized) return `the cluster does not know you: ${message ?? "Unauthorized"}`;
  if (code === forbidden) return `you may not list ${resource}`;
  return `can't list ${resource}: ${message ?? `status ${code}`}`;
}
