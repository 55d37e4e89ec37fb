/**
 * The denial recorder: tells profiles which requests were refused under them.
 *
 * Reads refused requests from the webhook, which waits for nothing: a request is only put aside, and not even that once a few are
 * waiting, so that a storm of refusals costs no more than a quiet day. Each replica tells what it refused itself; the list is one
 * field of the status with a field manager of its own, so the profile's controller and the other replicas never fight over the rest.
 */
import type { ApiClient } from "../../api/api-client.ts";
import type { InstanceType } from "../../api/instance-type.ts";
import { denialFieldManager, type PlatformNames } from "../../api/labels.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { notesByProfile, withDenials, type DenialNote, type DeniedRequest } from "../denial-record.ts";
import type { PolicySet } from "../policy-set.ts";

export interface DenialRecorder {
  /** Puts a refused request aside; a dry run is told nowhere. */
  note(denied: DeniedRequest): void;
  /** Writes what was put aside since the last time. */
  record(): Promise<void>;
}

export interface DenialRecorderPorts {
  readonly client: Pick<ApiClient, "applyStatus">;
  readonly snapshot: () => ClusterSnapshot;
  readonly policySet: () => PolicySet;
  readonly instanceTypes: () => readonly InstanceType[];
  readonly names: PlatformNames;
  /** Told of each write that failed. */
  readonly onFailed: (profile: string, reason: string) => void;
}

/** Requests that wait for the next record; what is refused beside them is not told. */
const waitingMax = 50;
/** Profiles that one record writes to. */
const writesMax = 20;

/** Opens a recorder. */
export function denialRecorder(ports: DenialRecorderPorts): DenialRecorder {
  const waiting: DeniedRequest[] = [];
  return {
    note: (denied) => {
      if (!denied.request.dryRun && waiting.length < waitingMax) waiting.push(denied);
    },
    record: async () => {
      const denied = waiting.splice(0);
      if (denied.length === 0) return;
      const { names } = ports;
      const world = { policySet: ports.policySet(), snapshot: ports.snapshot(), instanceTypes: ports.instanceTypes(), names };
      for (const { profile, notes } of notesByProfile(denied, world).slice(0, writesMax)) await tell(profile, notes, ports);
    },
  };
}

async function tell(profile: WorkloadProfile, notes: readonly DenialNote[], { client, onFailed }: DenialRecorderPorts): Promise<void> {
  const lastDenials = withDenials(profile.status?.lastDenials ?? [], notes);
  if (lastDenials === undefined) return;
  const { namespace = "", name = "" } = profile.metadata;
  const told = await client.applyStatus(
    "WorkloadProfile",
    { metadata: { namespace, name }, status: { lastDenials: [...lastDenials] } },
    { fieldManager: denialFieldManager },
  );
  if (!told.ok) onFailed(`${namespace}/${name}`, told.error.message ?? told.error.reason ?? `status ${told.error.code}`);
}
