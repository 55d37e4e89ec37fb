/**
 * The instance types that admission compiles and judges by.
 *
 * With a provider, what it offers for the NodeClasses that NodePools name, asked again every minute, so that verdicts and
 * purchases know the same zones. Until its first answer, and without a provider, the catalog's types in the zones that
 * NodePools name, that of the request among them.
 */
import type { InstanceType, Offering } from "../api/instance-type.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { KubeObject } from "../api/object.ts";
import type { Clock, CloudProvider } from "../api/ports.ts";
import { catalogInstanceTypes, type CatalogOptions } from "../catalog/instance-types.ts";
import { zonesOfNodePools } from "../catalog/zones.ts";
import type { ClusterWatch } from "../cluster/watch-cluster.ts";
import type { Log } from "./log.ts";

const askAgainMs = 60_000;
/** While the provider has not answered for the NodePools of now. */
const askSoonMs = 2_000;

/** The types to judge by: `judged` is the object of the request, which the cluster doesn't have yet. */
export type OfferedTypes = (judged?: KubeObject) => readonly InstanceType[];

/**
 * Returns the catalog's types in the zones that NodePools name, made again only when those are others. A NodePool of a request in
 * a zone of its own is answered beside: all that is remembered of the cluster's types goes by their array.
 */
export function catalogTypesOf(cluster: Pick<ClusterWatch, "snapshot">, prices: Pick<CatalogOptions, "prices"> = {}): OfferedTypes {
  const [ofCluster, ofRequest] = [lastTypes(prices), lastTypes(prices)];
  return (judged) => {
    const pools = cluster.snapshot().list("NodePool");
    const zones = zonesOfNodePools(pools);
    if (judged === undefined || !isNodePool(judged)) return ofCluster(zones);
    const judgedZones = zonesOfNodePools(withPool(pools, judged));
    return judgedZones.join() === zones.join() ? ofCluster(zones) : ofRequest(judgedZones);
  };
}

/** Returns a function that keeps the types of the zones that it was last asked for. */
function lastTypes(prices: Pick<CatalogOptions, "prices">): (zones: readonly string[]) => readonly InstanceType[] {
  let known: { readonly zones: string; readonly types: readonly InstanceType[] } | undefined;
  return (zones) => {
    if (known?.zones !== zones.join()) known = { zones: zones.join(), types: catalogInstanceTypes({ zones, ...prices }) };
    return known.types;
  };
}

function isNodePool(object: KubeObject): object is NodePool {
  return object.kind === "NodePool";
}

/** A pool in a zone where no other is would otherwise find no type at all there. */
function withPool(pools: readonly NodePool[], judged: NodePool): readonly NodePool[] {
  return [...pools.filter(({ metadata }) => metadata.name !== judged.metadata.name), judged];
}

/** Returns the provider's types, and the catalog's while it has not answered; asks until the signal aborts. */
export function providerTypesOf(options: {
  readonly provider: CloudProvider;
  readonly cluster: ClusterWatch;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly otherwise: OfferedTypes;
}): OfferedTypes {
  const state: { types: readonly InstanceType[] | undefined } = { types: undefined };
  void keepAsking(options, state);
  return (judged) => state.types ?? options.otherwise(judged);
}

async function keepAsking(
  options: Parameters<typeof providerTypesOf>[0],
  state: { types: readonly InstanceType[] | undefined },
): Promise<void> {
  const { provider, cluster, clock, signal, log } = options;
  await Promise.race([cluster.synced(), clock.sleep(askAgainMs, signal)]);
  while (!signal.aborted) {
    const references = nodeClassReferences(cluster);
    const answers = await Promise.all(references.filter((one) => provider.serves(one)).map((one) => provider.instanceTypes(one)));
    const offered = answers.flatMap((answer) => (answer.ok ? [answer.value] : []));
    for (const answer of answers) if (!answer.ok) log.debug({ problem: answer.error }, "a NodeClass offers nothing yet");
    if (offered.length > 0) state.types = mergedTypes(offered);
    const isAnswered = offered.length === answers.length;
    await waitForReason(options, isAnswered ? JSON.stringify(references) : undefined);
  }
}

/** Waits a minute, or until NodePools name other NodeClasses than those that were answered for. */
async function waitForReason(
  { cluster, clock, signal }: Pick<Parameters<typeof providerTypesOf>[0], "cluster" | "clock" | "signal">,
  answered: string | undefined,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < askAgainMs; waitedMs += askSoonMs) {
    await clock.sleep(askSoonMs, signal);
    if (signal.aborted || JSON.stringify(nodeClassReferences(cluster)) !== answered) return;
  }
}

function nodeClassReferences(cluster: ClusterWatch) {
  const references = cluster
    .snapshot()
    .list("NodePool")
    .map(({ spec }) => spec.template.spec.nodeClassRef);
  return [...new Map(references.map((reference) => [JSON.stringify(reference), reference])).values()];
}

/** Types by name, each with the offerings that any NodeClass gives it. */
function mergedTypes(offered: readonly (readonly InstanceType[])[]): readonly InstanceType[] {
  const merged = new Map<string, InstanceType>();
  for (const type of offered.flat()) {
    const known = merged.get(type.name);
    merged.set(type.name, known === undefined ? type : { ...known, offerings: mergedOfferings([...known.offerings, ...type.offerings]) });
  }
  return [...merged.values()];
}

function mergedOfferings(offerings: readonly Offering[]): readonly Offering[] {
  const keyOf = ({ zone, capacityType, reservation }: Offering) => `${zone}/${capacityType}/${reservation?.id ?? ""}`;
  return [...new Map(offerings.map((offering) => [keyOf(offering), offering])).values()];
}
