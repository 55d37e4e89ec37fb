/**
 * `plimsoll uninstall`: takes an installation away, in the order that never refuses and leaves nothing behind.
 *
 * Reads the cluster, prints what goes and what stays. Webhook configurations go first, so that from then on nothing meets us;
 * then the Deployment, whose processes would put them back; then the configurations once more, for what was put back
 * meanwhile; then Secret, Lease, rights and namespace. Each deletion may be repeated: what is gone already is no error, so a
 * run that broke off is finished by another.
 *
 * WorkloadProfiles and what was compiled from them stay unless --crds: they are the teams' words, and budgets that vanish
 * under a drain are an outage. Nothing of ours carries a finalizer but NodeClaims and their Nodes, which stay: Karpenter, or
 * this program installed again, goes on with them.
 */
import { defaultDomain } from "../api/labels.ts";
import type { ApiTransport, Clock } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { httpsTransport } from "../cluster/https-transport.ts";
import { wallClock } from "../cluster/wall-clock.ts";
import { loadKubeConfig } from "./kube-config.ts";
import type { ProgramSurroundings, UninstallOptions } from "./surroundings.ts";
import {
  configurationTargets,
  contractTargets,
  installationTargets,
  processTargets,
  reportTargets,
  type UninstallTarget,
} from "./uninstall-targets.ts";
import { plimsollVersion } from "./version.ts";

export type UninstallRequest = UninstallOptions & Pick<ProgramSurroundings, "env" | "stdout" | "stderr">;

/** Runs the command; returns 0 when it is done (or was only shown), 1 when nobody said --yes, 2 when the cluster refused. */
export async function runUninstall(request: UninstallRequest): Promise<number> {
  const kubeConfig = loadKubeConfig(request);
  if (!kubeConfig.ok) {
    request.stderr.write(`plimsoll uninstall: ${kubeConfig.error}\n`);
    return 2;
  }
  const clock = wallClock();
  const userAgent = `plimsoll/${plimsollVersion()}`;
  const transport = httpsTransport({ kubeConfig: kubeConfig.value, userAgent, clock, random: Math.random });
  const done = await uninstall(request, { transport, clock, tell: (line) => request.stdout.write(`${line}\n`) });
  transport.close();
  if (!done.ok) {
    request.stderr.write(`plimsoll uninstall: ${done.error}\nRun it again: what is gone already is no error.\n`);
    return 2;
  }
  return done.value === "removed" || request.dryRun ? 0 : 1;
}

export interface UninstallPorts {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  /** Takes a line for the person. */
  readonly tell: (line: string) => void;
}

/** Shows or takes away the installation; the error says at which object the cluster refused. */
export async function uninstall(
  options: Pick<UninstallOptions, "namespace" | "domain" | "crds" | "yes" | "dryRun">,
  ports: UninstallPorts,
): Promise<Result<"removed" | "shown", string>> {
  const { namespace, domain, crds } = options;
  const stages = [
    configurationTargets,
    processTargets(namespace),
    configurationTargets,
    [...reportTargets, ...(crds ? contractTargets(domain) : [])],
    installationTargets(namespace),
  ];
  if (options.dryRun || !options.yes) return show(options, stages, ports);
  for (const targets of stages) {
    const removed = await remove(targets, options, ports);
    if (!removed.ok) return removed;
  }
  const told = await tellRest(options, ports);
  return told.ok ? ok("removed") : told;
}

async function show(
  options: Pick<UninstallOptions, "namespace" | "domain" | "crds" | "dryRun">,
  stages: readonly (readonly UninstallTarget[])[],
  { transport, tell }: UninstallPorts,
): Promise<Result<"shown", string>> {
  const shown = new Set<string>();
  for (const target of stages.flat()) {
    const found = await find(target, options, transport);
    if (!found.ok) return found;
    for (const { title } of found.value) shown.add(title);
  }
  for (const title of shown) tell(`would delete ${title}`);
  if (shown.size === 0) tell("Nothing is installed.");
  else if (!options.dryRun) tell("Nothing was deleted; add --yes to do it.");
  return ok("shown");
}

interface Found {
  readonly title: string;
  readonly path: string;
}

