/**
 * Git objects: a workload and what its profile compiles to, as a team would keep them in git beside `validateOnly: true`.
 *
 * Reads a workload and its contract. Returns whole objects that can be applied and judged by themselves: the workload with the
 * template that its Pods would have, and children without an owner, since their owner is then whoever applies them. The note of
 * what admission changed is left out; admission changes nothing there, and git has the difference.
 */
import type { PlatformNames } from "../../api/labels.ts";
import type { KubeObject, ObjectMeta } from "../../api/object.ts";
import type { Pod } from "../../api/pod.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import type { CronJob, Job } from "../../api/workload.ts";
import { addAt, applyJsonPatch, startPatch, type PatchDraft, type PointerToken } from "../../kube/json-patch.ts";
import type { Workload } from "../../kube/workload.ts";
import type { WorkloadClass } from "../class.ts";
import { isObjectOf } from "../overlay-snapshot.ts";
import { managedByLabel } from "./budget.ts";
import type { CompiledContract } from "./contract.ts";
import { compileJob } from "./job-patch.ts";
import { judgedPod } from "./judged-pod.ts";
import { templatePod } from "./pod-patch.ts";

/** What {@link gitObjects} reads. */
export interface GitObjectsInput {
  readonly workload: Workload;
  readonly contract: CompiledContract;
  readonly workloadClass: WorkloadClass;
  readonly names: PlatformNames;
}

/** Returns the workload as compiled, then its budget and its autoscaler where the contract has them. */
export function gitObjects(input: GitObjectsInput): readonly KubeObject[] {
  const { budget, autoscaler } = input.contract;
  return [
    compiledWorkload(input),
    ...(budget.kind === "budget" ? [unowned(budget.budget)] : []),
    ...(autoscaler.kind === "autoscaler" ? [unowned(autoscaler.autoscaler)] : []),
  ];
}

/** Returns the profile that stands beside them: it checks, and compiles nothing. */
export function gitProfile({ apiVersion, kind, metadata, spec }: WorkloadProfile): WorkloadProfile {
  const { name, namespace, labels, annotations } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: { ...spec, validateOnly: true },
  };
}

function compiledWorkload(input: GitObjectsInput): KubeObject {
  const { workload, contract, names } = input;
  const pod = judgedPod({ pod: templatePod(workload), contract });
  const { object } = workload;
  if (isObjectOf("CronJob", object, names.domain)) return compiledCronJob(object, pod, input);
  const at = object.kind === "Pod" ? [] : ["spec", "template"];
  return withTemplate(startPatch(object), at, pod).document;
}

/** The Jobs of a CronJob are written at their creation too, so what they would get stands in their template. */
function compiledCronJob(cronJob: CronJob, pod: Pod, { contract, workloadClass }: GitObjectsInput): KubeObject {
  const { apiVersion, kind, metadata, spec } = cronJob;
  const owner = { apiVersion, kind, name: metadata.name ?? "", uid: "", controller: true };
  const job: Job = { apiVersion: "batch/v1", kind: "Job", metadata: { ownerReferences: [owner] }, spec: spec.jobTemplate.spec };
  const patched = applyJsonPatch(job, compileJob({ job, contract, workloadClass }));
  const draft = startPatch<KubeObject>(cronJob);
  const jobs = patched.ok ? addAt(draft, ["spec", "jobTemplate", "spec"], patched.value.spec) : draft;
  return withTemplate(jobs, ["spec", "jobTemplate", "spec", "template"], pod).document;
}

function withTemplate<T extends KubeObject>(draft: PatchDraft<T>, at: readonly PointerToken[], { metadata, spec }: Pod): PatchDraft<T> {
  const { labels, annotations } = metadata;
  const labelled = labels === undefined ? draft : addAt(draft, [...at, "metadata", "labels"], labels);
  const noted = annotations === undefined ? labelled : addAt(labelled, [...at, "metadata", "annotations"], annotations);
  return addAt(noted, [...at, "spec"], spec);
}

/** A child of git's: neither the profile's nor marked as the compiler's own, which would take it away. */
function unowned<T extends KubeObject>(child: T): T {
  const labels = Object.entries(child.metadata.labels ?? {}).filter(([key]) => key !== managedByLabel);
  const { name, namespace } = child.metadata;
  const metadata: ObjectMeta = {
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }),
  };
  return { ...child, metadata };
}
