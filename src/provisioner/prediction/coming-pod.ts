/**
 * Coming Pods: what the next Pods of a workload will be when they enter the cluster, and whether they will.
 *
 * Reads a workload, its live Pods, the snapshot and what the API server has answered to a dry run. Returns the shape that was seen last
 * (a live sibling, else the dry run), or what template, LimitRanges and contract make of it where nobody else has a say; a refusal
 * in words where the API server will let none in; or that the first Pod must be waited for, since another's webhook decides.
 */
import type { Pod } from "../../api/pod.ts";
import type { PriorityClass } from "../../api/priority-class.ts";
import { admittedPriority, priorityOf, priorityRefusal } from "../../kube/pod-priority.ts";
import type { Workload } from "../../kube/workload.ts";
import { withLimitRangeDefaults } from "../../policies/limit-range-defaults.ts";
import { workloadOfPod } from "../../policies/pod-owner.ts";
import { podsBelowFloor } from "../../policies/profile/on-demand-floor.ts";
import { compiledPod } from "../../policies/profile/pod-patch.ts";
import { workloadContract, type ContractWorld } from "../../policies/profile/workload-contract.ts";
import { dryRunKey, type DryRuns } from "./dry-run.ts";
import { foreignWebhooks } from "./foreign-webhooks.ts";
import { limitRangeRefusal } from "./limit-range-bounds.ts";
import { podSecurityRefusal } from "./pod-security.ts";
import { siblingShape } from "./sibling.ts";

/** What is known of a workload's next Pods. */
export type ComingShape =
  | {
      readonly kind: "known";
      /** A Pod that may run on any capacity that its contract allows. */
      readonly open: Pod;
      /** One that the on-demand floor keeps off Spot. */
      readonly kept: Pod;
      /** How many of the next Pods are kept off Spot. */
      readonly belowFloor: number;
    }
  | { readonly kind: "refused"; readonly reason: string; readonly message: string }
  | { readonly kind: "awaited"; readonly message: string };

export interface ComingInput extends ContractWorld {
  readonly workload: Workload;
  /** Labels that its controller will add, as far as they are known. */
  readonly addedLabels?: Readonly<Record<string, string>>;
  /** Live Pods of its template. */
  readonly siblings?: readonly Pod[];
  readonly dryRuns?: DryRuns;
  /** Files of a plan needn't hold the PriorityClasses of the cluster: there a class that is missing refuses nobody. */
  readonly isOnPaper?: boolean;
}

/** Kinds whose siblings their controllers mark with a hash of the template. */
const hashedKinds: ReadonlySet<string> = new Set(["Deployment", "StatefulSet"]);

/** Returns one Pod of a workload's template, compiled as the webhook would; as written where no contract can be told. */
export function admittedPod(input: ComingInput): Pod {
  return admissionOf(input).admitted(false);
}

/** Returns the next Pods as template, LimitRanges and contract make them, whoever else may have a say. */
export function statedShape(input: ComingInput): ComingShape & { readonly kind: "known" } {
  const { admitted, belowFloor } = admissionOf(input);
  const classes = input.snapshot.list("PriorityClass");
  return { kind: "known", open: withPriority(admitted(false), classes), kept: withPriority(admitted(true), classes), belowFloor };
}

/** The API server resolves the priority class when a Pod is made. */
function withPriority(pod: Pod, classes: readonly PriorityClass[]): Pod {
  const priority = admittedPriority(pod.spec, classes);
  return priority === priorityOf(pod.spec) ? pod : { ...pod, spec: { ...pod.spec, priority } };
}

/** Returns what the next Pods will be as far as it can be known, with the reason where it cannot. */
export function comingShape(input: ComingInput): ComingShape {
  const stated = statedShape(input);
  const { siblings = [], dryRuns, names, workload } = input;
  const priority = priorityClassRefusal([workload.template.spec, stated.open.spec], input);
  if (priority !== undefined) return priority;
  const answer = dryRuns?.get(dryRunKey(input));
  if (answer?.kind === "refused") return { kind: "refused", reason: "AdmissionRefuses", message: answer.message };
  const isAsked = siblings.length === 0 && answer !== undefined;
  const among = {
    live: isAsked ? [answer.pod] : siblings,
    template: workload.template.spec,
    isOfTemplate: isAsked || hashedKinds.has(workload.kind),
    names,
  };
  const seen = (next: Pod): Pod | undefined => siblingShape({ ...among, next });
  let open = seen(stated.open);
  const message = open === undefined ? awaitedMessage(stated.open, input) : undefined;
  if (message !== undefined) {
    // Where the template can't tell, a sibling that was changed since it was made tells more than nobody.
    open = siblingShape({ ...among, next: stated.open, isChangedTold: true });
    if (open === undefined) return { kind: "awaited", message };
  }
  const kept = seen(stated.kept) ?? (open === undefined ? undefined : admissionOf(input).keptOffSpot(open));
  const shape = { ...stated, open: open ?? stated.open, kept: kept ?? stated.kept };
  return refusalOf(shape.open, input) ?? shape;
}

