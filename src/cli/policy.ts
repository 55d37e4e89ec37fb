/**
 * `plimsoll policy check | test | diff`: the policies themselves, before anybody meets them.
 *
 * Reads policies and, where given, manifests or a cluster. Check says whether serve would take the file, and what in it is not as it
 * was meant; test runs the cases of custom rules and the examples of the others; diff lists which objects an edit gives another verdict, by who pays for them.
 */
import { assertNever } from "../api/assert.ts";
import type { KubeObject } from "../api/object.ts";
import { platformNames } from "../api/labels.ts";
import { catalogInstanceTypes } from "../catalog/instance-types.ts";
import type { AdmissionContext } from "../policies/admission-context.ts";
import { testPolicyFiles } from "../policies/parse-policy-set.ts";
import { evaluatePolicyChange, formatChange, isNewDenial, type PolicyChange } from "../policies/policy-change.ts";
import { formatPolicyError } from "../policies/policy-error.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import { policyWarnings } from "../policies/policy-warnings.ts";
import { exampleZones, runRuleExamples, type ExampleOutcome } from "../policies/rule-examples.ts";
import { readPolicySource } from "../webhook/policy-source.ts";
import { fileWorld } from "./file-world.ts";
import { readOffline, readPolicies } from "./offline.ts";
import type { OfflineOptions, ProgramSurroundings } from "./surroundings.ts";
import { laidOver, readCluster, type ClusterOptions } from "./with-cluster.ts";

type Surroundings = Pick<ProgramSurroundings, "stdin" | "stdout" | "stderr" | "env">;

/** What a policy command looks at besides policies. */
export interface PolicyWorld extends Surroundings, ClusterOptions, Pick<OfflineOptions, "namespace" | "domain"> {
  readonly paths: readonly string[];
}

export interface PolicyCheckRequest extends PolicyWorld {
  readonly file: string;
  readonly strict: boolean;
}

/** Runs `policy check`; returns 0 where the file is good, 1 where --strict meets a warning, 2 where the file or another is bad. */
export async function runPolicyCheck(request: PolicyCheckRequest): Promise<number> {
  const { file, stdout, stderr, strict } = request;
  const { policySet, problems } = readPolicies(file);
  for (const line of problems) stderr.write(`${line}\n`);
  if (policySet === undefined) return 2;
  const world = await readWorld(request, file);
  if (world === undefined) return 2;
  const warnings = policyWarnings(policySet, world);
  for (const warning of warnings) stderr.write(`${strict ? "error" : "warning"}: ${warning}\n`);
  const { bundle, classes, rules, customRules, exemptions } = policySet;
  const counts = [
    `${classes.size} classes`,
    `${rules.size - customRules.length} rules`,
    `${customRules.length} custom rules`,
    `${exemptions.length} exemptions`,
  ];
  stdout.write(`${file}: good, bundle ${bundle}: ${counts.join(", ")}${warnings.length === 0 ? "" : `; ${warnings.length} warnings`}\n`);
  return strict && warnings.length > 0 ? 1 : 0;
}

/**
 * Runs `policy test`: the cases of custom rules, which must hold, and the examples of the built-in ones, which tell what is at work.
 * Returns 0 where every case holds, 1 where one does not, 2 where the file is bad.
 */
export function runPolicyTest({ file, stdout, stderr }: Pick<PolicyCheckRequest, "file" | "stdout" | "stderr">): number {
  const read = readPolicySource(file);
  const source = read.ok ? { ...read.value, now: Date.now() } : undefined;
  const tested = source === undefined ? undefined : testPolicyFiles(source);
  if (source === undefined || tested?.ok !== true) {
    const lines = read.ok ? (tested?.ok === false ? tested.error : []).map(formatPolicyError) : [`${file}: ${read.error}`];
    for (const line of lines) stderr.write(`${line}\n`);
    return 2;
  }
  const { outcomes, policySet } = tested.value;
  for (const { rule, name, problem } of outcomes) {
    stdout.write(problem === undefined ? `ok    ${rule} "${name}"\n` : `FAIL  ${rule} "${name}": ${problem}\n`);
  }
  const instanceTypes = catalogInstanceTypes({ zones: exampleZones });
  const examples = runRuleExamples({ source, policySet, instanceTypes });
  for (const outcome of examples) stdout.write(`${exampleLine(outcome)}\n`);
  const failed = outcomes.filter(({ problem }) => problem !== undefined).length;
  const count = (kind: ExampleOutcome["kind"]): number => examples.filter((outcome) => outcome.kind === kind).length;
  stdout.write(`custom rules: ${outcomes.length - failed} held, ${failed} failed\n`);
  stdout.write(
    `built-in rules: ${count("held")} find what their examples show, ${count("otherwise")} find otherwise, ${count("off")} are off\n`,
  );
  return failed > 0 ? 1 : 0;
}

