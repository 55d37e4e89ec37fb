/**
 * The surge desk: starts the replacement of a Deployment's only Pod, once its eviction was asked for.
 *
 * Reads what the webhook refused for that. Writes one annotation of the Deployment's template, which Kubernetes answers with a new Pod, and
 * holds up nobody: the answer to the eviction has left by then. Of one Pod it tries a few times; after that the eviction is the API server's
 * matter. What it counts may be lost: a restart only grants a few tries more.
 */
import type { ApiClient } from "../../api/api-client.ts";
import type { PlatformNames } from "../../api/labels.ts";
import type { Pod } from "../../api/pod.ts";
import type { Deployment } from "../../api/workload.ts";
import { surgePatch } from "../surge.ts";

export interface SurgeDesk {
  /** Whether a replacement may still be asked for. */
  mayStart(pod: Pod): boolean;
  /** Starts the replacement; resolves when the write was answered, and never rejects. */
  start(of: { readonly deployment: Deployment; readonly pod: Pod }): Promise<void>;
}

export interface SurgeDeskPorts {
  readonly client: Pick<ApiClient, "patch">;
  readonly names: PlatformNames;
  readonly onStarted: (deployment: string, pod: string) => void;
  readonly onFailed: (deployment: string, reason: string) => void;
}

/** Tries for one Pod: a write that is refused, or undone by whoever else keeps the Deployment, is not fought over. */
const triesMax = 3;
/** Pods that are remembered; the oldest is forgotten first. */
const podsMax = 1_000;

/** Opens a desk. */
export function surgeDesk({ client, names, onStarted, onFailed }: SurgeDeskPorts): SurgeDesk {
  const tries = new Map<string, number>();
  const triesOf = ({ metadata }: Pod): number => tries.get(metadata.uid ?? "") ?? 0;
  return {
    mayStart: (pod) => triesOf(pod) < triesMax,
    start: async ({ deployment, pod }) => {
      const { namespace = "", name = "" } = deployment.metadata;
      tries.set(pod.metadata.uid ?? "", triesOf(pod) + 1);
      const [oldest] = tries.keys();
      if (tries.size > podsMax && oldest !== undefined) tries.delete(oldest);
      const patch = { metadata: { resourceVersion: deployment.metadata.resourceVersion }, ...surgePatch(pod, names) };
      const written = await client.patch("Deployment", { namespace, name }, { body: { kind: "merge", patch } });
      if (written.ok) onStarted(`${namespace}/${name}`, pod.metadata.name ?? "");
      else onFailed(`${namespace}/${name}`, written.error.message ?? written.error.reason ?? `status ${written.error.code}`);
    },
  };
}