interface ListedObject {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The objects of a target that are there; a kind that the cluster does not have has none. */
async function find(
  { kind, collection, labelSelector, name }: UninstallTarget,
  { namespace }: Pick<UninstallOptions, "namespace">,
  transport: ApiTransport,
): Promise<Result<readonly Found[], string>> {
  const query = { ...(labelSelector === undefined ? { fieldSelector: `metadata.name=${name ?? ""}` } : { labelSelector }) };
  const answer = await transport.request({ method: "GET", path: collection, query });
  if (!answer.ok && answer.status === 404) return ok([]);
  if (!answer.ok) return err(`${kind}: ${answer.error.message ?? `answered ${answer.status}`}`);
  const { items = [] } = answer.body as { readonly items?: readonly ListedObject[] };
  return ok(
    items
      // Another namespace that somebody gave our label is not ours to delete.
      .filter(({ metadata }) => kind !== "namespace" || metadata.name === namespace)
      .map(({ metadata }) => ({ title: titleOf(kind, metadata, collection), path: pathOf(collection, metadata) })),
  );
}

function titleOf(kind: string, { name, namespace }: ListedObject["metadata"], collection: string): string {
  const elsewhere = namespace !== undefined && !collection.includes("/namespaces/");
  return `${kind}/${name}${elsewhere ? ` in ${namespace}` : ""}`;
}

/** A list of all namespaces leads to objects that lie in one. */
function pathOf(collection: string, { name, namespace }: ListedObject["metadata"]): string {
  if (namespace === undefined || collection.includes("/namespaces/")) return `${collection}/${name}`;
  const at = collection.lastIndexOf("/");
  return `${collection.slice(0, at)}/namespaces/${namespace}${collection.slice(at)}/${name}`;
}

/** Deletes what is found and waits until it is gone. */
async function remove(
  targets: readonly UninstallTarget[],
  options: Pick<UninstallOptions, "namespace">,
  ports: UninstallPorts,
): Promise<Result<undefined, string>> {
  for (const target of targets) {
    const found = await find(target, options, ports.transport);
    if (!found.ok) return found;
    for (const { title, path } of found.value) {
      // Foreground: a Deployment is gone once its Pods are, and with them who would write again.
      const answer = await ports.transport.request({ method: "DELETE", path, body: { propagationPolicy: "Foreground" } });
      if (!answer.ok && answer.status !== 404) return err(`${title}: ${answer.error.message ?? `answered ${answer.status}`}`);
      const gone = await waitUntilGone({ title, path }, ports);
      if (!gone.ok) return gone;
      ports.tell(`deleted ${title}`);
    }
  }
  return ok(undefined);
}

/** A lame duck of 10 s, a grace period of 30 s, and a namespace that empties. */
const goneMaxMs = 120_000;
const lookMs = 200;

async function waitUntilGone({ title, path }: Found, { transport, clock }: UninstallPorts): Promise<Result<undefined, string>> {
  for (const end = clock.now() + goneMaxMs; clock.now() < end;) {
    const answer = await transport.request({ method: "GET", path });
    if (!answer.ok && answer.status === 404) return ok(undefined);
    await clock.sleep(lookMs);
  }
  return err(`${title} is still there after ${goneMaxMs / 1000} s; look at its finalizers`);
}

/** Says what stays, and what to do about it. */
async function tellRest(
  { namespace, domain, crds }: Pick<UninstallOptions, "namespace" | "domain" | "crds">,
  { transport, tell }: UninstallPorts,
): Promise<Result<undefined, string>> {
  if (!crds) {
    const kept = await count(contractTargets(domain), { namespace }, transport);
    if (!kept.ok) return kept;
    const flags = domain === defaultDomain ? "--crds" : `--domain ${domain} --crds`;
    if (kept.value > 0)
      tell(`Left: the CRD workloadprofiles.${domain}, its profiles and what was compiled from them; ${flags} takes them too.`);
  }
  const claims = await count(
    [{ kind: "nodeclaim", collection: "/apis/karpenter.sh/v1/nodeclaims", labelSelector: "" }],
    { namespace },
    transport,
  );
  if (!claims.ok) return claims;
  if (claims.value > 0) {
    tell(`Left: ${claims.value} NodeClaims with their Nodes. Their finalizers wait for a provisioner: Karpenter, or this one again.`);
  }
  tell("Running Pods stay as they are.");
  return ok(undefined);
}

async function count(
  targets: readonly UninstallTarget[],
  options: Pick<UninstallOptions, "namespace">,
  transport: ApiTransport,
): Promise<Result<number, string>> {
  let total = 0;
  for (const target of targets) {
    const found = await find(target, options, transport);
    if (!found.ok) return found;
    total += found.value.length;
  }
  return ok(total);
}
