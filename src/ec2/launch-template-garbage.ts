/**
 * Launch template garbage: one loop that deletes the templates which no launch needs any more.
 *
 * Reads the templates that stand with our tag (so also those of a process before this one), and the NodeClaims that are still to launch:
 * what their attempts name is kept. Writes deletions.
 */
import type { AnyTrigger, Controller, ControllerStep } from "../api/controller.ts";
import type { KindName } from "../api/kinds.ts";
import type { PlatformNames } from "../api/labels.ts";
import type { ObjectKey } from "../api/object.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { launchRecordOf } from "./launch-attempt.ts";
import type { TemplateStore } from "./launch-templates.ts";

export interface TemplateGarbageOptions {
  readonly templates: Pick<TemplateStore, "sweep">;
  readonly snapshot: () => ClusterSnapshot;
  readonly names: Pick<PlatformNames, "launchRequestAnnotation">;
}

interface SweepStep extends ControllerStep {
  readonly kind: "sweep";
  readonly keep: ReadonlySet<string>;
}

const clusterKey: ObjectKey = { namespace: "", name: "cluster" };
const everyMs = 30_000;

/** Makes the controller, to be run beside the provisioner's. */
export function launchTemplateGarbage({ templates, snapshot, names }: TemplateGarbageOptions): {
  readonly controller: Controller<unknown, ControllerStep>;
  readonly triggers: readonly AnyTrigger[];
  readonly needs: readonly KindName[];
  readonly wake: (enqueue: (key: ObjectKey) => void) => () => void;
} {
  const controller: Controller<ReadonlySet<string>, SweepStep> = {
    name: "launch-template-garbage",
    observe: () => Promise.resolve(namedTemplates(snapshot(), names)),
    decide: (keep) => ({ kind: "sweep", keep }),
    act: async ({ keep }) => {
      const swept = await templates.sweep(keep);
      return swept.ok ? { kind: "after", delayMs: everyMs } : { kind: "retry", reason: swept.error };
    },
  };
  // No object stands for what is no longer needed: woken once at the start, and from then on by itself.
  const wake = (enqueue: (key: ObjectKey) => void) => {
    enqueue(clusterKey);
    return () => undefined;
  };
  return { controller, triggers: [], needs: ["NodeClaim"], wake };
}

/** Returns the templates that attempts of claims name which have no instance yet. */
function namedTemplates(snapshot: ClusterSnapshot, names: TemplateGarbageOptions["names"]): ReadonlySet<string> {
  const waiting = new Set(snapshot.list("NodeClaim").flatMap(({ metadata, status }) => (status?.providerID ? [] : (metadata.uid ?? []))));
  return new Set(
    snapshot.list("NodeClaim").flatMap((claim) => {
      const record = launchRecordOf(claim, names);
      if (!record.ok || record.value?.kind !== "attempt") return [];
      const { request, members } = record.value.attempt;
      if (!members.some(({ uid }) => waiting.has(uid))) return [];
      return (request.LaunchTemplateConfigs ?? []).flatMap(
        ({ LaunchTemplateSpecification }) => LaunchTemplateSpecification?.LaunchTemplateName ?? [],
      );
    }),
  );
}
