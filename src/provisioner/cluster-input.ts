/**
 * Cluster input: what the solver is asked over a cluster as it stands.
 *
 * Reads what was observed and the Pods that need room. Returns the solver's input; a plan and an answer to admission are made from the
 * same one, so they cannot differ.
 */
import type { InstanceType } from "../api/instance-type.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { Pod } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import type { ContractWorld } from "../policies/profile/workload-contract.ts";
import { daemonSetPods } from "./daemon-set-pods.ts";
import { withDefaultSpread } from "./default-spread.ts";
import { stayingPods } from "./leaving-pods.ts";
import { solverSettings, type PlanSettings } from "./plan-settings.ts";
import { nodeStates } from "./scheduling/node-state.ts";
import type { PendingPod } from "./scheduling/pod-class.ts";
import { volumeWorld } from "./scheduling/pod-volumes.ts";
import type { SolveInput } from "./scheduling/solve.ts";

/** What is known of a cluster and its offers. */
export interface ObservedCluster extends PlanSettings {
  readonly world: ContractWorld;
  /** NodeClaims, those included that the watch has not brought yet. */
  readonly nodeClaims: readonly NodeClaim[];
  /** The pools that our provider serves. */
  readonly nodePools: readonly NodePool[];
  /** By pool name; a pool whose NodeClass is not ready has no entry. */
  readonly instanceTypes: ReadonlyMap<string, readonly InstanceType[]>;
}

/** Returns what to solve so that these Pods get a place in the cluster. */
export function clusterInput(
  { world, nodePools, nodeClaims, instanceTypes, ...settings }: ObservedCluster,
  { pods, now, moved }: { readonly pods: readonly PendingPod[]; readonly now: Instant; readonly moved?: ReadonlySet<Pod> },
): SolveInput {
  const { snapshot, names } = world;
  return {
    pods: withDefaultSpread(pods, { snapshot, defaults: settings.schedulerConfig }),
    nodePools,
    instanceTypes,
    daemonSets: daemonSetPods(world, settings),
    nodes: nodeStates({
      nodes: snapshot.list("Node"),
      nodeClaims,
      // A Pod that is placed anew counts where it goes, and no longer where it stands.
      pods: stayingPods(snapshot.list("Pod"), now).filter((pod) => moved?.has(pod) !== true),
      instanceTypes,
      names,
      csiNodes: snapshot.list("CSINode"),
    }),
    volumes: volumeWorld(snapshot),
    ...solverSettings(settings),
    namespaces: new Map(snapshot.list("Namespace").map(({ metadata }) => [metadata.name ?? "", metadata.labels ?? {}])),
  };
}
