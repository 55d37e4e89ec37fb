/**
 * `plimsoll iam check`: whether policies allow every call to AWS that was recorded.
 *
 * Reads a record (`plimsoll serve --record-calls`), and policies: those of a role, or what `plimsoll iam policy` would grant. Writes what is
 * denied and by which condition it is missed, what can't be judged, and which granted actions no recorded call has needed. Asks AWS nothing.
 */
import { readFileSync } from "node:fs";
import { err, ok, type Result } from "../api/result.ts";
import type { RecordedCall } from "../ec2/recorded-call.ts";
import { needsOf, nothingKnown } from "./iam-authorization.ts";
import { evaluate, type Authorization, type Decision } from "./iam-evaluation.ts";
import { parsePolicyDocuments, type PolicyStatement } from "./iam-policy-document.ts";
import { policyText } from "./iam-policy.ts";
import type { GrantNames } from "./iam-statements.ts";
import type { ProgramSurroundings } from "./surroundings.ts";

/** The options of `plimsoll iam policy` and `plimsoll iam check`, as commander names them. */
export interface IamOptions {
  readonly clusterName: string;
  readonly region: string;
  readonly account: string;
  readonly nodeRole: string;
  readonly queue?: string;
}

export interface IamCheckRequest extends IamOptions, Pick<ProgramSurroundings, "stdout" | "stderr"> {
  readonly calls: string;
  /** Files; none: the policy that `plimsoll iam policy` prints. */
  readonly policy: readonly string[];
  readonly output: "text" | "json";
}

/** What one kind of authorization came to, over all calls that need it. */
export interface IamFinding extends Pick<Authorization, "action" | "resource"> {
  readonly kind: "denied" | "unknown";
  readonly why: string;
  readonly calls: number;
}

export interface IamVerdict {
  readonly calls: number;
  readonly authorizations: number;
  readonly findings: readonly IamFinding[];
  /** Granted actions that no call has needed, as the policies write them. */
  readonly unused: readonly string[];
  /** Launch templates that were made before the record began. */
  readonly untold: readonly string[];
}

const callsMax = 200_000;

/** Returns the names that a policy is written with. */
export function grantNames({ clusterName, region, account, nodeRole, queue }: IamOptions): GrantNames {
  const partition = region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
  return { partition, region, account, cluster: clusterName, nodeRole, queue: queue ?? clusterName };
}

/** Runs the command; returns 0 when all is allowed, 1 when something is denied or can't be judged, 2 on bad input. */
export function runIamCheck(request: IamCheckRequest): number {
  const names = grantNames(request);
  const calls = read(request.calls, parseCalls);
  const statements =
    request.policy.length === 0
      ? parsePolicyDocuments(policyText(names))
      : together(request.policy.map((path) => read(path, parsePolicyDocuments)));
  for (const part of [calls, statements]) if (!part.ok) request.stderr.write(`plimsoll iam check: ${part.error}\n`);
  if (!calls.ok || !statements.ok) return 2;
  const verdict = judgeCalls(calls.value, { statements: statements.value, names });
  request.stdout.write(request.output === "json" ? `${JSON.stringify(verdict, undefined, 2)}\n` : verdictText(verdict));
  return verdict.findings.length === 0 ? 0 : 1;
}

