/**
 * DRAIN-034 to -037: Pods that do not leave a node when they should, or never get to their end.
 *
 * Reads the Pod template as it is written, or the running Pod: tolerations, finalizers, and a Job's deadline beside the age of its nodes.
 */
import type { Toleration } from "../../api/pod.ts";
import { formatDuration, parseGoDuration } from "../../kube/schedule.ts";
import { podFieldPath, podMetadataPath } from "../drain-pod.ts";
import { foreignFinalizers } from "../pod-finalizers.ts";
import type { Facts } from "../facts.ts";
import { isObjectOf } from "../overlay-snapshot.ts";
import type { RuleParams } from "../policy-set.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentExample } from "./drain-examples.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const drainTaints: ReadonlySet<string> = new Set(["karpenter.sh/disrupted", "node.kubernetes.io/unschedulable"]);
const deadNodeTaints: ReadonlySet<string> = new Set(["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]);
const tolerating = (toleration: string): string => deploymentExample({ pod: `tolerations: [${toleration}]` });

export const drain034: Rule = {
  id: "DRAIN-034",
  summary: "A toleration of the taint by which nodes are drained: Pods come back to the node that is being emptied.",
  defaultAction: "warn",
  needs: ["tolerations"],
  subjects: ["workload", "pod-update"],
  examples: {
    admitted: tolerating("{key: workload-class, operator: Exists}"),
    denied: tolerating("{operator: Exists}"),
  },
  judge: ({ views }) =>
    tolerationsOf(views).flatMap(({ view, toleration, path }): readonly Problem[] => {
      const all = toleration.key === undefined && toleration.effect !== "NoExecute" && toleration.effect !== "PreferNoSchedule";
      if (!all && !drainTaints.has(toleration.key ?? "")) return [];
      return [
        {
          path,
          message: `toleration of ${all ? "every taint" : (toleration.key ?? "")} lets pods return to a node that is being drained`,
          fix: "tolerate only the taints of its own pools",
          patch: [{ op: "remove", path }],
          ...classOf(view),
        },
      ];
    }),
};

export const drain035: Rule = {
  id: "DRAIN-035",
  summary: "A toleration of dead nodes without an end: the Pod stays on a node that is gone, and is not replaced.",
  defaultAction: "warn",
  needs: ["tolerations"],
  subjects: ["workload", "pod-update"],
  examples: {
    admitted: tolerating("{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 300}"),
    denied: tolerating("{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute}"),
  },
  judge: ({ views }) =>
    tolerationsOf(views).flatMap(({ view, toleration, path }): readonly Problem[] => {
      const { key, effect, tolerationSeconds } = toleration;
      const ofDeadNodes = key === undefined ? effect === "NoExecute" : deadNodeTaints.has(key) && (effect ?? "NoExecute") === "NoExecute";
      if (!ofDeadNodes || tolerationSeconds !== undefined) return [];
      const seconds = `${path}/tolerationSeconds`;
      return [
        {
          path,
          message: `toleration of ${key ?? "every NoExecute taint"} without tolerationSeconds keeps pods on a dead node for ever`,
          fix: "tolerationSeconds: 300",
          // Only with the effect may it have an end.
          ...(effect === "NoExecute" ? { patch: [{ op: "add" as const, path: seconds, value: 300 }] } : {}),
          ...classOf(view),
        },
      ];
    }),
};

export const drain036: Rule = {
  id: "DRAIN-036",
  summary: "A Job that may run longer than its nodes live: it is killed each time before it can end.",
  defaultAction: "warn",
  needs: ["ending"],
  subjects: ["workload"],
  examples: { admitted: jobExample(3_600), denied: jobExample(2_592_000) },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const deadline = deadlineOf(view, facts);
      const age = deadline === undefined ? undefined : shortestNodeAge(view, facts);
      if (deadline === undefined || age === undefined || deadline.seconds <= age.seconds) return [];
      return [
        {
          path: deadline.path,
          message: `activeDeadlineSeconds ${deadline.seconds} is longer than its nodes live: ${formatDuration(age.seconds * 1000)} (${age.whose})`,
          fix: "checkpoint the work, or choose a class whose nodes live longer",
          ...classOf(view),
        },
      ];
    }),
};

