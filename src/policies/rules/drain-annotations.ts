/**
 * DRAIN-014, -020, -021, -022: what a Pod carries that keeps node autoscalers from taking its node.
 *
 * Reads the Pod template as it is written. Returns one problem a volume or annotation. What a profile writes
 * (disruption.protect) is the profile's.
 */
import { doNotDisruptAnnotation as doNotDisrupt } from "../../api/labels.ts";
import { parseGoDuration } from "../../kube/schedule.ts";
import type { Workload } from "../../kube/workload.ts";
import { countText } from "../count-words.ts";
import { isServing, podAnnotationPath, podFieldPath, safeToEvictAnnotation as safeToEvict } from "../drain-pod.ts";
import { isForEver } from "../node-age.ts";
import { isBare } from "../stray-pods.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentExample } from "./drain-examples.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const safeVolumes = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes";

const annotated = (annotation: string, value: string): string =>
  deploymentExample({ metadata: `annotations: {${annotation}: "${value}"}` });

export const drain014: Rule = {
  id: "DRAIN-014",
  summary:
    "The annotation karpenter.sh/do-not-disrupt on a service or a bare Pod: its nodes are neither consolidated nor replaced until they expire.",
  defaultAction: "deny",
  needs: ["evictionAnnotation"],
  subjects: ["workload", "pod-update"],
  examples: { admitted: annotated(doNotDisrupt, "30m"), denied: annotated(doNotDisrupt, "true") },
  judge: ({ views }) =>
    views.flatMap((view): readonly Problem[] => {
      const value = annotationOf(view, doNotDisrupt);
      if (value === undefined || !isForEver(value, view.workloadClass) || !holdsItsNode(view)) return [];
      return [
        {
          path: podAnnotationPath(view, doNotDisrupt),
          message: `annotation ${doNotDisrupt} on ${whoIs(view.workload)} pins its nodes until expiry`,
          fix: isServing(view.workload)
            ? "remove it, or use disruption.protect with a duration"
            : 'remove it, or write a duration such as "30m"',
          patch: [{ op: "remove", path: podAnnotationPath(view, doNotDisrupt) }],
          ...classOf(view),
        },
      ];
    }),
};

/** What serves, and a Pod that nobody makes again: one with a deadline before its node's own ends in time. */
function holdsItsNode({ workload, podAsWritten, workloadClass }: WorkloadView): boolean {
  if (isServing(workload)) return true;
  if (!isBare(workload.object)) return false;
  const { activeDeadlineSeconds } = podAsWritten.spec;
  return activeDeadlineSeconds === undefined || isForEver(`${activeDeadlineSeconds}s`, workloadClass);
}

function whoIs({ kind, replicas }: Workload): string {
  return kind === "Pod" ? "a Pod without a controller" : `a service with ${countText(replicas, "replica")}`;
}

export const drain020: Rule = {
  id: "DRAIN-020",
  summary:
    "An emptyDir volume on disk: kubectl drain stops at its Pod, cluster-autoscaler leaves its node alone, and its data goes with the Pod.",
  defaultAction: "warn",
  needs: ["volumes"],
  why: "It warns of StatefulSets, whose data it may be; most other emptyDirs are scratch space, and are only recorded.",
  subjects: ["workload"],
  examples: {
    admitted: deploymentExample({ kind: "StatefulSet", pod: "volumes: [{name: cache, emptyDir: {medium: Memory}}]" }),
    denied: deploymentExample({ kind: "StatefulSet", pod: "volumes: [{name: data, emptyDir: {}}]" }),
  },
  judge: ({ views }) => views.flatMap((view) => (view.workload.kind === "DaemonSet" ? [] : diskVolumes(view))),
};

function diskVolumes(view: WorkloadView): readonly Problem[] {
  if (annotationOf(view, safeToEvict) === "true") return [];
  const safe = new Set((annotationOf(view, safeVolumes) ?? "").split(",").map((name) => name.trim()));
  return (view.podAsWritten.spec.volumes ?? []).flatMap(({ name, emptyDir }, index): readonly Problem[] => {
    if (emptyDir === undefined || emptyDir.medium === "Memory" || safe.has(name)) return [];
    return [
      {
        path: podFieldPath(view, `volumes/${index}`),
        message: `volume "${name}" is an emptyDir on disk: kubectl drain stops at it without --delete-emptydir-data, and its data is lost`,
        fix: `use a PersistentVolumeClaim, or list it in annotation ${safeVolumes}`,
        ...(view.workload.kind === "StatefulSet" ? {} : { action: "audit" as const }),
        ...classOf(view),
      },
    ];
  });
}

export const drain021: Rule = {
  id: "DRAIN-021",
  summary: 'The annotation safe-to-evict: "false" on a workload that runs for ever: cluster-autoscaler never removes its nodes.',
  defaultAction: "warn",
  needs: ["evictionAnnotation"],
  subjects: ["workload", "pod-update"],
  examples: { admitted: annotated(safeToEvict, "true"), denied: annotated(safeToEvict, "false") },
  judge: ({ views }) =>
    views.flatMap((view): readonly Problem[] => {
      if (!isServing(view.workload) || annotationOf(view, safeToEvict) !== "false") return [];
      return [
        {
          path: podAnnotationPath(view, safeToEvict),
          message: `annotation ${safeToEvict}: "false" keeps cluster-autoscaler from ever removing its nodes`,
          fix: "remove it, or use disruption.protect with a duration",
          patch: [{ op: "remove", path: podAnnotationPath(view, safeToEvict) }],
          ...classOf(view),
        },
      ];
    }),
};

export const drain022: Rule = {
  id: "DRAIN-022",
  summary:
    'A value of karpenter.sh/do-not-disrupt that is neither "true" nor a duration: Karpenter ignores it without a word to its owner.',
  defaultAction: "warn",
  needs: ["evictionAnnotation"],
  subjects: ["workload", "pod-update"],
  examples: { admitted: annotated(doNotDisrupt, "4h"), denied: annotated(doNotDisrupt, "4 hours") },
  judge: ({ views }) =>
    views.flatMap((view): readonly Problem[] => {
      const value = annotationOf(view, doNotDisrupt);
      if (value === undefined || isKnownValue(value)) return [];
      return [
        {
          path: podAnnotationPath(view, doNotDisrupt),
          message: `annotation ${doNotDisrupt}: "${value}" is neither "true" nor a duration; Karpenter ignores it`,
          fix: 'write a duration such as "4h", or remove it',
          ...classOf(view),
        },
      ];
    }),
};

/** "false" means what it says, also where nobody reads it. */
function isKnownValue(value: string): boolean {
  if (value === "true" || value === "false") return true;
  const duration = parseGoDuration(value);
  return duration.ok && duration.value > 0;
}

function annotationOf({ podAsWritten }: WorkloadView, annotation: string): string | undefined {
  return podAsWritten.metadata.annotations?.[annotation];
}