/** Whose say in the first Pod must be waited for. */
function awaitedMessage(pod: Pod, { snapshot, names }: ComingInput): string | undefined {
  const others = foreignWebhooks({ pod, snapshot, names });
  if (others.length > 0) return `waits for its first Pod, which ${others.join(", ")} may change or refuse`;
  const { runtimeClassName, overhead } = pod.spec;
  if (runtimeClassName === undefined || overhead !== undefined) return undefined;
  return `waits for its first Pod, to which RuntimeClass "${runtimeClassName}" may add overhead`;
}

/** The class is looked up before any webhook is asked, and again after one has changed the Pod. */
function priorityClassRefusal(specs: readonly Pod["spec"][], { snapshot, isOnPaper }: ComingInput): ComingShape | undefined {
  if (isOnPaper === true) return undefined;
  const classes = snapshot.list("PriorityClass");
  const found = specs.map((spec) => priorityRefusal(spec, classes)).find((text) => text !== undefined);
  return found === undefined
    ? undefined
    : { kind: "refused", reason: "PriorityClassMissing", message: `the API server would refuse its Pods: ${found}` };
}

/** A label or a range may have come after the siblings, so that what they are may enter no more. */
function refusalOf(pod: Pod, { snapshot, workload: { namespace } }: ComingInput): ComingShape | undefined {
  const security = podSecurityRefusal(pod, snapshot.get("Namespace", { namespace: "", name: namespace }));
  if (security !== undefined) return { kind: "refused", reason: "PodSecurityRefuses", message: security };
  const range = limitRangeRefusal(pod.spec, snapshot.list("LimitRange", namespace));
  return range === undefined ? undefined : { kind: "refused", reason: "LimitRangeRefuses", message: range };
}

/** Returns a Pod of a workload's template as its controller sends it, before anybody has changed it. */
export function sentPod({ workload, addedLabels }: Pick<ComingInput, "workload" | "addedLabels">): Pod {
  const { metadata, spec } = workload.template;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: workload.name,
      namespace: workload.namespace,
      labels: { ...metadata?.labels, ...addedLabels },
      ...(metadata?.annotations === undefined ? undefined : { annotations: metadata.annotations }),
    },
    spec,
  };
}

/** How Pods of a workload's template will enter, and how many of them the on-demand floor will keep off Spot. */
function admissionOf(input: ComingInput): {
  readonly admitted: (onDemand: boolean) => Pod;
  readonly keptOffSpot: (pod: Pod) => Pod;
  readonly belowFloor: number;
} {
  const { workload, policySet, snapshot, names, instanceTypes } = input;
  const world = { policySet, snapshot, names, instanceTypes };
  const sent = sentPod(input);
  // The API server fills these in before any webhook sees the Pod.
  const spec = withLimitRangeDefaults(sent.spec, snapshot.list("LimitRange", workload.namespace));
  const pod = spec === sent.spec ? sent : { ...sent, spec };
  const answer = workloadContract({ ...world, workload: profiledWorkload(workload, pod, world) });
  if (answer.kind !== "compiled") return { admitted: () => pod, keptOffSpot: (seen) => seen, belowFloor: 0 };
  const { contract } = answer;
  const compiled = (from: Pod, onDemand: boolean): Pod => compiledPod({ pod: from, contract, names, onDemand });
  return {
    admitted: (onDemand) => compiled(pod, onDemand),
    keptOffSpot: (seen) => compiled(seen, true),
    belowFloor: podsBelowFloor({ ...world, pod, contract }),
  };
}

/** A Rollout's ReplicaSet and a CronJob's Job have the profile of their owner, as their Pods will have at admission. */
function profiledWorkload(workload: Workload, pod: Pod, { snapshot }: ContractWorld): Workload {
  const { namespace, kind, object } = workload;
  const { ownerReferences } = object.metadata;
  if ((kind !== "ReplicaSet" && kind !== "Job") || ownerReferences === undefined) return workload;
  return workloadOfPod({ pod: { ...pod, metadata: { ...pod.metadata, ownerReferences } }, namespace, snapshot }) ?? workload;
}
