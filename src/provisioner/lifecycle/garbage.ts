/**
 * Garbage: instances without a NodeClaim, and NodeClaims without an instance.
 *
 * Reads what the cloud lists and what the cluster holds. Returns what to end. The net under every crash: whatever a launch
 * or a termination left half done is found here by the tags that the request carried (Karpenter's
 * pkg/controllers/nodeclaim/garbagecollection). How much of it may be ended at once is removal-breaker.ts's answer.
 */
import { registeredLabel } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { CloudInstance, Instant } from "../../api/ports.ts";
import { isTrue } from "./claim-status.ts";

/** A launch may be answered, and its NodeClaim be written, this long after the cloud shows the instance. */
export const orphanAgeMs = 30_000;

export interface Garbage {
  /** Instances that no NodeClaim stands for. */
  readonly instances: readonly CloudInstance[];
  /** NodeClaims that were once registered, of whose instance the cloud knows nothing and whose Node, if any, is not ready. */
  readonly nodeClaims: readonly NodeClaim[];
  /** NodeClaims, joined or not, whose instance the cloud itself calls ended: no suspicion, but a fact. */
  readonly endedClaims: readonly NodeClaim[];
}

/** Returns what has nobody left to end it. */
export function garbageOf(input: {
  readonly instances: readonly CloudInstance[];
  readonly nodeClaims: readonly NodeClaim[];
  /** NodeClaims that another provider serves, EKS Auto Mode's for one: their instances are nobody's garbage. */
  readonly foreignClaims?: readonly NodeClaim[];
  readonly nodes: readonly Node[];
  readonly now: Instant;
}): Garbage {
  const { instances, nodeClaims, foreignClaims = [], now } = input;
  const claims = new Map([...nodeClaims, ...foreignClaims].map((claim) => [claim.metadata.name ?? "", claim]));
  const alive = instances.filter(({ state }) => state === "pending" || state === "running");
  const known = new Set(alive.map(({ providerID }) => providerID));
  const ended = new Set(instances.map(({ providerID }) => providerID).filter((providerID) => !known.has(providerID)));
  const ready = new Set(input.nodes.filter(isReady).map(({ spec }) => spec?.providerID ?? ""));
  const launched = nodeClaims.flatMap((claim) => {
    const providerID = claim.status?.providerID;
    return claim.metadata.deletionTimestamp !== undefined || providerID === undefined ? [] : [{ claim, providerID }];
  });
  const missing = launched.filter(
    ({ claim, providerID }) => wasRegistered(claim) && !known.has(providerID) && !ended.has(providerID) && !ready.has(providerID),
  );
  return {
    instances: alive.filter((instance) => isOrphan(instance, claims) && now - (instance.launchedAt ?? -Infinity) >= orphanAgeMs),
    nodeClaims: missing.map(({ claim }) => claim),
    endedClaims: launched.filter(({ providerID }) => ended.has(providerID)).map(({ claim }) => claim),
  };
}

/** The name of its Node stays on a claim that loses it. */
function wasRegistered(claim: NodeClaim): boolean {
  return isTrue(claim, "Registered") || Boolean(claim.status?.nodeName);
}

/** No claim of its tag, or one that has another instance; without our tag it is not ours to end. */
function isOrphan({ nodeClaim, providerID }: CloudInstance, claims: ReadonlyMap<string, NodeClaim>): boolean {
  if (nodeClaim === undefined) return false;
  const claim = claims.get(nodeClaim);
  return claim === undefined || (claim.status?.providerID !== undefined && claim.status.providerID !== providerID);
}

function isReady({ metadata, status }: Node): boolean {
  if (metadata.labels?.[registeredLabel] !== "true") return false;
  return status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
}
