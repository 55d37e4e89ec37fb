/**
 * Checks of a policies file that its schema cannot make: what one entry says about another.
 *
 * Reads a file whose form is right. Returns every problem with its place. What this version does not do is refused by name,
 * never passed over: an operator must not believe in a rule that nobody reads.
 */
import { nearestWord } from "../api/nearest-word.ts";
import type { Instant } from "../api/ports.ts";
import type { LabelSelector } from "../api/object.ts";
import type { PoliciesFile, RuleEntry } from "../api/policies-file.ts";
import type { WorkloadClassEntry } from "../api/workload-class.ts";
import { compilePattern } from "./cel/pattern.ts";
import { matchesGlob } from "./class.ts";
import { classProblems } from "./class-check.ts";
import { closedLabel } from "./closed-label.ts";
import { exemptionProblems } from "./exemption-check.ts";
import { isDay } from "./policy-day.ts";
import { problemAt, type PolicyProblem } from "./policy-problem.ts";
import type { RuleAction } from "./policy-set.ts";
import { allRules } from "./rules/all-rules.ts";
import type { Rule, RuleParam } from "./rules/rule.ts";

export interface PolicyCheckOptions {
  /** Namespaces that a policy must not lock out. */
  readonly protectedNamespaces: readonly string[];
  /** When the file is read. */
  readonly now?: Instant;
}

const actionOrder: readonly RuleAction[] = ["off", "audit", "warn", "deny"];

/** Returns everything that is wrong between the entries of a file. */
export function checkPolicies(file: PoliciesFile, options: PolicyCheckOptions): readonly PolicyProblem[] {
  return [
    ...Object.entries(file.classes).flatMap(([name, entry]) => classProblems({ entry, at: ["classes", name] })),
    ...settingsProblems(file),
    ...classNameProblems(file),
    ...closedClassProblems(file, options),
    ...Object.entries(file.namespaces ?? {}).flatMap(([glob, { classDefaults = {} }]) => overrideProblems(file, glob, classDefaults)),
    ...Object.entries(file.rules ?? {}).flatMap(([id, entry]) => ruleProblems(file, { id, entry, options })),
    ...reviewProblems(file),
    ...exemptionProblems({
      entries: file.exemptions ?? [],
      ruleIds: [...allRules.map(({ id }) => id), ...(file.custom ?? []).map(({ id }) => id)],
      ...(options.now === undefined ? {} : { now: options.now }),
    }),
    ...migrationProblems(file),
    ...dayProblems(file),
  ];
}

function migrationProblems(file: PoliciesFile): readonly PolicyProblem[] {
  return (file.migration?.classesDone ?? []).flatMap((name, index) =>
    unknownClass(file, { tokens: ["migration", "classesDone", String(index)], name }),
  );
}

/** Days that the pattern of a date lets pass, such as the 31st of February. */
function dayProblems({ settings, migration }: PoliciesFile): readonly PolicyProblem[] {
  const { before, until } = settings?.grandfather ?? {};
  const days: readonly (readonly [readonly string[], string | undefined])[] = [
    [["settings", "grandfather", "before"], before],
    [["settings", "grandfather", "until"], until],
    [["migration", "until"], migration?.until],
  ];
  return days.flatMap(([tokens, day]) => (day !== undefined && !isDay(day) ? [problemAt(tokens, `no such day: ${day}`)] : []));
}

function settingsProblems({ settings, classes }: PoliciesFile): readonly PolicyProblem[] {
  const name = settings?.defaultClass ?? "general";
  if (Object.hasOwn(classes, name)) return [];
  return [
    problemAt(
      settings?.defaultClass === undefined ? ["classes"] : ["settings", "defaultClass"],
      `defaultClass "${name}" is not in classes`,
    ),
  ];
}