export const drain037: Rule = {
  id: "DRAIN-037",
  summary: "A finalizer on Pods: an evicted Pod stays Terminating, and its node undrained, until a client removes the finalizer.",
  defaultAction: "deny",
  why:
    "The eviction succeeds, but the Pod never goes, and no budget shows what blocks the drain. Kubernetes' own finalizers pass. An operator may " +
    "put its finalizer on Pods where it may update pods/finalizers, pods/status, or the finalizers or status of the custom resource that controls " +
    "them, or where settings.controllers names it for Pods. If people write an operator's finalizer themselves, name that finalizer in `allowed`. The rule " +
    "leaves finalizers alone that the object already has, and a client may always remove one.",
  needs: ["finalizers"],
  subjects: ["workload", "pod-update"],
  params: { allowed: { kind: "list", default: [], meaning: "finalizers that an operator in the cluster removes" } },
  examples: {
    admitted: deploymentExample({ metadata: "annotations: {example.com/cleanup: later}" }),
    denied: deploymentExample({ metadata: "finalizers: [example.com/cleanup]" }),
  },
  judge: (facts, { allowed }) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const isPod = view.isRunning === true || view.workload.object.kind === "Pod";
      if (isPod && facts.mayFinalizePod) return [];
      const { metadata } = view.isRunning === true ? view.pod : view.workload.template;
      // What a controller put on its own Pod it will take off again.
      if (isPod && view.isRunning !== true && facts.ownerClaim === "believed") return [];
      const path = podMetadataPath(view, "finalizers");
      const foreign = foreignFinalizers(metadata, view.workload.kind).filter((name) => !isListed(allowed, name));
      const isAll = foreign.length === 1 && metadata?.finalizers?.length === 1;
      return foreign.map((name) => ({
        path,
        message: `finalizer ${name} on the Pod${isPod ? "" : " template"} keeps ${isPod ? "it" : "each pod"} Terminating until a client removes it`,
        fix: "remove the finalizer",
        ...(isAll ? { patch: [{ op: "remove" as const, path }] } : {}),
        ...classOf(view),
      }));
    }),
};

function isListed(list: RuleParams[string] | undefined, name: string): boolean {
  return typeof list === "object" && list.includes(name);
}

interface WrittenToleration {
  readonly view: WorkloadView;
  readonly toleration: Toleration;
  readonly path: string;
}

/** The Pods of a DaemonSet belong to their node, and tolerate whatever befalls it. */
function tolerationsOf(views: readonly WorkloadView[]): readonly WrittenToleration[] {
  return views.flatMap((view) =>
    view.workload.kind === "DaemonSet"
      ? []
      : (view.podAsWritten.spec.tolerations ?? []).map((toleration, index) => ({
          view,
          toleration,
          path: podFieldPath(view, `tolerations/${index}`),
        })),
  );
}

function deadlineOf(
  { workload: { object } }: WorkloadView,
  { names }: Facts,
): { readonly seconds: number; readonly path: string } | undefined {
  const field = "activeDeadlineSeconds";
  const [spec, path] = isObjectOf("Job", object, names.domain)
    ? [object.spec, `/spec/${field}`]
    : isObjectOf("CronJob", object, names.domain)
      ? [object.spec.jobTemplate.spec, `/spec/jobTemplate/spec/${field}`]
      : [undefined, ""];
  return spec?.activeDeadlineSeconds === undefined ? undefined : { seconds: spec.activeDeadlineSeconds, path };
}

/** Of the pools of the class, the one whose nodes are replaced first; where none is known, what the class says. */
function shortestNodeAge(
  { workloadClass }: WorkloadView,
  { snapshot }: Facts,
): { readonly seconds: number; readonly whose: string } | undefined {
  if (workloadClass === undefined) return undefined;
  const { name, pools, disruption } = workloadClass;
  const ages = pools.flatMap((pool) => {
    const expireAfter = snapshot.get("NodePool", { namespace: "", name: pool })?.spec.template.spec.expireAfter;
    const duration = expireAfter === undefined ? undefined : parseGoDuration(expireAfter);
    return duration?.ok === true ? [{ seconds: duration.value / 1000, whose: `expireAfter of NodePool ${pool}` }] : [];
  });
  const most = disruption.maxNodeAge === undefined ? undefined : parseGoDuration(disruption.maxNodeAge);
  if (ages.length === 0 && most?.ok === true) ages.push({ seconds: most.value / 1000, whose: `maxNodeAge of class "${name}"` });
  return ages.toSorted((a, b) => a.seconds - b.seconds)[0];
}

function jobExample(activeDeadlineSeconds: number): string {
  return `
apiVersion: batch/v1
kind: Job
metadata: {name: report, namespace: shop}
spec:
  activeDeadlineSeconds: ${activeDeadlineSeconds}
  template:
    spec: {restartPolicy: Never, containers: [{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}}]}
`;
}
