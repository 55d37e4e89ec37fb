/**
 * The CapacityBuffer controller: tells each buffer in its status what it wants and whether there is room for it.
 *
 * Reads the buffer, its template and what the last plan made of it. Writes only what differs; nothing waits for the status, since
 * plans resolve buffers by themselves.
 */
import { assertNever } from "../../api/assert.ts";
import type { CapacityBuffer } from "../../api/capacity-buffer.ts";
import type { AnyTrigger, Controller, ControllerStep, Requeue } from "../../api/controller.ts";
import { provisionerFieldManager } from "../../api/labels.ts";
import type { KubeObject, ObjectKey } from "../../api/object.ts";
import type { Instant } from "../../api/ports.ts";
import { keyOf } from "../../kube/object-key.ts";
import { isOurBuffer } from "../../policies/buffer-source.ts";
import { bufferChunks } from "../buffer-chunks.ts";
import { capacityBufferStatus, isSaid, type BufferStatusInput, type CapacityBufferStatus } from "../buffer-status.ts";
import type { BufferDesk } from "./buffer-desk.ts";
import { requeueAfter, type ControllerEntry, type ProvisionerShell } from "./shell.ts";

type BufferStep = ControllerStep &
  (
    { readonly kind: "write-status"; readonly buffer: CapacityBuffer; readonly status: CapacityBufferStatus } | { readonly kind: "settled" }
  );

/** What a chunk is made of may change by objects that wake nobody here: profiles, defaults. */
const recheckMs = 30_000;

/** Makes the controller with its triggers. */
export function capacityBufferController(shell: ProvisionerShell, desk: BufferDesk): ControllerEntry {
  const controller: Controller<BufferStatusInput, BufferStep> = {
    name: "capacity-buffer",
    observe: (key) => Promise.resolve(observe({ shell, desk }, key)),
    decide: nextBufferStep,
    act: (step) => act(shell, step),
  };
  const referring = ({ kind, metadata }: KubeObject): readonly ObjectKey[] =>
    shell
      .snapshot()
      .list("CapacityBuffer", metadata.namespace ?? "")
      .filter(({ spec }) => refersTo(spec, { kind, name: metadata.name ?? "" }))
      .map(keyOf);
  const sources = (["PodTemplate", "Deployment", "StatefulSet", "ReplicaSet"] as const).map((watches): AnyTrigger => ({
    watches,
    keysOf: ({ object }: { readonly object: KubeObject }) => referring(object),
  }));
  const own: AnyTrigger = { watches: "CapacityBuffer", keysOf: ({ object }) => [keyOf(object)] };
  return { controller, triggers: [own, ...sources], needs: [...deciders], wake: (enqueue) => desk.onNews(enqueue) };
}

/** Who has a say in what a chunk asks for. */
const deciders = ["WorkloadProfile", "Namespace", "LimitRange", "PriorityClass"] as const;

function refersTo(
  { podTemplateRef, scalableRef }: CapacityBuffer["spec"],
  { kind, name }: { readonly kind: string; readonly name: string },
): boolean {
  if (kind === "PodTemplate") return podTemplateRef?.name === name;
  return scalableRef?.kind === kind && scalableRef.name === name;
}

function observe(
  { shell, desk }: { readonly shell: ProvisionerShell; readonly desk: BufferDesk },
  key: ObjectKey,
): BufferStatusInput | undefined {
  const world = shell.world();
  const buffer = world.snapshot.get("CapacityBuffer", key);
  if (buffer === undefined || !isOurBuffer(buffer)) return undefined;
  return { buffer, chunks: bufferChunks(buffer, world), places: desk.placesOf(key) };
}

/** Returns the one write that a CapacityBuffer needs next, if any. */
export function nextBufferStep(observed: BufferStatusInput, now: Instant): BufferStep {
  const { buffer } = observed;
  const status = capacityBufferStatus(observed, now);
  return isSaid(buffer, status) ? { kind: "settled" } : { kind: "write-status", buffer, status };
}

async function act({ client }: ProvisionerShell, step: BufferStep): Promise<Requeue> {
  switch (step.kind) {
    case "write-status": {
      const metadata = keyOf(step.buffer);
      const written = await client.applyStatus(
        "CapacityBuffer",
        { metadata, status: step.status },
        { fieldManager: provisionerFieldManager },
      );
      return requeueAfter(written, { kind: "after", delayMs: recheckMs });
    }
    case "settled":
      return { kind: "after", delayMs: recheckMs };
    default:
      return assertNever(step);
  }
}
