/**
 * Placement hints on their way: writes the node's name into the status of the Pods that it was planned for.
 *
 * Reads the snapshot. Writes pods/status before a node opens, and again for a while where the scheduler has taken a nomination back. A
 * hint is help and no duty: one that fails is left out, and where the API server refuses them none is tried again in this process,
 * which is told once.
 */
import type { EventNote } from "../../api/event-note.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { Pod } from "../../api/pod.ts";
import type { Instant } from "../../api/ports.ts";
import { isOlderVersion } from "../../kube/resource-version.ts";
import { claimCondition, isTrue } from "../lifecycle/claim-status.ts";
import { spreadLookup } from "../default-spread.ts";
import { areHintsBearable } from "../lifecycle/hint-bound.ts";
import { claimNote } from "../lifecycle/next-step.ts";
import { hintedPods, isHintable } from "../lifecycle/placement-hint.ts";
import { podClassHash } from "../scheduling/pod-class.ts";
import type { ProvisionerShell } from "./shell.ts";

export interface ToldNode {
  readonly nodeClaim: NodeClaim;
  readonly node: Node;
}

export interface PlacementHints {
  /**
   * Gives the hints of one node that are due, and first those of others that wait to open: when one opens, the scheduler tries the Pods
   * of all, and who has no hint yet takes what was meant for another.
   */
  give(of: ToldNode & { readonly closed?: readonly ToldNode[] }): Promise<GivenHints>;
}

export interface GivenHints {
  /** What there is to tell. */
  readonly events: readonly EventNote[];
  /** So long the node should not open yet; 0 but for the first moment after its first hints. The scheduler hears of Pods and of Nodes on watches of their own. */
  readonly leadMs: number;
}

/** A kubelet's usual limit of Pods, and some. */
const hintsMax = 250;
const hintsAtOnceMax = 10;
/** A Pod that the scheduler has refused so often on the nodes that it was told of is left alone. */
const hintsPerPodMax = 6;
/** So long after a node is initialized its Pods are told again; what still waits then is planned anew. */
const hintsAfterMs = 20_000;
/** So long before its node opens a hint is written; less than anybody waits for a node. */
const hintLeadMs = 100;
/** So many other nodes are told of with one. */
const closedMax = 50;
/** Answers that say that hints are not wanted here. A Pod that is gone (404) or has been bound by now (422) is no refusal. */
const refusals: ReadonlySet<number> = new Set([401, 403, 405]);

/** The last hint of a Pod. */
interface Given {
  readonly nodeName: string;
  readonly times: number;
  /** The Pod's version with the hint: what the watch brings before it does not know of the hint. Empty while it is being written. */
  readonly version: string;
  /** The API server did not take it. */
  readonly isLost?: boolean;
}

interface State {
  isRefused: boolean;
  /** By uid. */
  readonly given: Map<string, Given>;
  /** When nodes got their first hints; forgotten after a while. */
  readonly led: Map<string, Instant>;
  readonly hashes: WeakMap<Pod, string>;
}

/** Makes what the controller of NodeClaims gives hints with. */
export function placementHints({
  client,
  snapshot,
  names,
  clock,
  settings,
}: Pick<ProvisionerShell, "client" | "snapshot" | "names" | "clock" | "settings">): PlacementHints {
  const state: State = { isRefused: false, given: new Map(), led: new Map(), hashes: new WeakMap() };
  return {
    give: async ({ closed = [], ...of }) => {
      const given = await Promise.all([...closed.slice(0, closedMax), of].map(giveOne));
      return { events: given.flat(), leadMs: leadLeft(state, { ...of, now: clock.now() }) };
    },
  };

  async function giveOne({ nodeClaim, node }: ToldNode): Promise<readonly EventNote[]> {
    const nodeName = node.metadata.name ?? "";
    if (state.isRefused || isOver(nodeClaim, clock.now())) return [];
    const now = snapshot();
    if (!areHintsBearable(now.list("Pod"))) return [];
    const spreadOf = spreadLookup({ snapshot: now, defaults: settings?.schedulerConfig });
    const bound = now.by("Pod", "node", nodeName);
    const chosen = chosenPods(state, { nodeClaim, names, nodeName, pods: now.list("Pod"), bound, spreadOf });
    const isFirst = chosen.length > 0 && !state.led.has(nodeName);
    if (isFirst) lead(state, { nodeName, now: clock.now() });
    for (const pod of chosen) note(state, pod, { nodeName, version: "" });
    for (let from = 0; from < chosen.length; from += hintsAtOnceMax) {
      const codes = await Promise.all(chosen.slice(from, from + hintsAtOnceMax).map((pod) => nominate(pod, nodeName)));
      const refused = codes.find((code) => refusals.has(code));
      if (refused === undefined) continue;
      return refuse(state) ? [refusedNote(nodeClaim, refused)] : [];
    }
    if (isFirst) lead(state, { nodeName, now: clock.now() });
    return [];
  }

  /** Returns the code of what stood in the way; 0 where nothing did or nobody answered. */
  async function nominate(pod: Pod, nodeName: string): Promise<number> {
    const { namespace = "", name = "", uid } = pod.metadata;
    // The uid is the condition: another Pod of this name is none of ours.
    const patch = { metadata: { uid }, status: { nominatedNodeName: nodeName } };
    const written = await client.patch("Pod", { namespace, name }, { body: { kind: "merge", patch }, subresource: "status" });
    // One that failed counts as given and lost: it may be tried again once the Pod has changed.
    note(state, pod, { nodeName, version: (written.ok ? written.value : pod).metadata.resourceVersion ?? "0", isLost: !written.ok });
    return written.ok ? 0 : written.error.code;
  }
}

