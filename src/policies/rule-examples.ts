/**
 * Rule examples: what the built-in rules' own examples come to under given policies.
 *
 * Reads policies as they stand in their files. Returns one outcome for each rule: its examples come out as its page says, or
 * otherwise (a class, a scope or a parameter of these policies decides), or the rule is off. An operator sees here which rules of
 * the list are at work, before anybody meets them.
 */
import { parseAllDocuments } from "yaml";
import { kindTable } from "../api/kinds.ts";
import { defaultDomain, platformNames } from "../api/labels.ts";
import type { InstanceType } from "../api/instance-type.ts";
import type { KubeObject } from "../api/object.ts";
import { snapshotOf } from "../kube/snapshot-of.ts";
import type { AdmissionRequest } from "./admission-request.ts";
import { evaluate } from "./evaluate.ts";
import { parsePolicyFiles, type PolicyFilesSource } from "./parse-policy-set.ts";
import type { PolicySet } from "./policy-set.ts";
import { allRules } from "./rules/all-rules.ts";
import type { Rule } from "./rules/rule.ts";

/** How the examples of one rule came out; `text` is a sentence. */
export type ExampleOutcome =
  | { readonly kind: "held"; readonly rule: string; readonly action: string }
  | { readonly kind: "off"; readonly rule: string }
  | { readonly kind: "otherwise"; readonly rule: string; readonly text: string };

/** The day that examples with dates are written for. */
const exampleDay = Date.parse("2026-12-01T00:00:00Z");

/** What {@link runRuleExamples} reads. `policySet` is what `source` parses to; the types are those of the examples' zones. */
export interface RuleExamplesInput {
  readonly source: PolicyFilesSource;
  readonly policySet: PolicySet;
  readonly instanceTypes: readonly InstanceType[];
}

/** The zones that the examples speak of. */
export const exampleZones: readonly string[] = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"];

/** Judges the examples of every built-in rule; sorted by id. */
export function runRuleExamples(input: RuleExamplesInput): readonly ExampleOutcome[] {
  return allRules.map((rule) => outcomeOf(rule, input));
}

function outcomeOf(rule: Rule, input: RuleExamplesInput): ExampleOutcome {
  if (input.policySet.rules.get(rule.id)?.action === "off") return { kind: "off", rule: rule.id };
  const policySet = policiesOf(rule, input);
  const otherwise = (text: string): ExampleOutcome => ({ kind: "otherwise", rule: rule.id, text });
  if (policySet === undefined) return otherwise("its example needs sections that can't stand beside these policies");
  const judged = (example: string) => actionsOf(example, { rule, policySet, instanceTypes: input.instanceTypes });
  const [admitted, [denied]] = [judged(rule.examples.admitted), judged(rule.examples.denied)];
  if (admitted.length > 0) return otherwise(`its admitted example draws it: a class, scope or parameter differs here`);
  if (denied === undefined) return otherwise(`its denied example does not draw it: a class, scope or parameter differs here`);
  return { kind: "held", rule: rule.id, action: denied };
}

function policiesOf({ id, examples }: Rule, { source, policySet }: RuleExamplesInput): PolicySet | undefined {
  if (examples.policies === undefined) return policySet;
  const [first, ...others] = source.files;
  const beside = { fileName: `${id}.example.yaml`, text: examples.policies };
  const parsed = parsePolicyFiles({ ...source, files: [first, ...others, beside], now: exampleDay });
  return parsed.ok ? parsed.value : undefined;
}

function actionsOf(
  example: string,
  { rule, policySet, instanceTypes }: { readonly rule: Rule } & Pick<RuleExamplesInput, "policySet" | "instanceTypes">,
): readonly string[] {
  const objects = parseAllDocuments(example).flatMap((document): readonly KubeObject[] => {
    const value: unknown = document.toJS();
    return isObject(value) ? [value] : [];
  });
  const judged = objects.at(-1);
  if (judged === undefined) return [];
  const snapshot = snapshotOf(objects.slice(0, -1));
  const context = { snapshot, instanceTypes, names: platformNames(defaultDomain), now: exampleDay, speaksForOwner: false };
  const { findings } = evaluate({ policySet, request: requestOf(judged), context });
  return findings.filter((finding) => finding.rule === rule.id).map(({ action }) => action);
}

/** The request that brings an example in; a Scale is asked of the Deployment of its name. */
function requestOf(object: KubeObject): AdmissionRequest {
  const isScale = object.kind === "Scale";
  const info = Object.values(kindTable()).find(({ kind }) => kind === (isScale ? "Deployment" : object.kind));
  const [version = "", group = ""] = object.apiVersion.split("/").reverse();
  return {
    uid: "example",
    operation: isScale ? "UPDATE" : "CREATE",
    kind: { group, version, kind: object.kind },
    resource: { group: info?.group ?? group, version: info?.version ?? version, resource: info?.resource ?? "" },
    ...(isScale ? { subResource: "scale" } : {}),
    name: object.metadata.name ?? "",
    namespace: object.metadata.namespace ?? "",
    object,
    userInfo: { username: "example", groups: [] },
    dryRun: true,
  };
}

function isObject(value: unknown): value is KubeObject {
  return typeof value === "object" && value !== null && "apiVersion" in value && "kind" in value && "metadata" in value;
}
