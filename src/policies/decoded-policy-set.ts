/**
 * The decoded policies as a PolicySet: every default filled, every day an instant, every entry with its line.
 *
 * Reads a file whose form and sense have been checked. Returns plain data; nothing can go wrong here any more.
 */
import { shortHashOf } from "../api/hash.ts";
import type { LabelSelector } from "../api/object.ts";
import type { CustomRuleEntry, PoliciesFile, RuleEntry } from "../api/policies-file.ts";
import type { NamespaceClasses, WorkloadClass } from "./class.ts";
import { mergeClass, toWorkloadClass } from "./class-entry.ts";
import type { CustomRule } from "./custom-rule.ts";
import { toExemption } from "./exemption.ts";
import { toMigration } from "./migration.ts";
import type { FilePlace, MergedDocument } from "./policy-merge.ts";
import type { ClassGrant, PolicySet, PolicySettings, RuleParams, RuleSetting } from "./policy-set.ts";
import { allRules } from "./rules/all-rules.ts";
import type { Rule } from "./rules/rule.ts";

/** What a policy set is made of. */
export interface DecodedPolicies {
  readonly file: PoliciesFile;
  readonly document: MergedDocument;
  /** As the operator named it. */
  readonly fileName: string;
  readonly customRules: readonly CustomRule[];
}

/** Returns a file that has been checked as a policy set. */
export function toPolicySet(from: DecodedPolicies): PolicySet {
  const { file, document, fileName, customRules } = from;
  const classes = new Map(Object.entries(file.classes).map(([name, entry]) => [name, toWorkloadClass(name, entry)] as const));
  const review = file.nodepoolReview ?? {};
  const migration = toMigration(file, { domain: policyDomain(file) });
  return {
    bundle: shortHashOf(file),
    fileName,
    settings: toSettings(file),
    classes,
    namespaces: toNamespaces(file),
    grants: new Map(Object.entries(file.grants ?? {}).map(([name, grant]) => [name, toGrant(grant)])),
    costOwners: {
      values: file.costOwners?.values ?? [],
      requiredOn: file.costOwners?.requiredOn ?? (file.costOwners === undefined ? [] : ["profile"]),
      tagKey: file.costOwners?.tagKey ?? "cost-center",
    },
    rules: new Map([
      ...allRules.map((rule) => [rule.id, toSetting(rule, entryOf(rule, file), document)] as const),
      ...(file.custom ?? []).map((entry, index) => [entry.id, toCustomSetting(entry, document.placeOf(`/custom/${index}`))] as const),
    ]),
    customRules,
    nodepoolReview: {
      ...(review.naming === undefined ? {} : { naming: review.naming }),
      forbiddenNames: review.forbiddenNames ?? [],
      minInstanceTypes: review.minInstanceTypes ?? {},
      justifications: review.justifications ?? [],
      requireTags: review.requireTags ?? [],
    },
    exemptions: (file.exemptions ?? []).map((entry, index) => toExemption(entry, document.placeOf(`/exemptions/${index}`).line)),
    ...(migration === undefined ? {} : { migration }),
  };
}

function toSettings({ settings = {} }: PoliciesFile): PolicySettings {
  return {
    defaultClass: settings.defaultClass ?? "general",
    unprofiled: settings.unprofiled ?? "warn",
    failurePolicy: new Map(Object.entries(settings.failurePolicy ?? {})),
    ...(settings.docsBase === undefined ? {} : { docsBase: settings.docsBase }),
    capacityAdvice: settings.capacityAdvice ?? "off",
    evictions: settings.evictions ?? "surge",
    rebalanceRecommendation: settings.rebalanceRecommendation ?? "event",
    ...(settings.podPatch === undefined ? {} : { podPatchFields: settings.podPatch }),
    provider: settings.provider?.kind ?? "karpenter",
    controllers: (settings.controllers ?? []).map(({ users = [], groups = [], makes }) => ({ users, groups, makes })),
    ...toGrandfather(settings.grandfather),
    ...(settings.maxNewDenials === undefined ? {} : { maxNewDenials: settings.maxNewDenials }),
  };
}

