/**
 * The metrics of a provisioner: of its provider, of nodes' lives, and of the fleet as it is.
 *
 * Reads the registry of the thread that provisions. Returns one value that the composition hangs around what runs: nothing that
 * provisions knows of it.
 */
import type { Registry } from "prom-client";
import type { ClusterWatch } from "../cluster/watch-cluster.ts";
import type { EventRecorder } from "../cluster/event-recorder.ts";
import type { KindName } from "../api/kinds.ts";
import type { PlatformNames } from "../api/labels.ts";
import type { Clock, CloudProvider } from "../api/ports.ts";
import { fleetMetrics } from "./fleet-metrics.ts";
import { lifeMetrics } from "./life-metrics.ts";
import { providerMetrics } from "./provider-metrics.ts";

export interface MeteredTerm {
  readonly cluster: Pick<ClusterWatch, "snapshot" | "onChange">;
  readonly clock: Pick<Clock, "now">;
  readonly kinds: readonly KindName[];
  readonly names: PlatformNames;
  readonly provider: Pick<CloudProvider, "serves">;
}

export interface ProvisionerMetrics {
  /** The same provider, timed. */
  timed(provider: CloudProvider, clock: Pick<Clock, "now">): CloudProvider;
  /** The same recorder, counted. */
  counted(events: EventRecorder, term: Pick<MeteredTerm, "cluster">): EventRecorder;
  /** Begins to tell of a cluster, as whoever provisions in it; returns how to end that. */
  begin(term: MeteredTerm): () => void;
}

/** Makes the metrics in a registry. */
export function provisionerMetrics(registry: Registry): ProvisionerMetrics {
  const [timed, life, fleet] = [providerMetrics(registry), lifeMetrics(registry), fleetMetrics(registry)];
  return {
    timed,
    counted: (events, { cluster }) => ({
      ...events,
      record: (note, controller) => {
        const { kind, name } = note.regarding;
        life.said(note, kind === "NodeClaim" ? cluster.snapshot().get("NodeClaim", { namespace: "", name }) : undefined);
        events.record(note, controller);
      },
    }),
    begin: ({ cluster, clock, kinds, names, provider }) => {
      const beganAt = clock.now();
      const stops = [fleet.lead({ snapshot: () => cluster.snapshot(), now: () => clock.now() })];
      if (kinds.includes("NodeClaim")) {
        const changed = (change: Parameters<typeof life.claimChanged>[0]): void => {
          if (provider.serves(change.object.spec.nodeClassRef)) life.claimChanged(change, { beganAt, now: clock.now() });
        };
        stops.push(cluster.onChange("NodeClaim", changed));
      }
      if (kinds.includes("NodePool")) {
        stops.push(
          cluster.onChange("NodePool", (change) => {
            life.poolChanged(change, names);
          }),
        );
      }
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
