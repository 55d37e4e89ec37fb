/**
 * `plimsoll check`: the admission verdict on manifests, without a cluster or laid over one.
 *
 * Reads policies and manifests. Prints each object's verdict in the words of the webhook, since it is the same function;
 * stdout carries only the answer, everything else goes to stderr.
 */
import { assertNever } from "../api/assert.ts";
import { apiVersionOf, kindTable } from "../api/kinds.ts";
import type { KubeObject } from "../api/object.ts";
import { ok } from "../api/result.ts";
import { isWorkloadKind } from "../kube/workload.ts";
import type { AdmissionRequest } from "../policies/admission-request.ts";
import { evaluate } from "../policies/evaluate.ts";
import { allowedVerdict, type Finding, type Verdict } from "../policies/verdict.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import { type JsonPatchOperation, pointer, pointerTokens } from "../kube/json-patch.ts";
import { exemptNamespaces } from "../webhook/registration.ts";
import { githubReport } from "./check-github.ts";
import { junitReport } from "./check-junit.ts";
import type { CheckOutcome, LocatedResult } from "./check-outcome.ts";
import { sarifReport } from "./check-sarif.ts";
import { textReport } from "./check-text.ts";
import { fileWorld } from "./file-world.ts";
import { kubectlReply } from "./kubectl-reply.ts";
import { standardInput } from "./manifest-files.ts";
import { type JudgedManifest, type OfflineInput, type OfflineRequest, readOffline } from "./offline.ts";
import type { ProgramSurroundings } from "./surroundings.ts";
import { plimsollVersion } from "./version.ts";
import { type ClusterObjects, type ClusterOptions, laidOver, readCluster, standingObject } from "./with-cluster.ts";

/** One object's verdict, as `-o json` prints it. */
export interface CheckResult {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly allowed: boolean;
  readonly findings: readonly Finding[];
  /** What admission would change, as RFC 6902 operations. */
  readonly patch: readonly JsonPatchOperation[];
}

export interface CheckRequest extends OfflineRequest, ClusterOptions, Pick<ProgramSurroundings, "env" | "isTerminal"> {
  readonly output: "text" | "json" | "sarif" | "junit" | "github" | "kubectl";
  /** Whether the text tells audit findings one by one. */
  readonly audit: boolean;
}

/** The verdicts in the order of the objects, and complete lines about objects that could not be judged. */
export interface CheckResults {
  readonly results: readonly CheckResult[];
  /** What kubectl would print on stderr for each of the results. */
  readonly replies: readonly string[];
  /** The same results with their places in the files, for the other forms. */
  readonly located: readonly LocatedResult[];
  readonly faults: readonly string[];
}

const nothingJudged: CheckResults = { results: [], replies: [], located: [], faults: [] };

/** Runs the command; returns 0 when all is allowed, 1 when something is denied, 2 on bad input, which wins. */
export async function runCheck(request: CheckRequest): Promise<number> {
  const input = await readOffline(request);
  const cluster = request.withCluster === true ? await readCluster(request) : ok(noCluster);
  const standing = cluster.ok ? cluster.value : noCluster;
  const isJudgeable = input.policySet !== undefined && cluster.ok;
  const judged = isJudgeable ? checkResults(input, input.policySet, standing.objects) : nothingJudged;
  const problems = [...input.problems, ...judged.faults, ...(cluster.ok ? [] : [cluster.error])];
  if (input.policySet !== undefined || request.output !== "text") {
    request.stdout.write(answerOf(request, judged, { results: judged.located, problems, policySet: input.policySet }));
  }
  const notes = [...standing.notes, ...checkNotes(input, standing.objects)].map((note) => `note: ${note}`);
  for (const line of [...problems.slice(input.problems.length), ...notes]) request.stderr.write(`${line}\n`);
  if (problems.length > 0) return 2;
  return judged.results.every(({ allowed }) => allowed) ? 0 : 1;
}

const noCluster: ClusterObjects = { objects: [], notes: [] };

function answerOf({ output, audit, env, isTerminal }: CheckRequest, { results, replies }: CheckResults, outcome: CheckOutcome): string {
  switch (output) {
    case "text":
      return textReport(outcome, {
        isColoured: isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb",
        withAudit: audit,
      });
    case "json":
      return `${JSON.stringify(report(results), undefined, 2)}\n`;
    case "kubectl":
      return replies.join("");
    case "sarif":
      return sarifReport({ ...outcome, version: plimsollVersion() });
    case "junit":
      return junitReport(outcome);
    case "github":
      return githubReport(outcome);
    default:
      return assertNever(output);
  }
}

/**
 * Judges every object as if the others were already in the cluster.
 *
 * A rule about two objects so stands on each of them whose own admission, coming last, would be refused. An object that
 * brings the rules down has no result but a fault, as the webhook would answer it with an error.
 */
