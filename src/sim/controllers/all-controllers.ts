/**
 * The controllers of the embedded world, all of them, as one control plane that starts and stops.
 */
import { setMaxListeners } from "node:events";
import type { ApiServer } from "../api-server.ts";
import { runWorldController, type WorldController } from "./control-loop.ts";
import { cronJobController } from "./cron-job-controller.ts";
import { deploymentController } from "./deployment-controller.ts";
import { disruptionController } from "./disruption-controller.ts";
import { garbageCollector, namespaceController } from "./garbage-collector.ts";
import { jobController } from "./job-controller.ts";
import { type KubeletDelays, nodeKubelet, podKubelet } from "./kubelet.ts";
import { replicationControllerManager, replicaSetController } from "./replica-set-controller.ts";
import { scheduler } from "./scheduler.ts";

const defaultDelays: KubeletDelays = { readyMs: 500, completeMs: 5_000, stopMs: 500 };

/** Runs every controller of the world until the signal aborts. */
export async function runWorldControllers(server: ApiServer, signal: AbortSignal, delays: Partial<KubeletDelays> = {}): Promise<void> {
  const controllers: readonly WorldController[] = [
    deploymentController(server),
    replicaSetController(server),
    replicationControllerManager(server),
    jobController(server),
    cronJobController(server),
    disruptionController(server),
    garbageCollector(server),
    namespaceController(server),
    scheduler(server),
    nodeKubelet(server),
    podKubelet(server, { ...defaultDelays, ...delays }),
  ];
  // Every wait of every controller listens to it.
  setMaxListeners(0, signal);
  await Promise.all(controllers.map((controller) => runWorldController(server, controller, signal)));
}