/** Every place that names a class names one of the catalogue. */
function classNameProblems(file: PoliciesFile): readonly PolicyProblem[] {
  const places = [
    ...Object.keys(file.settings?.failurePolicy ?? {}).map((name) => ["settings", "failurePolicy", name]),
    ...Object.keys(file.grants ?? {}).map((name) => ["grants", name]),
    ...Object.entries(file.namespaces ?? {}).flatMap(([glob, { classDefaults = {} }]) =>
      Object.keys(classDefaults).map((name) => ["namespaces", glob, "classDefaults", name]),
    ),
  ];
  return places.flatMap((tokens) => unknownClass(file, { tokens, name: tokens.at(-1) ?? "" }));
}

function unknownClass(file: PoliciesFile, at: { readonly tokens: readonly string[]; readonly name: string }): readonly PolicyProblem[] {
  if (Object.hasOwn(file.classes, at.name)) return [];
  const nearest = nearestWord(at.name, Object.keys(file.classes));
  return [problemAt(at.tokens, `no such class${nearest === undefined ? "" : `; did you mean ${nearest}`}`)];
}

/** A class is fail-closed only through the namespaces granted to it: the API server cannot see a class when we are down. */
function closedClassProblems(file: PoliciesFile, { protectedNamespaces }: PolicyCheckOptions): readonly PolicyProblem[] {
  const closed = Object.entries(file.settings?.failurePolicy ?? {}).filter(([, policy]) => policy === "closed");
  return closed.flatMap(([name]) => {
    const { namespaces = [], namespaceSelector } = file.grants?.[name] ?? {};
    if (namespaces.length === 0 && Object.keys(namespaceSelector?.matchLabels ?? {}).length === 0) {
      return [problemAt(["settings", "failurePolicy", name], `closed needs grants.${name} with namespaces or a namespaceSelector`)];
    }
    return [
      ...closedLabelProblems(name, namespaceSelector),
      ...(file.settings?.iKnow === true ? [] : closedNameProblems({ name, namespaces }, protectedNamespaces)),
    ];
  });
}

/** What can't be registered must not be accepted: the process would not come up again with it. */
function closedLabelProblems(className: string, selector: LabelSelector = {}): readonly PolicyProblem[] {
  if (selector.matchLabels === undefined || closedLabel(selector) !== undefined) return [];
  const count = Object.keys(selector.matchLabels).length;
  return [problemAt(["grants", className, "namespaceSelector"], `a closed class is granted by exactly one label, not by ${count}`)];
}

function closedNameProblems(
  { name, namespaces }: { readonly name: string; readonly namespaces: readonly string[] },
  protectedNamespaces: readonly string[],
): readonly PolicyProblem[] {
  return namespaces.flatMap((glob, index) =>
    protectedNamespaces
      .filter((namespace) => matchesGlob({ glob, text: namespace }))
      .map((namespace) => problemAt(["grants", name, "namespaces", String(index)], lockOut(`closed class "${name}"`, namespace))),
  );
}

function lockOut(what: string, namespace: string): string {
  return `${what} would lock out namespace ${namespace}; narrow it, or set settings.iKnow: true`;
}

function overrideProblems(
  file: PoliciesFile,
  glob: string,
  classDefaults: Readonly<Record<string, WorkloadClassEntry>>,
): readonly PolicyProblem[] {
  return Object.entries(classDefaults).flatMap(([name, entry]) =>
    classProblems({ entry, base: file.classes[name] ?? {}, at: ["namespaces", glob, "classDefaults", name] }),
  );
}

interface JudgedEntry {
  readonly id: string;
  readonly entry: RuleEntry;
  readonly options: PolicyCheckOptions;
}

