/**
 * The denial recorder: tells profiles which requests were refused under them.
 *
 * Reads refused requests from the webhook, which waits for nothing. Each is made a short note at once, of fixed words; what was sent is
 * not kept. Anybody who reaches the webhook's port may have a request refused, so all is bounded: how many requests are looked at, notes
 * that wait, writes a profile and writes in all. Each replica tells what it refused itself; the list is one field of the status with a
 * field manager of its own, so the profile's controller and the other replicas never fight over the rest.
 */
import type { ApiClient } from "../../api/api-client.ts";
import type { InstanceType } from "../../api/instance-type.ts";
import { denialFieldManager, type PlatformNames } from "../../api/labels.ts";
import type { Clock, Instant } from "../../api/ports.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { denialNotes, withDenials, type DenialNote, type DeniedRequest } from "../denial-record.ts";
import type { PolicySet } from "../policy-set.ts";

export interface DenialRecorder {
  /** Notes a refused request; a dry run is told nowhere. */
  note(denied: DeniedRequest): void;
  /** Writes what was noted and is due. */
  record(): Promise<void>;
}

export interface DenialRecorderPorts {
  readonly client: Pick<ApiClient, "applyStatus">;
  readonly clock: Pick<Clock, "now">;
  readonly snapshot: () => ClusterSnapshot;
  readonly policySet: () => PolicySet;
  readonly instanceTypes: () => readonly InstanceType[];
  readonly names: PlatformNames;
  /** Told of each write that failed. */
  readonly onFailed: (profile: string, reason: string) => void;
}

/** Requests that are looked at between two records; what is refused beside them is not told. */
const looksMax = 20;
/** Profiles that wait for being told, and notes that wait for one of them. */
const profilesWaitingMax = 50;
const notesWaitingMax = 5;
/** A profile is written to at most once in this time, and so many writes are made in it in all. */
const windowMs = 60_000;
const writesMax = 10;

interface State {
  looks: number;
  readonly waiting: Map<string, readonly DenialNote[]>;
  /** When each profile was written to, within the window. */
  written: ReadonlyMap<string, Instant>;
}

/** Opens a recorder. */
export function denialRecorder(ports: DenialRecorderPorts): DenialRecorder {
  const state: State = { looks: 0, waiting: new Map(), written: new Map() };
  return {
    note: (denied) => {
      if (denied.request.dryRun || state.looks >= looksMax) return;
      state.looks += 1;
      const world = { policySet: ports.policySet(), snapshot: ports.snapshot(), instanceTypes: ports.instanceTypes(), names: ports.names };
      for (const { namespace, name, note } of denialNotes(denied, world)) {
        const key = `${namespace}/${name}`;
        const notes = state.waiting.get(key) ?? [];
        if (notes.length === 0 && state.waiting.size >= profilesWaitingMax) continue;
        state.waiting.set(key, withDenials(notes, [note])?.slice(0, notesWaitingMax) ?? notes);
      }
    },
    record: async () => {
      state.looks = 0;
      const now = ports.clock.now();
      state.written = new Map([...state.written].filter(([, at]) => now - at < windowMs));
      const due = [...state.waiting].filter(([key]) => !state.written.has(key)).slice(0, Math.max(0, writesMax - state.written.size));
      for (const [key, notes] of due) {
        state.waiting.delete(key);
        const [namespace = "", name = ""] = key.split("/");
        const profile = ports.snapshot().get("WorkloadProfile", { namespace, name });
        if (profile === undefined || profile.metadata.deletionTimestamp !== undefined) continue;
        if (await tell(profile, notes, ports)) state.written = new Map([...state.written, [key, now]]);
      }
    },
  };
}

/** Returns whether anything was sent. */
async function tell(profile: WorkloadProfile, notes: readonly DenialNote[], { client, onFailed }: DenialRecorderPorts): Promise<boolean> {
  const lastDenials = withDenials(profile.status?.lastDenials ?? [], notes);
  if (lastDenials === undefined) return false;
  const { namespace = "", name = "" } = profile.metadata;
  const told = await client.applyStatus(
    "WorkloadProfile",
    { metadata: { namespace, name }, status: { lastDenials: [...lastDenials] } },
    { fieldManager: denialFieldManager },
  );
  if (!told.ok) onFailed(`${namespace}/${name}`, told.error.message ?? told.error.reason ?? `status ${told.error.code}`);
  return true;
}
