/**
 * `plimsoll rules [ID]`: every rule with what it does here, or one of them explained.
 *
 * Reads the rules and, where there is one, a policies file. Prints the list and who covers what of running a workload well: admission
 * sees manifests, and what no manifest shows stays with the team.
 */
import { nearestWord } from "../api/nearest-word.ts";
import type { PolicySet, RuleSetting } from "../policies/policy-set.ts";
import { allRules } from "../policies/rules/all-rules.ts";
import type { Rule, RuleParam } from "../policies/rules/rule.ts";
import { readPolicies } from "./offline.ts";
import type { ProgramSurroundings } from "./surroundings.ts";

export interface RulesRequest extends Pick<ProgramSurroundings, "stdout" | "stderr"> {
  readonly id: string | undefined;
  readonly policies: string;
}

/** Families that judge each of the eleven things that stay a team's own on any provisioner, "" where no manifest shows it. */
const coverage: readonly (readonly [what: string, families: string])[] = [
  ["container correctness", ""],
  ["requests and limits", "REQ, CLASS, POOL"],
  ["disruption budgets", "DRAIN, PDB"],
  ["probes", "DRAIN-011"],
  ["security context", "SEC"],
  ["IAM of workloads", "SEC"],
  ["RBAC", ""],
  ["network policy", ""],
  ["service level objectives", ""],
  ["deployment strategy", "DRAIN"],
  ["business reliability", ""],
];

/** Runs the command; returns 0, or 2 where there is no such rule or the policies are bad. */
export function runRules(request: RulesRequest): number {
  const { policySet, problems } = readPolicies(request.policies);
  for (const line of problems) request.stderr.write(`${line}\n`);
  if (policySet === undefined) return 2;
  if (request.id === undefined) {
    request.stdout.write(listText(policySet));
    return 0;
  }
  const wanted = request.id.toUpperCase();
  const rule = allRules.find(({ id }) => id === wanted);
  const custom = policySet.customRules.find(({ id }) => id === wanted);
  if (rule === undefined && custom === undefined) {
    const nearest = nearestWord(wanted, [...policySet.rules.keys()]);
    request.stderr.write(`no such rule: ${request.id}${nearest === undefined ? "" : `; nearest ${nearest}`}\n`);
    return 2;
  }
  const setting = policySet.rules.get(wanted);
  request.stdout.write(
    rule === undefined ? customText({ id: wanted, fix: custom?.fix ?? "" }, setting) : ruleText(rule, setting, policySet),
  );
  return 0;
}

function listText(policySet: PolicySet): string {
  const rows = [
    ...allRules.map(({ id, summary }) => [id, policySet.rules.get(id)?.action ?? "off", summary]),
    ...policySet.customRules.map(({ id }) => [id, policySet.rules.get(id)?.action ?? "off", "a rule of your own"]),
  ];
  const width = Math.max(...rows.map(([id = ""]) => id.length));
  const list = rows.map(([id = "", action = "", summary = ""]) => `${id.padEnd(width)}  ${action.padEnd(5)}  ${summary}\n`);
  const covered = coverage.map(([what, families]) => `  ${what.padEnd(26)}${families === "" ? "yours: no manifest shows it" : families}\n`);
  return `${list.join("")}\nWhat stays a team's own on any provisioner, and which rules look at it:\n${covered.join("")}`;
}

function ruleText(rule: Rule, setting: RuleSetting | undefined, policySet: PolicySet): string {
  const { id, summary, defaultAction, params = {}, examples } = rule;
  const { docsBase } = policySet.settings;
  const page = docsBase === undefined ? "" : `page: ${docsBase.replace(/\/*$/, "/")}${id}\n`;
  return [
    `${id}: ${summary}\n`,
    `action: ${actionText(setting)} (default ${defaultAction})\n`,
    page,
    ...Object.entries(params).map(
      ([name, param]) => `param ${name}: ${String(setting?.params[name] ?? param.default)} (${allowed(param)}): ${param.meaning}\n`,
    ),
    examples.policies === undefined ? "" : `\nWith in policies.yaml:\n${indented(examples.policies)}`,
    `\nLet in:\n${indented(examples.admitted)}`,
    `\nFound:\n${indented(examples.denied)}`,
  ].join("");
}

function customText({ id, fix }: { readonly id: string; readonly fix: string }, setting: RuleSetting | undefined): string {
  return `${id}: a rule of your own\naction: ${actionText(setting)}\nfix: ${fix}\n`;
}

function actionText(setting: RuleSetting | undefined): string {
  if (setting === undefined) return "off";
  const { action, staged, line, fileName, scope } = setting;
  const then = staged === undefined ? "" : `, from ${new Date(staged.until).toISOString().slice(0, 10)} on ${staged.then}`;
  const where = [
    ...(scope.classes.length === 0 ? [] : [`classes ${scope.classes.join(", ")}`]),
    ...(scope.namespaces.length === 0 ? [] : [`namespaces ${scope.namespaces.join(", ")}`]),
  ];
  return `${action}${then}${where.length === 0 ? "" : ` in ${where.join(" and ")}`}${line === undefined ? "" : `, ${fileName ?? ""}:${line}`}`;
}

function allowed(param: RuleParam): string {
  if (param.kind === "list") return "words";
  return param.kind === "number" ? `${param.min} and more` : param.choices.join(", ");
}

function indented(text: string): string {
  return `${text
    .trim()
    .split("\n")
    .map((line) => `  ${line}`.trimEnd())
    .join("\n")}\n`;
}
