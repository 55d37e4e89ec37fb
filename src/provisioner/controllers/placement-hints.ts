/**
 * Placement hints on their way: writes the node's name into the status of the Pods that it was planned for.
 *
 * Reads the snapshot. Writes pods/status before a node opens. A hint is help and no duty: one that fails is left out, and where
 * the API server refuses them none is tried again in this process, which is told once.
 */
import type { EventNote } from "../../api/event-note.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { Pod } from "../../api/pod.ts";
import { claimNote } from "../lifecycle/next-step.ts";
import { hintedPods, isHintable } from "../lifecycle/placement-hint.ts";
import { podClassHash } from "../scheduling/pod-class.ts";
import type { ProvisionerShell } from "./shell.ts";

export interface PlacementHints {
  /** Gives the hints of one node; returns what there is to tell. */
  give(of: { readonly nodeClaim: NodeClaim; readonly node: Node }): Promise<readonly EventNote[]>;
}

/** A kubelet's usual limit of Pods, and some. */
const hintsMax = 250;
const hintsAtOnceMax = 10;
/** Answers that say that hints are not wanted here. A Pod that is gone (404) or has been bound by now (422) is no refusal. */
const refusals: ReadonlySet<number> = new Set([401, 403, 405]);

interface State {
  isRefused: boolean;
  /** Pods whose hint the watch may not have brought yet, by uid: several nodes open at once. */
  readonly given: Set<string>;
  readonly hashes: WeakMap<Pod, string>;
}

/** Makes what the controller of NodeClaims gives hints with. */
export function placementHints({ client, snapshot, names }: ProvisionerShell): PlacementHints {
  const state: State = { isRefused: false, given: new Set(), hashes: new WeakMap() };
  return {
    give: async ({ nodeClaim, node }) => {
      if (state.isRefused) return [];
      const nodeName = node.metadata.name ?? "";
      const pods = snapshot();
      const hintable = pods.list("Pod").filter(isHintable);
      forget(state, hintable);
      const waiting = hintable.filter(({ metadata }) => !state.given.has(metadata.uid ?? ""));
      const classOf = (pod: Pod): string => classHashOf(state, pod);
      const chosen = hintedPods({ nodeClaim, names, waiting, bound: pods.by("Pod", "node", nodeName), classOf }).slice(0, hintsMax);
      for (const { metadata } of chosen) state.given.add(metadata.uid ?? "");
      for (let from = 0; from < chosen.length; from += hintsAtOnceMax) {
        const codes = await Promise.all(chosen.slice(from, from + hintsAtOnceMax).map((pod) => nominate(pod, nodeName)));
        const refused = codes.find((code) => refusals.has(code));
        if (refused === undefined) continue;
        state.isRefused = true;
        return [refusedNote(nodeClaim, refused)];
      }
      return [];
    },
  };

  /** Returns the code of what stood in the way; 0 where nothing did or nobody answered. */
  async function nominate({ metadata }: Pod, nodeName: string): Promise<number> {
    const { namespace = "", name = "", uid } = metadata;
    // The uid is the condition: another Pod of this name is none of ours.
    const patch = { metadata: { uid }, status: { nominatedNodeName: nodeName } };
    const written = await client.patch("Pod", { namespace, name }, { body: { kind: "merge", patch }, subresource: "status" });
    if (written.ok) return 0;
    return written.error.code;
  }
}

/** What no longer waits without a hint needs no memory. */
function forget({ given }: State, hintable: readonly Pod[]): void {
  const open = new Set(hintable.map(({ metadata }) => metadata.uid ?? ""));
  for (const uid of given) if (!open.has(uid)) given.delete(uid);
}

/** The snapshot hands out the same object until the Pod changes. */
function classHashOf({ hashes }: State, pod: Pod): string {
  const known = hashes.get(pod);
  if (known !== undefined) return known;
  const hash = podClassHash(pod);
  hashes.set(pod, hash);
  return hash;
}

function refusedNote(nodeClaim: NodeClaim, code: number): EventNote {
  const message = `Pods are not told which node they were planned for: the API server answers ${code} to a patch of pods/status.`;
  return claimNote(nodeClaim, { type: "Warning", reason: "PlacementHintsRefused", message });
}
