/**
 * The demo's narrator: tells what the world does, as it does it.
 *
 * Reads the store's changes. Says one line for each NodeClaim, launched type, joined node and finished step of a workload.
 */
import pc from "picocolors";
import type { NodeClaim } from "../api/node-claim.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Pod } from "../api/pod.ts";
import type { Job } from "../api/workload.ts";
import { fallbackPrices } from "../catalog/price-table.ts";
import { isReady } from "../kube/pod-state.ts";
import type { StoreEvent } from "../sim/store.ts";
import type { DemoWorld } from "./demo-world.ts";

/** Starts telling; returns how to stop. */
export function narrate({ world, clock }: DemoWorld, say: (line: string) => void): () => void {
  const { store } = world.server;
  const startedAt = clock.now();
  const told = new Set<string>();
  const tell = (text: string): void => {
    if (told.has(text)) return;
    told.add(text);
    say(`${pc.dim(`${((clock.now() - startedAt) / 1000).toFixed(1).padStart(6)}s`)}  ${text}`);
  };
  const listeners: Readonly<Record<string, (event: StoreEvent) => void>> = {
    "nodeclaims.karpenter.sh": ({ object }) => {
      tellClaim(object as unknown as NodeClaim, tell);
    },
    "poddisruptionbudgets.policy": ({ type, object }) => {
      if (type === "ADDED") tellBudget(object as unknown as PodDisruptionBudget, tell);
    },
    "jobs.batch": ({ type, object }) => {
      const { metadata } = object as unknown as Job;
      if (type === "ADDED") tell(`02:00: CronJob fires: Job ${metadata.namespace ?? ""}/${metadata.name ?? ""}`);
    },
    pods: ({ object }) => {
      tellPods(object as unknown as Pod, store.list("pods") as unknown as readonly Pod[], tell);
    },
  };
  const stops = Object.entries(listeners).map(([resource, listener]) => store.subscribe(resource, listener));
  return () => {
    for (const stop of stops) stop();
  };
}

function tellClaim({ metadata, status }: NodeClaim, tell: (text: string) => void): void {
  const name = metadata.name ?? "";
  const labels = metadata.labels ?? {};
  tell(`NodeClaim ${name} asks for a node`);
  const type = labels["node.kubernetes.io/instance-type"];
  const zone = labels["topology.kubernetes.io/zone"] ?? "";
  const capacityType = labels["karpenter.sh/capacity-type"] ?? "";
  if (type !== undefined && status?.providerID !== undefined) {
    const prices = fallbackPrices();
    const price = capacityType === "spot" ? prices.spot(type, zone) : prices.onDemand(type, zone);
    tell(`NodeClaim ${name}: ${pc.bold(type)} ${capacityType} in ${zone}, $${(price ?? 0).toFixed(4)} an hour`);
  }
  const ready = status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;
  if (ready) tell(`Node ${status?.nodeName ?? name} has joined and is ready`);
}

function tellBudget({ metadata, spec }: PodDisruptionBudget, tell: (text: string) => void): void {
  const bound = spec.minAvailable === undefined ? `maxUnavailable: ${spec.maxUnavailable ?? ""}` : `minAvailable: ${spec.minAvailable}`;
  const compiled = metadata.labels?.["app.kubernetes.io/managed-by"] === "workloadprofile" ? " (compiled from its profile)" : "";
  tell(`PodDisruptionBudget ${metadata.namespace ?? ""}/${metadata.name ?? ""}, ${bound}${compiled}`);
}

/** Tells a workload once all of its Pods are bound, and once all are ready. */
function tellPods(changed: Pod, all: readonly Pod[], tell: (text: string) => void): void {
  const app = changed.metadata.labels?.["app"];
  if (app === undefined) return;
  const pods = all.filter(({ metadata }) => metadata.labels?.["app"] === app && metadata.namespace === changed.metadata.namespace);
  const where = `${changed.metadata.namespace ?? ""}/${app}`;
  if (pods.every(({ spec }) => spec.nodeName !== undefined)) tell(`${where}: ${pods.length} Pods bound`);
  if (pods.length > 1 && pods.every(isReady)) tell(pc.green(`${where}: ${pods.length} Pods ready`));
}
