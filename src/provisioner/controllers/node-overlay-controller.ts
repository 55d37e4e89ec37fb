/**
 * The NodeOverlay controller: tells each overlay in its status whether it has an effect.
 *
 * Reads the overlay, all others (one may conflict with another) and what the NodePools may launch. Writes only what differs; nothing
 * waits for the status, since plans lay the overlays on by themselves.
 */
import { assertNever } from "../../api/assert.ts";
import type { AnyTrigger, Controller, ControllerStep, Requeue } from "../../api/controller.ts";
import type { EventNote } from "../../api/event-note.ts";
import { canonicalJson } from "../../api/hash.ts";
import { provisionerFieldManager } from "../../api/labels.ts";
import type { NodeOverlay } from "../../api/node-overlay.ts";
import type { ObjectKey } from "../../api/object.ts";
import type { Instant } from "../../api/ports.ts";
import type { RefusedOverlay } from "../../catalog/node-overlay.ts";
import { nodeOverlayStatus, type NodeOverlayStatus } from "../lifecycle/node-overlay-status.ts";
import { poolOffers } from "./pool-offers.ts";
import { requeueAfter, type ControllerEntry, type ProvisionerShell } from "./shell.ts";

interface ObservedOverlay {
  readonly overlay: NodeOverlay;
  readonly refused: RefusedOverlay | undefined;
}

type OverlayStep = ControllerStep &
  ({ readonly kind: "write-status"; readonly overlay: NodeOverlay; readonly status: NodeOverlayStatus } | { readonly kind: "settled" });

/** What a provider offers changes without an object that we watch. */
const recheckMs = 60_000;

/** Makes the controller with its triggers. */
export function nodeOverlayController(shell: ProvisionerShell): ControllerEntry {
  const controller: Controller<ObservedOverlay, OverlayStep> = {
    name: "node-overlay",
    observe: (key) => observe(shell, key),
    decide: nextOverlayStep,
    act: (step) => act(shell, step),
  };
  const everyKey = (): readonly ObjectKey[] =>
    shell
      .snapshot()
      .list("NodeOverlay")
      .map(({ metadata }) => ({ namespace: "", name: metadata.name ?? "" }));
  const triggers: readonly AnyTrigger[] = [
    { watches: "NodeOverlay", keysOf: everyKey },
    { watches: "NodePool", keysOf: everyKey },
  ];
  return { controller, triggers, needs: [] };
}

async function observe(shell: ProvisionerShell, key: ObjectKey): Promise<ObservedOverlay | undefined> {
  const now = shell.snapshot();
  const overlay = now.get("NodeOverlay", key);
  if (overlay === undefined) return undefined;
  const { refused } = await poolOffers(shell, now);
  return { overlay, refused: refused.find(({ name }) => name === key.name) };
}

/** Returns the one write that a NodeOverlay needs next, if any. */
export function nextOverlayStep({ overlay, refused }: ObservedOverlay, now: Instant): OverlayStep {
  const status = nodeOverlayStatus({ overlay, refused, now });
  const isSame = canonicalJson(overlay.status?.conditions ?? []) === canonicalJson(status.conditions);
  return isSame ? { kind: "settled" } : { kind: "write-status", overlay, status, events: refusalNotes(overlay, refused) };
}

/** Says on the overlay, when its status first does, why it has no effect. */
function refusalNotes(overlay: NodeOverlay, refused: RefusedOverlay | undefined): readonly EventNote[] {
  if (refused === undefined || overlay.status?.conditions?.some(({ message }) => message === refused.message) === true) return [];
  const { apiVersion, kind, metadata } = overlay;
  const uid = metadata.uid === undefined ? {} : { uid: metadata.uid };
  const regarding = { apiVersion, kind, namespace: "", name: metadata.name ?? "", ...uid };
  return [{ regarding, type: "Warning", reason: refused.reason, message: refused.message }];
}

async function act({ client }: ProvisionerShell, step: OverlayStep): Promise<Requeue> {
  switch (step.kind) {
    case "write-status": {
      const metadata = { name: step.overlay.metadata.name ?? "" };
      const written = await client.applyStatus("NodeOverlay", { metadata, status: step.status }, { fieldManager: provisionerFieldManager });
      return requeueAfter(written, { kind: "after", delayMs: recheckMs });
    }
    case "settled":
      return { kind: "after", delayMs: recheckMs };
    default:
      return assertNever(step);
  }
}
