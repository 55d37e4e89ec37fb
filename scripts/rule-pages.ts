/**
 * The pages of docs/rules: one for each built-in rule, and their list.
 *
 * Reads the rules. Returns texts by path and writes nothing, so that a test can compare them with the files on disk. The
 * examples are the ones that open each rule's file and that the tests run.
 */
import { parseAllDocuments } from "yaml";
import { allRules } from "../src/policies/rules/all-rules.ts";
import type { Rule, RuleParam } from "../src/policies/rules/rule.ts";

const note = "<!-- Made from src/policies/rules by `npm run generate`; don't edit. -->";

/** Returns the text of each page by its path from the root of the repository. */
export function rulePages(): ReadonlyMap<string, string> {
  return new Map([["docs/rules/README.md", listPage()], ...allRules.map((rule) => [`docs/rules/${rule.id}.md`, rulePage(rule)] as const)]);
}

function listPage(): string {
  const rows = allRules.map(({ id, defaultAction, summary }) => `| [${id}](${id}.md) | ${defaultAction} | ${summary} |`);
  return `${note}

# Rules

What admission judges. \`rules.<id>\` of policies.yaml changes a rule's action (deny, warn, audit, off), narrows where it holds
(\`scope\`), sets its \`params\`, and stages a change (\`until\`, \`then\`).

| rule | default | what it finds |
| --- | --- | --- |
${rows.join("\n")}
`;
}

function rulePage(rule: Rule): string {
  const { id, summary, defaultAction, why, strongestAction, params = {}, examples } = rule;
  const strongest = strongestAction === undefined ? "" : ` Its strongest action is ${strongestAction}.`;
  return `${note}

# ${id}

${summary}

By default it acts as ${defaultAction}.${why === undefined ? "" : ` ${why}`}${strongest}
${paramTable(params)}${policiesBlock(examples.policies)}
## Let in

${exampleText(examples.admitted)}
## Found

${exampleText(examples.denied)}`;
}

function paramTable(params: Readonly<Record<string, RuleParam>>): string {
  const rows = Object.entries(params).map(
    ([name, param]) => `| ${name} | ${textOf(param.default)} | ${allowed(param)} | ${param.meaning} |`,
  );
  return rows.length === 0 ? "" : `\n| parameter | default | allowed | meaning |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}

function textOf(value: RuleParam["default"]): string {
  return typeof value === "object" ? `[${value.join(", ")}]` : String(value);
}

function allowed(param: RuleParam): string {
  if (param.kind === "list") return "words";
  return param.kind === "number" ? `${param.min} and more` : param.choices.join(", ");
}

function policiesBlock(policies: string | undefined): string {
  return policies === undefined ? "" : `\nWith these lines in policies.yaml:\n\n\`\`\`yaml\n${policies.trim()}\n\`\`\`\n`;
}

/** The last document is judged; what stands before it is in the cluster already. */
function exampleText(example: string): string {
  const before = parseAllDocuments(example).length > 1 ? "The last object comes second:\n\n" : "";
  return `${before}\`\`\`yaml\n${example.trim()}\n\`\`\`\n`;
}