/** Says whether this is the first refusal. */
function refuse(state: State): boolean {
  const isFirst = !state.isRefused;
  state.isRefused = true;
  return isFirst;
}

function lead({ led }: State, { nodeName, now }: { readonly nodeName: string; readonly now: Instant }): void {
  for (const [name, since] of led) if (now - since > hintsAfterMs) led.delete(name);
  led.set(nodeName, now);
}

/** Later hints than the first hold nothing up. */
function leadLeft({ led, isRefused }: State, { nodeClaim, node, now }: ToldNode & { readonly now: Instant }): number {
  const since = led.get(node.metadata.name ?? "");
  return since === undefined || isRefused || isTrue(nodeClaim, "Registered") ? 0 : Math.max(0, since + hintLeadMs - now);
}

/** Pods that are bound soon after their node opened need no hint any more, and others are planned for again. */
function isOver(nodeClaim: NodeClaim, now: Instant): boolean {
  const initialized = claimCondition(nodeClaim, "Initialized");
  return initialized?.status === "True" && now - Date.parse(initialized.lastTransitionTime) > hintsAfterMs;
}

function chosenPods(
  state: State,
  of: Omit<Parameters<typeof hintedPods>[0], "told" | "waiting" | "classOf"> & { readonly nodeName: string; readonly pods: readonly Pod[] },
): readonly Pod[] {
  const { given } = state;
  const hintable = of.pods.filter(isHintable);
  forget(state, of.pods);
  /** Told, though the watch has not brought it yet. */
  const isOnItsWay = ({ metadata }: Pod): boolean => {
    const last = given.get(metadata.uid ?? "");
    return last !== undefined && (last.version === "" || isOlderVersion(metadata.resourceVersion, last.version));
  };
  /** What failed would fail again on the Pod as it is. */
  const isLost = ({ metadata }: Pod): boolean => {
    const last = given.get(metadata.uid ?? "");
    return last?.isLost === true && last.version === metadata.resourceVersion;
  };
  const told = of.pods.filter(
    (pod) =>
      !pod.spec.nodeName &&
      (pod.status?.nominatedNodeName === of.nodeName || (isOnItsWay(pod) && given.get(pod.metadata.uid ?? "")?.nodeName === of.nodeName)),
  );
  const waiting = hintable.filter(
    (pod) => !isOnItsWay(pod) && !isLost(pod) && (given.get(pod.metadata.uid ?? "")?.times ?? 0) < hintsPerPodMax,
  );
  return hintedPods({ ...of, told, waiting, classOf: (pod) => classHashOf(state, pod) }).slice(0, hintsMax);
}

function note({ given }: State, { metadata }: Pod, { nodeName, version, isLost = false }: Omit<Given, "times">): void {
  const uid = metadata.uid ?? "";
  const times = (given.get(uid)?.times ?? 0) + (version === "" ? 1 : 0);
  given.set(uid, { nodeName, version, times, isLost });
}

/** What no longer waits needs no memory. */
function forget({ given }: State, pods: readonly Pod[]): void {
  if (given.size === 0) return;
  const open = new Set(pods.filter(({ spec }) => !spec.nodeName).map(({ metadata }) => metadata.uid ?? ""));
  for (const uid of given.keys()) if (!open.has(uid)) given.delete(uid);
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
