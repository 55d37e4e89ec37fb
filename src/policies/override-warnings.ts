/**
 * Override warnings: what a person asks for and a controller undoes at once, or replaces.
 *
 * Reads facts of a request that is let in. Returns warnings: `kubectl set resources` says "updated" and the Pods keep the profile's sizes,
 * a budget that a profile compiles is put right within seconds, an autoscaler sets the replicas again. None of them is a fault.
 */
import type { Container, PodTemplate } from "../api/pod.ts";
import { jsonEquals } from "../kube/json-patch.ts";
import { workloadOf } from "../kube/workload.ts";
import type { Facts } from "./facts.ts";
import { termsOf } from "./profile-terms.ts";
import { cutText, warningLengthMax } from "./warning.ts";
import { compilingProfile, isWrittenAsCompiled, type WorkloadView } from "./workload-view.ts";

/** Of many containers the first speak for the rest. */
const sizesToldMax = 4;

/** Returns which parts of an update do not last; nothing for a creation, and for what a controller does. */
export function overrideWarnings(facts: Facts): readonly string[] {
  const { subject, request, views } = facts;
  if (request.operation !== "UPDATE") return [];
  const texts =
    subject.kind === "budget" ? budgetTexts(facts) : subject.kind === "workload" ? views.flatMap((view) => workloadTexts(facts, view)) : [];
  return texts.map((text) => cutText(text, warningLengthMax));
}

function budgetTexts(facts: Facts): readonly string[] {
  const { subject, request } = facts;
  if (subject.kind !== "budget" || isWrittenAsCompiled(subject.budget, facts)) return [];
  const profile = compilingProfile(subject.budget, facts);
  const { oldObject, object } = request;
  if (profile === undefined || jsonEquals(specOf(oldObject), specOf(object))) return [];
  const { name = "" } = subject.budget.metadata;
  return [`WorkloadProfile ${profile} compiles PodDisruptionBudget ${name} and undoes this: change spec.disruption of the profile`];
}

function workloadTexts(facts: Facts, view: WorkloadView): readonly string[] {
  const { binding, workload } = view;
  const before = facts.request.oldObject === undefined ? undefined : workloadOf(facts.request.oldObject);
  if (binding.kind !== "bound" || before === undefined) return [];
  const name = binding.profile.metadata.name ?? "";
  return [
    ...sizeTexts(view, before.template, name).slice(0, sizesToldMax),
    ...replicaTexts(facts, view, { before: before.replicas, name }),
  ].map((text) => (workload.object === facts.request.object ? text : `${workload.kind} ${workload.name}: ${text}`));
}

/** Sizes that this update writes and that Pods do not get. */
function sizeTexts({ podAsWritten, pod }: WorkloadView, before: PodTemplate, profile: string): readonly string[] {
  return podAsWritten.spec.containers.flatMap((written) => {
    const was = before.spec.containers.find(({ name }) => name === written.name);
    const becomes = pod.spec.containers.find(({ name }) => name === written.name);
    return sizes.flatMap(({ field, resource }) => {
      const [old, asked, gets] = [was, written, becomes].map((one) => one?.resources?.[field]?.[resource]);
      if (asked === undefined || asked === old || asked === gets) return [];
      const what = `${resource} ${field === "requests" ? "request" : "limit"}`;
      return [
        `container "${written.name}": Pods keep the ${what} ${gets ?? "none"} of WorkloadProfile ${profile}, not ${asked}: change spec.compute`,
      ];
    });
  });
}

const sizes: readonly {
  readonly field: keyof NonNullable<Container["resources"]> & ("requests" | "limits");
  readonly resource: "cpu" | "memory";
}[] = [
  { field: "requests", resource: "cpu" },
  { field: "requests", resource: "memory" },
  { field: "limits", resource: "cpu" },
  { field: "limits", resource: "memory" },
];

/** SCALE-001 speaks where no autoscaler does. */
function replicaTexts(
  facts: Facts,
  { workload, scale, binding }: WorkloadView,
  { before, name }: { readonly before: number; readonly name: string },
): readonly string[] {
  if (binding.kind !== "bound" || scale.source.kind === "workload" || workload.replicas >= before) return [];
  const minimum = termsOf(binding.profile, facts)?.resolved.minReplicas.value;
  if (minimum === undefined || workload.replicas >= minimum || workload.replicas === 0) return [];
  return [
    `${workload.replicas} replicas is below minReplicas ${minimum} of WorkloadProfile ${name}: ${scale.source.kind} ${scale.source.name} sets them again`,
  ];
}

function specOf(object: object | undefined): unknown {
  return object !== undefined && "spec" in object ? object.spec : undefined;
}
