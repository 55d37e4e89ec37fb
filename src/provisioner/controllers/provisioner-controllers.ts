/**
 * The provisioner's controllers, for the composition root to run on the leader.
 *
 * Reads the shell: ApiClient, snapshot, the world that admission compiles in, a CloudProvider, names and a clock. Returns one
 * entry a controller:
 *
 *   provisionerControllers({ client, snapshot, world, provider, names, clock }): readonly ControllerEntry[]
 *   for (const entry of …) runController({ ...entry, cluster, clock, random, events, decisions, metrics, signal })
 *
 * A provider that makes Nodes itself brings a controller of its own (kwok/kwok-join.ts), to be run beside these.
 */
import type { CloudHealth, CloudNotices, CloudReservations } from "../../api/cloud-notices.ts";
import { bufferDesk } from "./buffer-desk.ts";
import { capacityBlockController } from "./capacity-block-controller.ts";
import { capacityBufferController } from "./capacity-buffer-controller.ts";
import { emptinessController } from "./emptiness-controller.ts";
import { garbageCollection } from "./garbage-collection.ts";
import { instanceLabelsController } from "./instance-labels-controller.ts";
import { interruptionController } from "./interruption-controller.ts";
import { nodeClaimController } from "./node-claim-controller.ts";
import { moveDesk } from "./move-desk.ts";
import { nodeController } from "./node-controller.ts";
import { nodeDisruption, replaceNode } from "./node-disruption.ts";
import { nodeHealthController } from "./node-health-controller.ts";
import { nodeOverlayController } from "./node-overlay-controller.ts";
import { nodePoolController } from "./node-pool-controller.ts";
import { provisionerController } from "./provisioner-controller.ts";
import { zoneLossController } from "./zone-loss-controller.ts";
import type { ControllerEntry, ProvisionerShell } from "./shell.ts";

/** What a cloud tells of its instances; a cloud that tells nothing has none of these. */
export interface CloudVoice {
  readonly notices?: CloudNotices;
  readonly health?: CloudHealth;
  readonly reservations?: CloudReservations;
}

/** Returns every controller of the provisioner; run them only while this process is the leader. */
export function provisionerControllers(
  shell: ProvisionerShell,
  { notices, health, reservations }: CloudVoice = {},
): readonly ControllerEntry[] {
  const [buffers, moves] = [bufferDesk(), moveDesk()];
  const replace = replaceNode(shell);
  return [
    provisionerController(shell, { buffers, moves }),
    capacityBufferController(shell, buffers),
    nodeClaimController(shell),
    nodePoolController(shell),
    nodeOverlayController(shell),
    nodeController(shell),
    nodeDisruption(shell, moves),
    emptinessController(shell, replace),
    garbageCollection(shell),
    instanceLabelsController(shell),
    zoneLossController(shell),
    nodeHealthController(shell, { replace, ...(health === undefined ? {} : { health }) }),
    ...(reservations === undefined ? [] : [capacityBlockController(shell, { reservations, replace })]),
    ...(notices === undefined ? [] : [interruptionController(shell, { notices, replace })]),
  ];
}

/** Returns the one that only plans: it tells `observed` of each plan, and writes nothing. */
export function observingControllers(
  shell: ProvisionerShell & { readonly observed: NonNullable<ProvisionerShell["observed"]> },
): readonly ControllerEntry[] {
  return [provisionerController(shell)];
}
