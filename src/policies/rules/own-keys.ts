/**
 * META-001, META-002: labels and annotations of our domain in the wrong hands.
 *
 * Reads the metadata of a workload and of its Pod template. Nothing of ours has any effect where a person writes it: admission
 * computes it anew on every Pod. So it warns, and an object that was exported and applied again is not refused for what we wrote.
 */
import type { KubeObject, ObjectMeta } from "../../api/object.ts";
import { nearestWord } from "../../api/nearest-word.ts";
import type { Pod } from "../../api/pod.ts";
import { podKeysOf, type OwnKeys, templateKeysOf, userKeysOf } from "../../api/own-keys.ts";
import { pointer } from "../../kube/json-patch.ts";
import { workloadOf } from "../../kube/workload.ts";
import type { Facts } from "../facts.ts";
import { deploymentManifest } from "./example-manifests.ts";
import { deploymentExample } from "./drain-examples.ts";
import type { Problem, Rule } from "./rule.ts";

const window = "annotations: {platform.example.com/disruption-window: '[]'}";

export const meta001: Rule = {
  id: "META-001",
  summary:
    "A label or annotation of ours, written by hand: admission computes it anew on every Pod, and takes it off where it computes none.",
  defaultAction: "deny",
  why: "It refuses on running Pods, where nothing computes it anew. In a manifest it warns: it has no effect there, and what is exported from a cluster and applied again holds what we wrote.",
  subjects: ["workload", "pod-update"],
  examples: { admitted: deploymentExample(), denied: deploymentExample({ metadata: window }) },
  judge: (facts) => {
    if (facts.subject.kind === "pod-update") return onRunningPod(facts.subject, podKeysOf(facts.names));
    const written = writtenKeys(facts);
    if (written.length === 0) return [];
    const { labels, annotations } = podKeysOf(facts.names);
    const ours = new Set([...labels, ...annotations]);
    const rolling = new Set(templateKeysOf(facts.names));
    return written
      .filter(({ key, isTemplate }) => ours.has(key) || (rolling.has(key) && !(isTemplate && facts.request.operation === "CREATE")))
      .map(({ key, path }) => ({
        path,
        message: `${key} is written by plimsoll alone: by hand it has no effect`,
        fix: "remove it",
        action: "warn",
      }));
  },
};

export const meta002: Rule = {
  id: "META-002",
  summary: "A label or annotation of the platform's domain that Plimsoll does not know, and that looks like a misspelled one.",
  defaultAction: "warn",
  subjects: ["workload"],
  examples: {
    admitted: deploymentManifest({ labels: "platform.example.com/cost-owner: billing" }),
    denied: deploymentManifest({ labels: "platform.example.com/cost-ownr: billing" }),
  },
  judge: (facts) => {
    const written = writtenKeys(facts);
    if (written.length === 0) return [];
    const { labels, annotations } = podKeysOf(facts.names);
    const read = userKeysOf(facts.names);
    const known = new Set([...labels, ...annotations, ...templateKeysOf(facts.names), ...read]);
    return written
      .filter(({ key }) => !known.has(key))
      .flatMap(({ key, path }): readonly Problem[] => {
        const nearest = nearestName(key, read);
        return nearest === undefined
          ? []
          : [{ path, message: `"${key}" has no effect: Plimsoll does not know it`, fix: `did you mean "${nearest}"?` }];
      });
  },
};

/** What is taken off a running Pod holds nothing up. */
function onRunningPod({ pod, before }: { readonly pod: Pod; readonly before: Pod }, keys: OwnKeys): readonly Problem[] {
  const [is, was] = [pod.metadata, before.metadata];
  return (["labels", "annotations"] as const).flatMap((field) =>
    keys[field]
      .filter((key) => is[field]?.[key] !== undefined && is[field][key] !== was[field]?.[key])
      .map((key) => ({
        path: pointer("metadata", field, key),
        message: `${key} is written by plimsoll alone, when a pod is created`,
        fix: "change the WorkloadProfile, and let the pods roll",
      })),
  );
}

/** The domain is long and the same for all: only what follows it is compared. */
function nearestName(key: string, keys: readonly string[]): string | undefined {
  const nameOf = (text: string): string => text.slice(text.indexOf("/") + 1);
  const nearest = nearestWord(nameOf(key), keys.map(nameOf));
  return keys.find((candidate) => nameOf(candidate) === nearest);
}

interface WrittenKey {
  readonly key: string;
  readonly path: string;
  readonly isTemplate: boolean;
}

/** What a request writes anew: a value that stands already was told when it came. A Pod carries what we computed for it. */
function writtenKeys({ subject, request, names, views }: Facts): readonly WrittenKey[] {
  if (subject.kind !== "workload" || subject.workload.object.kind === "Pod" || request.object === undefined) return [];
  const { object, oldObject } = request;
  const computed = views[0]?.contract?.pod;
  const prefix = `${names.domain}/`;
  if (!hasKeyOf(object.metadata, prefix) && !hasKeyOf(workloadOf(object)?.template.metadata, prefix)) return [];
  return placesOf(object).flatMap(({ at, metadata, isTemplate }) => {
    if (!hasKeyOf(metadata, prefix)) return [];
    const before = oldObject === undefined ? undefined : placesOf(oldObject).find((place) => place.isTemplate === isTemplate)?.metadata;
    return (["labels", "annotations"] as const).flatMap((field) =>
      Object.entries(metadata?.[field] ?? {})
        .filter(([key, value]) => key.startsWith(prefix) && before?.[field]?.[key] !== value)
        // `plimsoll render` puts what is computed into the template that it prints.
        .filter(([key, value]) => !isTemplate || computed?.[field][key] !== value)
        .map(([key]) => ({ key, path: pointer(...at, field, key), isTemplate })),
    );
  });
}

/** Few objects hold any, and every workload is asked. */
function hasKeyOf(metadata: ObjectMeta | undefined, prefix: string): boolean {
  for (const field of ["labels", "annotations"] as const) for (const key in metadata?.[field]) if (key.startsWith(prefix)) return true;
  return false;
}

interface Place {
  readonly at: readonly string[];
  readonly metadata: ObjectMeta | undefined;
  readonly isTemplate: boolean;
}

function placesOf(object: KubeObject): readonly Place[] {
  const template = object.kind === "CronJob" ? ["spec", "jobTemplate", "spec", "template"] : ["spec", "template"];
  return [
    { at: ["metadata"], metadata: object.metadata, isTemplate: false },
    { at: [...template, "metadata"], metadata: workloadOf(object)?.template.metadata, isTemplate: true },
  ];
}
