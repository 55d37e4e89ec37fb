/**
 * Pool offers: what each NodePool may launch now.
 *
 * Reads the NodePools that the provider serves, what it offers for their NodeClasses, and the cluster's NodeOverlays. Returns the
 * types by pool with the overlays on them, and the overlays that are refused. As long as nothing changes the lists are the same
 * objects, so that what the solver has compiled of them is still true.
 */
import type { InstanceType } from "../../api/instance-type.ts";
import { nodePoolLabel } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { CloudProvider } from "../../api/ports.ts";
import type { Result } from "../../api/result.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { overlaidTypes, type OverlaidCatalogue, type OverlaidPool } from "../../catalog/node-overlay.ts";
import type { ProvisionerShell } from "./shell.ts";

type Asked = Pick<ProvisionerShell, "provider" | "snapshot">;

/** The last answer for each provider, and what it was made of. */
const lastAnswers = new WeakMap<CloudProvider, { readonly parts: readonly unknown[]; readonly catalogue: OverlaidCatalogue }>();

/** Asks the provider for every pool that it serves; a pool whose NodeClass is not ready has no entry. */
export async function poolOffers({ provider }: Pick<Asked, "provider">, snapshot: ClusterSnapshot): Promise<OverlaidCatalogue> {
  const served = snapshot.list("NodePool").filter(({ spec }) => provider.serves(spec.template.spec.nodeClassRef));
  const answers = await Promise.all(served.map(async (pool) => ({ pool, types: await offerOf(provider, pool) })));
  const ready = answers.flatMap(({ pool, types }) => (types.ok ? [{ pool, types: types.value }] : []));
  const overlays = snapshot.list("NodeOverlay");
  const parts = [...overlays, undefined, ...ready.flatMap(({ pool, types }) => [pool, types])];
  const last = lastAnswers.get(provider);
  if (last?.parts.length === parts.length && parts.every((part, index) => part === last.parts[index])) return last.catalogue;
  const catalogue = overlaidTypes({ overlays, pools: ready.map(({ pool, types }) => overlaidPool(pool, types)) });
  lastAnswers.set(provider, { parts, catalogue });
  return catalogue;
}

/** Returns what a NodeClaim may be launched as: its pool's types, or its NodeClass's where the pool is gone. */
export async function claimOffers({ provider, snapshot }: Asked, claim: NodeClaim): Promise<Result<readonly InstanceType[], string>> {
  const types = await provider.instanceTypes(claim.spec.nodeClassRef);
  const now = snapshot();
  const pool = now.get("NodePool", { namespace: "", name: claim.metadata.labels?.[nodePoolLabel] ?? "" });
  if (!types.ok || pool === undefined || now.list("NodeOverlay").length === 0) return types;
  const overlaid = (await poolOffers({ provider }, now)).instanceTypes.get(pool.metadata.name ?? "");
  return overlaid === undefined ? types : { ok: true, value: overlaid };
}

function offerOf(provider: CloudProvider, { spec }: NodePool): ReturnType<CloudProvider["instanceTypes"]> {
  return provider.instanceTypes(spec.template.spec.nodeClassRef);
}

function overlaidPool({ metadata, spec }: NodePool, instanceTypes: readonly InstanceType[]): OverlaidPool {
  return { name: metadata.name ?? "", labels: spec.template.metadata?.labels ?? {}, instanceTypes };
}
