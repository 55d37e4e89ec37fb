/**
 * The template roll: a workload whose Pods are to be made again, since the contract has changed under them.
 *
 * Reads the view of a profile. Returns the workloads to roll and the contract that they are rolled for. Only where the
 * profile says rollout: onChange is a template touched at all, and then only one annotation of ours in it; its own
 * controller rolls by its own strategy. A template that names the contract already is rolling, or has rolled.
 */
import { shortHashOf } from "../../api/hash.ts";
import type { PlatformNames } from "../../api/labels.ts";
import type { ProfileTarget, ProfileView } from "./profile-view.ts";

/** Kinds whose Pods follow a change of their template. */
const rollingKinds = ["Deployment", "StatefulSet", "DaemonSet", "Rollout"] as const;
export type RollingKind = (typeof rollingKinds)[number];

export interface TemplateRoll {
  readonly kind: RollingKind;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** Pods that carry another contract, or none. */
  readonly podsStale: number;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Returns the workloads of a profile whose templates must be touched so that their Pods get the contract of now. */
export function templateRolls({ profile, targets }: ProfileView, names: PlatformNames): readonly TemplateRoll[] {
  if (profile.spec.rollout !== "onChange") return [];
  return targets.flatMap((target) => {
    const { workload, contract, podsStale, podsResized } = target;
    const kind = rollingKinds.find((known) => known === workload.kind);
    // What was resized in place was resized on purpose; the profile's words have not changed.
    if (kind === undefined || !contract.writes || podsStale - podsResized <= 0) return [];
    const hash = wholeHash(target, names);
    if (workload.template.metadata?.annotations?.[names.rolledContractAnnotation] === hash) return [];
    const { uid, resourceVersion } = workload.object.metadata;
    return [
      {
        kind,
        apiVersion: workload.apiVersion,
        namespace: workload.namespace,
        name: workload.name,
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        podsStale,
        annotations: { [names.rolledContractAnnotation]: hash },
      },
    ];
  });
}

/** A change of one variant alone rolls the workload too. */
function wholeHash({ contract }: ProfileTarget, { profileHashLabel }: PlatformNames): string {
  const { hash, variants } = contract;
  return variants.length === 0 ? hash : shortHashOf([hash, ...variants.map(({ pod }) => pod.labels[profileHashLabel])]);
}