function ruleProblems(file: PoliciesFile, { id, entry, options }: JudgedEntry): readonly PolicyProblem[] {
  const rule = allRules.find((known) => known.id === id);
  if (rule === undefined) {
    const nearest = nearestWord(
      id,
      allRules.map((known) => known.id),
    );
    return [problemAt(["rules", id], `no such rule${nearest === undefined ? "" : `; nearest ${nearest}`}`)];
  }
  const { scope = {}, until, then } = entry;
  const scopedClasses = (scope.classes ?? []).flatMap((name, index) =>
    unknownClass(file, { tokens: ["rules", id, "scope", "classes", String(index)], name }),
  );
  return [
    ...actionProblems(rule, entry),
    ...((until === undefined) === (then === undefined) ? [] : [problemAt(["rules", id], "until and then belong together")]),
    ...(until !== undefined && !isDay(until) ? [problemAt(["rules", id, "until"], `no such day: ${until}`)] : []),
    ...scopedClasses,
    ...Object.entries(entry.params ?? {}).flatMap(([name, value]) => paramProblems(rule, { name, value })),
    ...(file.settings?.iKnow === true ? [] : lockOutProblems({ id, entry, options })),
  ];
}

function actionProblems({ id, strongestAction = "deny" }: Rule, { action, then }: RuleEntry): readonly PolicyProblem[] {
  return (
    [
      ["action", action],
      ["then", then],
    ] as const
  ).flatMap(([field, value]) => {
    if (value === undefined || actionOrder.indexOf(value) <= actionOrder.indexOf(strongestAction)) return [];
    return [problemAt(["rules", id, field], `must be at most ${strongestAction}: this rule only reports`)];
  });
}

function paramProblems(
  { id, params = {} }: Rule,
  { name, value }: { readonly name: string; readonly value: unknown },
): readonly PolicyProblem[] {
  const tokens = ["rules", id, "params", name];
  const param = Object.hasOwn(params, name) ? params[name] : undefined;
  if (param === undefined) {
    const nearest = nearestWord(name, Object.keys(params));
    return [problemAt(tokens, `no such parameter${nearest === undefined ? "" : `; did you mean ${nearest}`}`)];
  }
  const wanted = wantedOf(param, value);
  return wanted === undefined ? [] : [problemAt(tokens, `must be ${wanted}, not ${JSON.stringify(value)}`)];
}

function wantedOf(param: RuleParam, value: unknown): string | undefined {
  if (param.kind === "number") return typeof value === "number" && value >= param.min ? undefined : `a number of at least ${param.min}`;
  if (param.kind === "list") return Array.isArray(value) && value.every((word) => typeof word === "string") ? undefined : "a list of words";
  return typeof value === "string" && param.choices.includes(value) ? undefined : `one of ${param.choices.join(", ")}`;
}

/** A rule without scope is kept away from the platform's namespaces by the webhook's registration; one that names them is meant. */
function lockOutProblems({ id, entry, options }: JudgedEntry): readonly PolicyProblem[] {
  if (entry.action !== "deny" && entry.then !== "deny") return [];
  return (entry.scope?.namespaces ?? []).flatMap((glob, index) =>
    options.protectedNamespaces
      .filter((namespace) => !glob.startsWith("!") && glob !== "*" && matchesGlob({ glob, text: namespace }))
      .map((namespace) => problemAt(["rules", id, "scope", "namespaces", String(index)], lockOut("deny", namespace))),
  );
}

/** One rule has one entry: that of `rules`, or its action beside what reviews go by. */
function reviewProblems({ nodepoolReview, rules: entries = {} }: PoliciesFile): readonly PolicyProblem[] {
  const { naming, rules = {} } = nodepoolReview ?? {};
  const known = allRules.map(({ id }) => id).filter((id) => /^N[CP]-/.test(id));
  const wrong = Object.keys(rules).flatMap((id): readonly PolicyProblem[] => {
    const tokens = ["nodepoolReview", "rules", id];
    if (Object.hasOwn(entries, id)) return [problemAt(tokens, `${id} is in rules too; keep one`)];
    const nearest = nearestWord(id, known);
    return known.includes(id) ? [] : [problemAt(tokens, `no such rule${nearest === undefined ? "" : `; nearest ${nearest}`}`)];
  });
  const compiled = naming === undefined ? undefined : compilePattern(naming);
  return compiled?.ok === false ? [...wrong, problemAt(["nodepoolReview", "naming"], `not RE2-safe: ${compiled.error}`)] : wrong;
}