/** Judges calls in their order, since each tells of resources that later ones change. */
export function judgeCalls(
  calls: readonly RecordedCall[],
  { statements, names }: { readonly statements: readonly PolicyStatement[]; readonly names: GrantNames },
): IamVerdict {
  const known = nothingKnown();
  const findings = new Map<string, IamFinding>();
  const [used, untold] = [new Set<string>(), new Set<string>()];
  const decisions = new Map<string, Decision>();
  /** Thousands of calls ask the same. */
  const decide = (one: Authorization): Decision => {
    const key = JSON.stringify(one);
    const decision = decisions.get(key) ?? evaluate(statements, one);
    decisions.set(key, decision);
    return decision;
  };
  const note = (of: Omit<IamFinding, "calls">): void => {
    const key = [of.kind, of.action, of.resource, of.why].join("\n");
    findings.set(key, { ...of, calls: (findings.get(key)?.calls ?? 0) + 1 });
  };
  let authorizations = 0;
  for (const call of calls) {
    const needs = needsOf(call, { names, known });
    if (!needs.ok) {
      note({ kind: "unknown", action: `${call.service}:${call.action}`, resource: "", why: needs.error });
      continue;
    }
    for (const template of needs.value.untold) untold.add(template);
    for (const one of needs.value.authorizations) {
      authorizations += 1;
      used.add(one.action.toLowerCase());
      const decision = decide(one);
      if (decision.kind !== "allowed")
        note({ kind: decision.kind, action: one.action, resource: kindOfResource(one.resource), why: decision.why });
    }
  }
  return {
    calls: calls.length,
    authorizations,
    findings: [...findings.values()],
    unused: unusedOf(statements, used),
    untold: [...untold].sort(),
  };
}

function unusedOf(statements: readonly PolicyStatement[], used: ReadonlySet<string>): readonly string[] {
  const granted = statements
    .filter(({ effect, actions }) => effect === "Allow" && !actions.isNot)
    .flatMap(({ actions }) => actions.patterns);
  return [...new Set(granted)].filter((action) => !action.includes("*") && !used.has(action.toLowerCase())).sort();
}

/** Instances differ by their ids alone; the ARN of one stands for all. */
function kindOfResource(resource: string): string {
  return resource.replace(/(instance|launch-template|image|subnet|security-group)\/.+$/, "$1/*");
}

/** Reads a record: one call a line. */
export function parseCalls(text: string): Result<readonly RecordedCall[], string> {
  const calls: RecordedCall[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const call = parseCall(line);
    if (call === undefined)
      return err(`line ${index + 1} is no recorded call: an object with service, action and input, as serve --record-calls writes it`);
    calls.push(call);
    if (calls.length > callsMax) return err(`has more than ${callsMax} calls; give it in parts`);
  }
  return calls.length === 0 ? err("has no call") : ok(calls);
}

function parseCall(line: string): RecordedCall | undefined {
  try {
    const value = JSON.parse(line) as Partial<RecordedCall> | null;
    const isCall = typeof value?.service === "string" && typeof value.action === "string" && typeof value.input === "object";
    return isCall ? (value as RecordedCall) : undefined;
  } catch {
    return undefined;
  }
}

function read<T>(path: string, parse: (text: string) => Result<T, string>): Result<T, string> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    return err(`${path} can't be read (${cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)})`);
  }
  const parsed = parse(text);
  return parsed.ok ? parsed : err(`${path} ${parsed.error}`);
}

function together(parts: readonly Result<readonly PolicyStatement[], string>[]): Result<readonly PolicyStatement[], string> {
  const all: PolicyStatement[] = [];
  for (const part of parts) {
    if (!part.ok) return part;
    all.push(...part.value);
  }
  return ok(all);
}

function verdictText({ calls, authorizations, findings, unused, untold }: IamVerdict): string {
  const lines = findings.map(({ kind, action, resource, why, calls: count }) => {
    const on = resource === "" || resource === "*" ? "" : ` on ${resource}`;
    return `${kind === "denied" ? "denied " : "unclear"}  ${action}${on}: ${why} (${count} ${count === 1 ? "time" : "times"})`;
  });
  const needs = `${calls} ${calls === 1 ? "call needs" : "calls need"} ${authorizations} permission${authorizations === 1 ? "" : "s"}`;
  const sum = `${needs}: ${findings.length === 0 ? "all are granted" : `${findings.length} kind${findings.length === 1 ? " is" : "s are"} not granted`}`;
  return [
    ...lines,
    ...(untold.length === 0
      ? []
      : [`not judged: what ${untold.length} launch templates from before the record say of interfaces, images and groups`]),
    ...(unused.length === 0 ? [] : [`granted, and needed by none of these calls: ${unused.join(", ")}`]),
    sum,
    "",
  ].join("\n");
}