function exampleLine(outcome: ExampleOutcome): string {
  switch (outcome.kind) {
    case "held":
      return `ok    ${outcome.rule} ${outcome.action}`;
    case "off":
      return `off   ${outcome.rule}`;
    case "otherwise":
      return `note  ${outcome.rule}: ${outcome.text}`;
    default:
      return assertNever(outcome);
  }
}

export interface PolicyDiffRequest extends PolicyWorld {
  readonly before: string;
  readonly after: string;
  readonly output: "text" | "json";
}

/** Runs `policy diff`; returns 0 where nothing would newly be denied, 1 where something would, 2 on bad input. */
export async function runPolicyDiff(request: PolicyDiffRequest): Promise<number> {
  const sets = [readPolicies(request.before), readPolicies(request.after)] as const;
  for (const { problems } of sets) for (const line of problems) request.stderr.write(`${line}\n`);
  const [before, after] = sets.map(({ policySet }) => policySet);
  if (before === undefined || after === undefined) return 2;
  if (request.paths.length === 0 && request.withCluster !== true) {
    request.stderr.write("nothing to compare on: name manifests, or use --with-cluster\n");
    return 2;
  }
  const context = await readWorld(request, request.after);
  if (context === undefined) return 2;
  const changes = evaluatePolicyChange({ before, after, context });
  request.stdout.write(request.output === "json" ? jsonDiff(changes, { before, after }) : textDiff(changes));
  return changes.some(isNewDenial) ? 1 : 0;
}

/** The world of files, over a cluster's where one is asked for; undefined where one of them can't be read, which is told. */
async function readWorld(request: PolicyWorld, policies: string): Promise<AdmissionContext | undefined> {
  const names = platformNames(request.domain);
  const files = request.paths.length === 0 ? [] : await readFiles(request, policies);
  const cluster = request.withCluster === true ? await readCluster(request) : undefined;
  if (cluster?.ok === false) request.stderr.write(`${cluster.error}\n`);
  if (files === undefined || cluster?.ok === false) return undefined;
  for (const note of cluster?.value.notes ?? []) request.stderr.write(`note: ${note}\n`);
  return fileWorld(laidOver(cluster?.value.objects ?? [], files), names);
}

async function readFiles(request: PolicyWorld, policies: string): Promise<readonly KubeObject[] | undefined> {
  const input = await readOffline({ ...request, policies });
  return input.problems.length > 0 ? undefined : input.manifests.map(({ object }) => object);
}

function textDiff(changes: readonly PolicyChange[]): string {
  const owners = [...new Set(changes.map(({ owner }) => owner))];
  const blocks = owners.map((owner) => {
    const lines = changes.filter((change) => change.owner === owner).map((change) => `  ${formatChange(change)}`);
    return `${owner === "" ? "nobody's" : owner}:\n${lines.join("\n")}\n`;
  });
  const denied = changes.filter(isNewDenial).length;
  return `${blocks.join("")}${changes.length} objects change verdict, ${denied} newly denied\n`;
}

function jsonDiff(changes: readonly PolicyChange[], sets: { readonly before: PolicySet; readonly after: PolicySet }): string {
  const summary = { changed: changes.length, newlyDenied: changes.filter(isNewDenial).length };
  return `${JSON.stringify({ before: sets.before.bundle, after: sets.after.bundle, changes, summary }, undefined, 2)}\n`;
}
