/**
 * The corpus: well-known public workloads as their charts render them, and what admission says of each object.
 *
 * Reads test/corpus/workloads and findings.yaml. Each file is judged with its other objects in the cluster, beside the NodePools
 * of the lab, by the repository's policies.yaml. What stands in kube-system never meets admission; so that every rule sees it
 * all the same, it is judged as if a platform team had installed it in a namespace of its own.
 */
import { readdirSync } from "node:fs";
import { parseDocument } from "yaml";
import { kindTable } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { evaluate } from "../../src/policies/evaluate.ts";
import type { PolicySet } from "../../src/policies/policy-set.ts";
import type { Verdict } from "../../src/policies/verdict.ts";
import { contextOf, requestFor } from "../support/admission.ts";
import { objectsIn, yamlObjects, yamlText } from "../support/yaml-objects.ts";

/** Where add-ons are judged that would stand in kube-system; policies.yaml grants it class system. */
const platformNamespace = "platform-addons";

export interface JudgedObject {
  /** Name of the file, without .yaml. */
  readonly workload: string;
  /** "Deployment monitoring/grafana". */
  readonly object: string;
  readonly verdict: Verdict;
}

/** One line of findings.yaml: findings of one kind, and why they are right. */
export interface ArguedFindings {
  readonly rule: string;
  readonly action: string;
  readonly argument: string;
  /** "grafana Deployment monitoring/grafana". */
  readonly on: readonly string[];
}

/** Names of the corpus's files, without .yaml, sorted. */
export const workloads: readonly string[] = readdirSync(new URL("workloads", import.meta.url))
  .map((name) => name.replace(/\.yaml$/, ""))
  .sort();

/** Returns the objects of a workload, none of them in kube-system, nor naming it (a webhook its Service, an affinity its Pods). */
export function objectsOf(workload: string): readonly KubeObject[] {
  return objectsIn(yamlText(`test/corpus/workloads/${workload}.yaml`).replaceAll("kube-system", platformNamespace));
}

/** Judges every object of the corpus whose kind admission knows. */
export function judgeCorpus(policySet: PolicySet): readonly JudgedObject[] {
  const lab = yamlObjects("examples/lab/a0-infrastructure.yaml");
  const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] });
  const known = new Set<string>(Object.values(kindTable()).map(({ kind }) => kind));
  return workloads.flatMap((workload) => {
    const objects = objectsOf(workload);
    return objects
      .filter(({ kind }) => known.has(kind))
      .map((object) => {
        const context = contextOf([...lab, ...objects.filter((other) => other !== object)], instanceTypes);
        return { workload, object: titleOf(object), verdict: evaluate({ policySet, request: requestFor(object), context }) };
      });
  });
}

/** Reads findings.yaml. */
export function arguedFindings(): readonly ArguedFindings[] {
  return parseDocument(yamlText("test/corpus/findings.yaml")).toJS() as readonly ArguedFindings[];
}

function titleOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name ?? ""}`;
}
