/**
 * IAM evaluation: whether statements allow one action on one resource.
 *
 * Reads statements and an authorization: the action, the resource and the keys that conditions ask for. Returns whether it is allowed and
 * by which statement, else the nearest statement and what it misses. The rules are AWS' for policies of an identity: an explicit Deny wins,
 * and what nothing allows is denied.
 */
import type { Condition, Patterns, PolicyStatement } from "./iam-policy-document.ts";

export interface Authorization {
  /** Such as "ec2:CreateFleet". */
  readonly action: string;
  /** An ARN, or "*" for an action that knows no resources. */
  readonly resource: string;
  /** Values by condition key, such as "aws:RequestTag/team". */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

export type Decision =
  | { readonly kind: "allowed"; readonly by: string }
  | { readonly kind: "denied"; readonly why: string }
  /** A statement that might decide it asks for something that is not known here. */
  | { readonly kind: "unknown"; readonly why: string };

/** Decides one authorization. */
export function evaluate(statements: readonly PolicyStatement[], authorization: Authorization): Decision {
  const about = statements.filter(
    ({ actions, resources }) => isAbout(actions, authorization.action, "i") && isAbout(resources, authorization.resource),
  );
  const judged = about.map((statement) => ({ statement, failed: failedCondition(statement, authorization) }));
  const unclear = judged.find(({ failed }) => failed?.kind === "unknown");
  const denying = judged.find(({ statement, failed }) => statement.effect === "Deny" && failed === undefined);
  if (denying !== undefined) return { kind: "denied", why: `statement ${denying.statement.name} denies it` };
  if (unclear?.statement.effect === "Deny")
    return { kind: "unknown", why: `statement ${unclear.statement.name}: ${unclear.failed?.why ?? ""}` };
  const allowing = judged.find(({ statement, failed }) => statement.effect === "Allow" && failed === undefined);
  if (allowing !== undefined) return { kind: "allowed", by: allowing.statement.name };
  if (unclear !== undefined) return { kind: "unknown", why: `statement ${unclear.statement.name}: ${unclear.failed?.why ?? ""}` };
  const near = judged.find(({ statement }) => statement.effect === "Allow");
  return {
    kind: "denied",
    why: near === undefined ? "no statement allows it" : `statement ${near.statement.name}: ${near.failed?.why ?? ""}`,
  };
}

function isAbout({ isNot, patterns }: Patterns, text: string, flags = ""): boolean {
  return patterns.some((pattern) => isLike(text, pattern, flags)) !== isNot;
}

interface Failure {
  readonly kind: "failed" | "unknown";
  readonly why: string;
}

/** The first condition that does not hold; undefined where all do. */
function failedCondition({ conditions }: PolicyStatement, { context }: Authorization): Failure | undefined {
  const values = new Map(Object.entries(context).map(([key, own]) => [key.toLowerCase(), own]));
  for (const condition of conditions) {
    const holds = isHeld(condition, values.get(condition.key.toLowerCase()));
    if (holds === undefined) return { kind: "unknown", why: `its operator ${condition.operator} is not known here` };
    if (holds) continue;
    const own = values.get(condition.key.toLowerCase());
    const has = own === undefined ? "there is none" : `it is ${own.map((value) => `"${value}"`).join(", ")}`;
    return {
      kind: "failed",
      why: `${condition.operator} wants ${condition.key} ${condition.values.map((value) => `"${value}"`).join(" or ")}, and ${has}`,
    };
  }
  return undefined;
}

const operatorPattern = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/;

type Test = (value: string, wanted: string) => boolean;

const equals: Test = (value, wanted) => value === wanted;
const like: Test = (value, wanted) => isLike(value, wanted);
const tests: Readonly<Record<string, { readonly test: Test; readonly isNot: boolean }>> = {
  StringEquals: { test: equals, isNot: false },
  StringNotEquals: { test: equals, isNot: true },
  StringEqualsIgnoreCase: { test: (value, wanted) => value.toLowerCase() === wanted.toLowerCase(), isNot: false },
  StringLike: { test: like, isNot: false },
  StringNotLike: { test: like, isNot: true },
  ArnEquals: { test: like, isNot: false },
  ArnLike: { test: like, isNot: false },
  ArnNotLike: { test: like, isNot: true },
  Bool: { test: (value, wanted) => value.toLowerCase() === wanted.toLowerCase(), isNot: false },
};

/** Says whether a condition holds of a key's values; undefined where its operator is not known. */
function isHeld({ operator, values: wanted }: Condition, own: readonly string[] | undefined): boolean | undefined {
  const [, quantifier, base = "", ifExists] = operatorPattern.exec(operator) ?? [];
  if (base === "Null") return wanted.every((value) => (value === "true") === (own === undefined));
  const known = tests[base];
  if (known === undefined) return undefined;
  if (own === undefined) return ifExists !== undefined || known.isNot || quantifier === "ForAllValues";
  const holds = (value: string): boolean => wanted.some((one) => known.test(value, one)) !== known.isNot;
  return quantifier === "ForAllValues" ? own.every(holds) : own.some(holds);
}

/** AWS' patterns: * is anything, ? one character. */
function isLike(text: string, pattern: string, flags = ""): boolean {
  const source = pattern
    .split(/([*?])/)
    .map((part) => (part === "*" ? ".*" : part === "?" ? "." : part.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)))
    .join("");
  return new RegExp(`^${source}$`, `s${flags}`).test(text);
}
