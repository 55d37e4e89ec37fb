/**
 * Pool types: what each NodePool may launch, as far as its NodeClass and the NodeOverlays say it, while no cloud is asked.
 *
 * Reads a snapshot, the zones to count with, and facts and prices where they are others than the catalogue's. Returns the types by
 * NodePool, and what is wrong in words. A pool whose NodeClass is not in the snapshot gets the catalogue's types.
 */
import type { InstanceType } from "../api/instance-type.ts";
import { awsLabelDomain } from "../api/labels.ts";
import type { NodePool } from "../api/node-pool.ts";
import { ok, type Result } from "../api/result.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { classInstanceTypes } from "./class-types.ts";
import type { CatalogOptions } from "./instance-types.ts";
import { overlaidTypes } from "./node-overlay.ts";

export interface PoolTypesInput extends Pick<CatalogOptions, "zones" | "facts" | "prices"> {
  readonly snapshot: ClusterSnapshot;
  /** The catalogue's types of the same zones, facts and prices: those of every pool whose class says nothing. */
  readonly instanceTypes: readonly InstanceType[];
}

export interface PoolTypes {
  /** By NodePool; a pool whose class can't be counted with has none. */
  readonly instanceTypes: ReadonlyMap<string, readonly InstanceType[]>;
  /** Complete sentences, each naming an object. */
  readonly problems: readonly string[];
}

/** Returns what each pool of the snapshot may launch. */
export function poolTypes(input: PoolTypesInput): PoolTypes {
  const problems = new Set<string>();
  const byClass = new Map<string, Result<readonly InstanceType[], string>>();
  const pools = input.snapshot.list("NodePool").flatMap((pool) => {
    const { group, kind, name } = pool.spec.template.spec.nodeClassRef;
    const key = [group, kind, name].join("/");
    const types = byClass.get(key) ?? typesOf(pool, input);
    byClass.set(key, types);
    if (!types.ok) problems.add(types.error);
    const labels = pool.spec.template.metadata?.labels ?? {};
    return types.ok ? [{ name: pool.metadata.name ?? "", labels, instanceTypes: types.value }] : [];
  });
  const { instanceTypes, refused } = overlaidTypes({ overlays: input.snapshot.list("NodeOverlay"), pools });
  const overlayProblems = refused.map(({ name, message }) => `NodeOverlay "${name}" has no effect: ${message}`);
  return { instanceTypes, problems: [...problems, ...overlayProblems] };
}

function typesOf(
  pool: NodePool,
  { snapshot, instanceTypes, zones, facts, prices }: PoolTypesInput,
): Result<readonly InstanceType[], string> {
  const { group, kind, name } = pool.spec.template.spec.nodeClassRef;
  const nodeClass = group === awsLabelDomain && kind === "EC2NodeClass" ? snapshot.get("EC2NodeClass", { namespace: "", name }) : undefined;
  if (nodeClass === undefined) return ok(instanceTypes);
  return classInstanceTypes({ nodeClass, zones, ...(facts === undefined ? {} : { facts }), ...(prices === undefined ? {} : { prices }) });
}
