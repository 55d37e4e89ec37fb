/**
 * The zone loss controller: every few seconds, in which zones the Pods of each required spread could not get a node for minutes.
 *
 * Reads the profiles, what NodePools offer now, and what it saw before, which may be lost. Writes status.lostZones of profiles: admission, the
 * profile's controller and the provisioner compile by it, on every replica alike. Looks cost nothing while no offering lacks capacity.
 */
import type { Controller, ControllerStep, Requeue } from "../../api/controller.ts";
import type { EventNote } from "../../api/event-note.ts";
import { zoneLabel, zoneLossFieldManager } from "../../api/labels.ts";
import type { ObjectKey } from "../../api/object.ts";
import type { PodSpec } from "../../api/pod.ts";
import type { Instant } from "../../api/ports.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { placedAtAnyTime } from "../../policies/profile/judged-pod.ts";
import { claimedTargets } from "../../policies/profile/profile-targets.ts";
import { workloadContract, type ContractWorld } from "../../policies/profile/workload-contract.ts";
import { lacksAnything, nextZoneLoss, offeredZonesIn, zoneLossMs, type OfferedZones, type ZoneSights } from "../zone-loss.ts";
import { poolOffers } from "./pool-offers.ts";
import { requeueAfter, type ControllerEntry, type ProvisionerShell } from "./shell.ts";

/** A profile whose Pods are spread over zones, with what those are now. */
interface SpreadProfile {
  readonly profile: WorkloadProfile;
  readonly zones: OfferedZones;
}

type Memory = ReadonlyMap<string, ZoneSights>;

interface Observed {
  readonly spread: readonly SpreadProfile[];
  readonly memory: Memory;
}

interface Change extends SpreadProfile {
  readonly lost: readonly string[];
}

type Step = ControllerStep & { readonly kind: "write"; readonly changes: readonly Change[]; readonly memory: Memory };

const clusterKey: ObjectKey = { namespace: "", name: "cluster" };
const everyMs = 10_000;
/** Profiles that one look writes to; the next one goes on. */
const writesMax = 100;

/** Makes the controller; it wakes itself. */
export function zoneLossController(shell: ProvisionerShell): ControllerEntry {
  const held: { memory: Memory } = { memory: new Map() };
  const controller: Controller<Observed, Step> = {
    name: "zone-loss",
    observe: async () => ({ spread: await spreadProfiles(shell, held.memory), memory: held.memory }),
    decide: decideZoneLoss,
    act: async (step) => {
      held.memory = step.memory;
      return await act(shell, step);
    },
  };
  const wake = (enqueue: (key: ObjectKey) => void) => {
    enqueue(clusterKey);
    return () => undefined;
  };
  return { controller, triggers: [], needs: ["WorkloadProfile", "NodePool"], wake };
}

/** Returns nothing where nothing lacks, and nothing was lost or seen to lack before. */
async function spreadProfiles(shell: ProvisionerShell, memory: Memory): Promise<readonly SpreadProfile[]> {
  const world = shell.world();
  const profiles = world.snapshot.list("WorkloadProfile").filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const { instanceTypes } = await poolOffers(shell, world.snapshot);
  const isQuiet = ![...instanceTypes.values()].some(lacksAnything) && memory.size === 0;
  const asked = isQuiet ? profiles.filter(({ status }) => (status?.lostZones ?? []).length > 0) : profiles;
  if (asked.length === 0) return [];
  const zonesOf = offeredZonesIn({ nodePools: world.snapshot.list("NodePool"), instanceTypes });
  return asked.map((profile) => ({ profile, zones: joined(spreadSpecs(profile, world).map(zonesOf)) }));
}

/** The Pods of a profile that must be spread over zones, one of each workload, as they are compiled while no zone is lost. */
function spreadSpecs(profile: WorkloadProfile, world: ContractWorld): readonly PodSpec[] {
  return claimedTargets({ profile, snapshot: world.snapshot, names: world.names }).flatMap(({ workload }) => {
    const outcome = workloadContract({ workload, ...world });
    if (outcome.kind !== "compiled" || outcome.binding.kind !== "bound") return [];
    if (outcome.binding.profile.metadata.name !== profile.metadata.name) return [];
    const { contract } = outcome;
    const isSpread = contract.pod.spread.some((one) => one.topologyKey === zoneLabel && one.whenUnsatisfiable === "DoNotSchedule");
    return isSpread && contract.writes ? [placedAtAnyTime(workload, contract)] : [];
  });
}

/** A zone that lacks everything for one of its workloads is lost to the profile. */
function joined(zones: readonly OfferedZones[]): OfferedZones {
  const unite = (lists: readonly (readonly string[])[]) => [...new Set(lists.flat())].sort();
  return { all: unite(zones.map(({ all }) => all)), lacking: unite(zones.map(({ lacking }) => lacking)) };
}

/** Decides which profiles get other lost zones than before. Pure. */
export function decideZoneLoss({ spread, memory }: Observed, now: Instant): Step {
  const sights = new Map<string, ZoneSights>();
  const changes: Change[] = [];
  for (const { profile, zones } of spread) {
    const key = `${profile.metadata.namespace ?? ""}/${profile.metadata.name ?? ""}`;
    const before = profile.status?.lostZones ?? [];
    const next = nextZoneLoss(memory.get(key) ?? new Map(), { zones, lost: before, now });
    if (next.sights.size > 0) sights.set(key, next.sights);
    if (next.lost.join() !== [...before].sort().join()) changes.push({ profile, zones, lost: next.lost });
  }
  const written = changes.slice(0, writesMax);
  if (written.length === 0) return { kind: "write", changes: [], memory: sights };
  const chosen = written.map(({ profile: { metadata }, lost }) => ({ profile: `${metadata.namespace}/${metadata.name}`, lost }));
  const decision = { chosen: { lostZones: chosen }, rejected: [] };
  return { kind: "write", changes: written, memory: sights, decision, events: written.flatMap(notes) };
}

function notes({ profile, zones: { all }, lost }: Change): readonly EventNote[] {
  const { apiVersion, kind, metadata, status } = profile;
  const { uid, namespace = "", name = "" } = metadata;
  const before = status?.lostZones ?? [];
  const regarding = { apiVersion, kind, namespace, name, ...(uid === undefined ? {} : { uid }) };
  const left = all.filter((zone) => !lost.includes(zone)).join(", ");
  const minutes = zoneLossMs / 60_000;
  const gone = lost.filter((zone) => !before.includes(zone));
  const back = before.filter((zone) => !lost.includes(zone));
  return [
    ...gone.map((zone): EventNote => {
      const message = `${zone} is lost: nothing that these Pods could run on has been to be had there for ${minutes} minutes; new Pods are spread over ${left}`;
      return { regarding, type: "Warning", reason: "ZoneLost", message };
    }),
    ...back.map((zone): EventNote => {
      const message = `${zone} is asked for again; new Pods are spread over ${left}`;
      return { regarding, type: "Normal", reason: "ZoneBack", message };
    }),
  ];
}

async function act({ client }: ProvisionerShell, { changes }: Step): Promise<Requeue> {
  for (const { profile, lost } of changes) {
    const { namespace = "", name = "" } = profile.metadata;
    const object = { metadata: { namespace, name }, status: { lostZones: [...lost] } };
    const told = await client.applyStatus("WorkloadProfile", object, { fieldManager: zoneLossFieldManager });
    if (!told.ok && told.error.code !== 404) return requeueAfter(told);
  }
  return { kind: "after", delayMs: everyMs };
}
