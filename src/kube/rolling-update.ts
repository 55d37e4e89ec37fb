/**
 * Rolling updates: how many Pods a Deployment may add and miss while it changes.
 *
 * Reads a Deployment's strategy and replica count. Returns Kubernetes' arithmetic: maxSurge rounds up, maxUnavailable
 * rounds down, and where both come to nothing one Pod may be missing, or the update could never move.
 */
import type { IntOrPercent } from "../api/object.ts";
import type { Deployment } from "../api/workload.ts";

export interface RollingBounds {
  /** Pods above the replica count that may run during an update. */
  readonly maxSurge: number;
  /** Pods below the replica count that may be missing during an update. */
  readonly maxUnavailable: number;
}

const defaultBound = "25%";
const percentPattern = /^(\d+)%$/;

interface RollingInput {
  readonly strategy: Deployment["spec"]["strategy"];
  readonly replicas: number;
}

/** Returns the bounds of a rolling update. A Recreate strategy misses every Pod and adds none. */
export function rollingBounds({ strategy, replicas }: RollingInput): RollingBounds {
  if (strategy?.type === "Recreate") return { maxSurge: 0, maxUnavailable: replicas };
  const { maxSurge, maxUnavailable } = roundedBounds({ strategy, replicas });
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : Math.min(maxUnavailable, replicas) };
}

/** Says whether both bounds come to nothing at this scale, so that Kubernetes takes one Pod away after all. */
export function roundsToNothing({ strategy, replicas }: RollingInput): boolean {
  if (strategy?.type === "Recreate") return false;
  const { maxSurge, maxUnavailable } = roundedBounds({ strategy, replicas });
  return maxSurge === 0 && maxUnavailable === 0;
}

function roundedBounds({ strategy, replicas }: RollingInput): RollingBounds {
  return {
    maxSurge: Math.ceil(share(strategy?.rollingUpdate?.maxSurge ?? defaultBound, replicas)),
    maxUnavailable: Math.floor(share(strategy?.rollingUpdate?.maxUnavailable ?? defaultBound, replicas)),
  };
}

/** An unreadable bound, which the API server refuses, counts as nothing. */
function share(value: IntOrPercent, replicas: number): number {
  if (typeof value === "number") return value;
  return (Number(percentPattern.exec(value)?.[1] ?? 0) * replicas) / 100;
}
