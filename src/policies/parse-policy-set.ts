/**
 * Parsing of policies.yaml: its text into a PolicySet, or everything that is wrong with it.
 *
 * Reads text. Checks form first (the schema of src/api/policies-file.ts), then what one entry says about another
 * (policy-check.ts). One error refuses the whole file: a policy that is half applied is worse than yesterday's.
 */
import { shortHashOf } from "../api/hash.ts";
import type { LabelSelector } from "../api/object.ts";
import type { PoliciesFile, RuleEntry } from "../api/policies-file.ts";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { NamespaceClasses, WorkloadClass } from "./class.ts";
import { mergeClass, toWorkloadClass } from "./class-entry.ts";
import { toExemption } from "./exemption.ts";
import { toMigration } from "./migration.ts";
import { checkPolicies } from "./policy-check.ts";
import { parsePolicyDocument, type PolicyDocument } from "./policy-document.ts";
import type { PolicyError } from "./policy-error.ts";
import { decodePoliciesFile } from "./policy-file.ts";
import type { PolicyProblem } from "./policy-problem.ts";
import type { ClassGrant, PolicySet, PolicySettings, RuleSetting } from "./policy-set.ts";
import { allRules } from "./rules/all-rules.ts";
import type { Rule } from "./rules/rule.ts";

export interface PolicySource {
  readonly text: string;
  readonly fileName: string;
  /** Our own namespace, which no policy may lock out; kube-system never may be. */
  readonly ownNamespace?: string;
  /** When the file is read: an exemption may last no longer than 180 days from its approval, which is not after now. */
  readonly now?: Instant;
}

/** The namespace of deploy/'s manifests. */
const defaultOwnNamespace = "plimsoll-system";

/** Parses a policies file; the errors are all there are, in the order of the file, each with line and column. */
export function parsePolicySet(source: PolicySource): Result<PolicySet, readonly PolicyError[]> {
  const document = parsePolicyDocument(source);
  if (!document.ok) return document;
  const decoded = decodePoliciesFile(document.value.value);
  if (!decoded.ok) return err(inOrder(decoded.error, document.value, source.fileName));
  const file = decoded.value;
  const checked = checkPolicies(file, {
    protectedNamespaces: ["kube-system", source.ownNamespace ?? defaultOwnNamespace],
    ...(source.now === undefined ? {} : { now: source.now }),
  });
  if (checked.length > 0) return err(inOrder(checked, document.value, source.fileName));
  return ok(toPolicySet({ file, document: document.value, fileName: source.fileName }));
}

function toPolicySet(from: { readonly file: PoliciesFile; readonly document: PolicyDocument; readonly fileName: string }): PolicySet {
  const { file, document, fileName } = from;
  const classes = new Map(Object.entries(file.classes).map(([name, entry]) => [name, toWorkloadClass(name, entry)] as const));
  const review = file.nodepoolReview ?? {};
  const migration = toMigration(file, { domain: domainOf(file) });
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
    rules: new Map(allRules.map((rule) => [rule.id, toSetting(rule, entryOf(rule, file), document)])),
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
    ...(settings.podPatch === undefined ? {} : { podPatchFields: settings.podPatch }),
    provider: settings.provider?.kind ?? "karpenter",
    ...toGrandfather(settings.grandfather),
    ...(settings.maxNewDenials === undefined ? {} : { maxNewDenials: settings.maxNewDenials }),
  };
}

function toGrandfather(entry: NonNullable<PoliciesFile["settings"]>["grandfather"]): Pick<PolicySettings, "grandfather"> {
  if (entry === undefined) return {};
  const { before, until, unlessChanged = ["spec.template"] } = entry;
  return { grandfather: { before: Date.parse(before), until: Date.parse(until), untilText: until, unlessChanged } };
}

/** "platform.example.com/policies/v1" is of the domain platform.example.com. */
function domainOf({ apiVersion }: PoliciesFile): string {
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

function toSetting(rule: Rule, { entry, path }: PlacedEntry, document: PolicyDocument): RuleSetting {
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
    ...(entry === undefined ? {} : { line: document.placeOf(path).line }),
  };
}

/** policy-check.ts has refused what is neither a number nor a word. */
function toParams(params: Readonly<Record<string, unknown>>): RuleSetting["params"] {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, value]) => (typeof value === "number" || typeof value === "string" ? [[name, value]] : [])),
  );
}

function inOrder(problems: readonly PolicyProblem[], document: PolicyDocument, fileName: string): readonly PolicyError[] {
  return problems
    .map(({ path, field, message }) => ({ fileName, ...document.placeOf(path), field, message }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}