function toGrandfather(entry: NonNullable<PoliciesFile["settings"]>["grandfather"]): Pick<PolicySettings, "grandfather"> {
  if (entry === undefined) return {};
  const { before, until, unlessChanged = ["spec.template"] } = entry;
  return { grandfather: { before: Date.parse(before), until: Date.parse(until), untilText: until, unlessChanged } };
}

/** Returns the API domain of a file: "platform.example.com/policies/v1" is of platform.example.com. */
export function policyDomain({ apiVersion }: PoliciesFile): string {
  return apiVersion.slice(0, apiVersion.indexOf("/"));
}

function toGrant(grant: NonNullable<PoliciesFile["grants"]>[string]): ClassGrant {
  const { matchLabels } = grant.namespaceSelector ?? {};
  const selector: LabelSelector | undefined = matchLabels === undefined ? undefined : { matchLabels };
  return {
    namespaces: grant.namespaces ?? [],
    ...(selector === undefined ? {} : { namespaceSelector: selector }),
    ...(grant.requestFrom === undefined ? {} : { requestFrom: grant.requestFrom }),
  };
}

function toNamespaces(file: PoliciesFile): readonly NamespaceClasses[] {
  return Object.entries(file.namespaces ?? {}).map(([glob, { classDefaults = {} }]) => ({
    glob,
    classes: new Map(
      Object.entries(classDefaults).map(([name, entry]): readonly [string, WorkloadClass] => [
        name,
        toWorkloadClass(name, mergeClass(file.classes[name] ?? {}, entry)),
      ]),
    ),
  }));
}

/** What the file says of a rule, and where. A review rule may be set by its action alone, beside what reviews go by. */
interface PlacedEntry {
  readonly entry: RuleEntry | undefined;
  readonly path: string;
}

function entryOf({ id }: Rule, { rules, nodepoolReview }: PoliciesFile): PlacedEntry {
  const action = nodepoolReview?.rules?.[id];
  return action === undefined ? { entry: rules?.[id], path: `/rules/${id}` } : { entry: { action }, path: `/nodepoolReview/rules/${id}` };
}

function toSetting(rule: Rule, { entry, path }: PlacedEntry, document: MergedDocument): RuleSetting {
  const { scope = {} } = entry ?? {};
  const defaults = Object.fromEntries(Object.entries(rule.params ?? {}).map(([name, param]) => [name, param.default]));
  const staged = entry?.until === undefined || entry.then === undefined ? undefined : { until: Date.parse(entry.until), then: entry.then };
  return {
    action: entry?.action ?? rule.defaultAction,
    ...(staged === undefined ? {} : { staged }),
    scope: {
      classes: scope.classes ?? [],
      namespaces: scope.namespaces ?? [],
      ...(scope.labels === undefined ? {} : { labels: { matchLabels: scope.labels } }),
    },
    params: { ...defaults, ...toParams(entry?.params ?? {}) },
    ...(entry === undefined ? {} : placed(document.placeOf(path))),
  };
}

/** What a custom rule matches is its scope, as with any other rule. */
function toCustomSetting(entry: CustomRuleEntry, place: FilePlace): RuleSetting {
  const { match = {}, until, then } = entry;
  return {
    action: entry.action ?? "deny",
    ...(until === undefined || then === undefined ? {} : { staged: { until: Date.parse(until), then } }),
    scope: {
      classes: match.classes ?? [],
      namespaces: match.namespaces ?? [],
      ...(match.labels === undefined ? {} : { labels: { matchLabels: match.labels } }),
    },
    params: {},
    ...placed(place),
  };
}

function placed({ line, fileName }: FilePlace): Pick<RuleSetting, "line" | "fileName"> {
  return { line, fileName };
}

/** policy-check.ts has refused what is neither a number, nor a word, nor a list of words. */
function toParams(params: Readonly<Record<string, unknown>>): RuleSetting["params"] {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, value]): readonly (readonly [string, RuleParams[string]])[] => {
      if (typeof value === "number" || typeof value === "string") return [[name, value]];
      return Array.isArray(value) ? [[name, value.filter((word) => typeof word === "string")]] : [];
    }),
  );
}
