/**
 * What is asked for and can't be had in this version: said in words, never half done.
 *
 * Reads a Pod or a NodePool. Returns the sentence that goes into the plan, into a condition and into Events, or undefined.
 * Such Pods are left out of the plan and such pools buy nothing: a node that a Pod can't start on is money for nothing.
 */
import type { NodePool } from "../../api/node-pool.ts";
import type { Pod, PodSpec } from "../../api/pod.ts";

const namedMax = 3;

/** Says whether Pods ask for devices of dynamic resource allocation. */
export function asksForDevices({ resourceClaims = [] }: PodSpec): boolean {
  return resourceClaims.length > 0;
}

/** Returns why no node can be planned for a Pod, or undefined: it asks for devices of dynamic resource allocation. */
export function unsupportedDemand({ spec }: Pick<Pod, "spec">): string | undefined {
  const claims = spec.resourceClaims ?? [];
  if (claims.length === 0) return undefined;
  const more = claims.length > namedMax ? [`and ${claims.length - namedMax} more`] : [];
  const named = [...claims.slice(0, namedMax).map(({ name }) => `"${name}"`), ...more].join(", ");
  return `spec.resourceClaims (${named}) asks for devices of dynamic resource allocation, which this version can't plan; ask for them as an extended resource such as nvidia.com/gpu, or run the Pod on nodes that are there already`;
}

/** Returns why a NodePool buys nothing, or undefined: static pools (spec.replicas) are not built yet. */
export function unsupportedPool({ spec }: Pick<NodePool, "spec">): string | undefined {
  if (spec.replicas === undefined) return undefined;
  return `spec.replicas is ${spec.replicas}, which makes the pool static, and this version buys nodes for Pods only: it makes none here; use a NodePool without replicas, with spec.limits.nodes as its ceiling`;
}