export function checkResults(
  input: Pick<OfflineInput, "manifests" | "names">,
  policySet: PolicySet,
  cluster: readonly KubeObject[] = [],
): CheckResults {
  const files = input.manifests.map(({ object }) => object);
  const context = fileWorld(laidOver(cluster, files), input.names);
  const results: CheckResult[] = [];
  const replies: string[] = [];
  const located: LocatedResult[] = [];
  const faults: string[] = [];
  for (const manifest of input.manifests) {
    const request = writeRequest(manifest.object, { domain: input.names.domain, standing: standingObject(cluster, manifest.object) });
    try {
      const verdict = isExempt(manifest.object) ? allowedVerdict : evaluate({ policySet, request, context });
      const result = resultOf(manifest, verdict);
      results.push(result);
      located.push(locatedResult(manifest, result, verdict));
      replies.push(kubectlReply({ verdict, request, policySet, webhook: input.names.validatingWebhook, file: manifest.file }));
    } catch (fault) {
      const { file, line, object } = manifest;
      faults.push(`${file}:${line}: ${object.kind} ${request.name}: could not be judged, a fault of ours: ${String(fault)}`);
    }
  }
  return { results, replies, located, faults };
}

function resultOf({ object, written }: JudgedManifest, { allowed, findings, patch }: Verdict): CheckResult {
  return {
    apiVersion: written.apiVersion,
    kind: object.kind,
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name ?? object.metadata.generateName ?? "",
    allowed,
    findings: findings.map(({ rule, action, path, message, fix }) => ({ rule, action, path: existingPath(written, path), message, fix })),
    patch,
  };
}

function locatedResult({ file, positionOf }: JudgedManifest, result: CheckResult, verdict: Verdict): LocatedResult {
  const findings = result.findings.map((finding, index) => {
    const lifted = verdict.findings[index]?.lifted;
    return { ...finding, position: positionOf(pointerTokens(finding.path)), ...(lifted === undefined ? {} : { lifted }) };
  });
  return { ...result, file: file === standardInput ? undefined : file, position: positionOf([]), findings };
}

/** A finding may be about what is missing; its path then is that of the nearest part that is there, so that it resolves. */
function existingPath(written: KubeObject, path: string): string {
  let at: unknown = written;
  const tokens = pointerTokens(path);
  for (const [index, token] of tokens.entries()) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, token)) return pointer(...tokens.slice(0, index));
    at = (at as Readonly<Record<string, unknown>>)[token];
  }
  return path;
}

/** What the reader should know about how the verdict came about. */
function checkNotes({ manifests, policySet }: OfflineInput, cluster: readonly KubeObject[]): readonly string[] {
  if (policySet === undefined) return [];
  const isJudged = manifests.some(({ object }) => isWorkloadKind(object.kind) || object.kind === "WorkloadProfile");
  const hasPool = [...manifests.map(({ object }) => object), ...cluster].some(({ kind }) => kind === "NodePool");
  const exempt = [...new Set(manifests.filter(({ object }) => isExempt(object)).map(({ object }) => object.metadata.namespace))];
  return [
    ...(isJudged && !hasPool ? ["no NodePool among the files, so nothing was judged against capacity (POOL rules)"] : []),
    ...exempt.map((namespace) => `namespace ${namespace ?? ""} never meets admission, so nothing in it was judged`),
  ];
}

/** Our own namespace as deploy/ installs it, and the cluster's own. */
const unjudgedNamespaces: ReadonlySet<string> = new Set([...exemptNamespaces, "plimsoll-system"]);

function isExempt({ metadata }: KubeObject): boolean {
  return unjudgedNamespaces.has(metadata.namespace ?? "");
}

/** The request that `kubectl apply` of the object would make; who asks is a person. */
function writeRequest(
  object: KubeObject,
  { domain, standing }: { readonly domain: string; readonly standing: KubeObject | undefined },
): AdmissionRequest {
  const info = Object.values(kindTable(domain)).find((known) => known.kind === object.kind && apiVersionOf(known) === object.apiVersion);
  const [group, version] = object.apiVersion.includes("/") ? object.apiVersion.split("/") : ["", object.apiVersion];
  return {
    uid: "offline",
    operation: standing === undefined ? "CREATE" : "UPDATE",
    ...(standing === undefined ? {} : { oldObject: standing }),
    kind: { group: group ?? "", version: version ?? "", kind: object.kind },
    resource: { group: group ?? "", version: version ?? "", resource: info?.resource ?? "" },
    name: object.metadata.name ?? "",
    namespace: object.metadata.namespace ?? "",
    object,
    userInfo: { username: "plimsoll check", groups: [] },
    dryRun: true,
  };
}

function report(results: readonly CheckResult[]): object {
  const denied = results.filter(({ allowed }) => !allowed).length;
  const findings = results.reduce((sum, result) => sum + result.findings.length, 0);
  return { results, summary: { allowed: results.length - denied, denied, findings } };
}
