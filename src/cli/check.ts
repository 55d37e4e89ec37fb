/**
 * `plimsoll check`: the admission verdict on manifests, without a cluster.
 *
 * Reads policies and manifests. Prints each object's verdict in the words of the webhook, since it is the same function;
 * stdout carries only the answer, everything else goes to stderr.
 */
import { apiVersionOf, kindTable } from "../api/kinds.ts";
import type { KubeObject } from "../api/object.ts";
import { catalogInstanceTypes } from "../catalog/instance-types.ts";
import { zonesOfNodePools } from "../catalog/zones.ts";
import { snapshotOf } from "../kube/snapshot-of.ts";
import { isWorkloadKind } from "../kube/workload.ts";
import type { AdmissionContext } from "../policies/admission-context.ts";
import type { AdmissionRequest } from "../policies/admission-request.ts";
import { evaluate } from "../policies/evaluate.ts";
import { allowedVerdict, type Finding, type Verdict } from "../policies/verdict.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import { type JsonPatchOperation, pointer, pointerTokens } from "../kube/json-patch.ts";
import { exemptNamespaces } from "../webhook/registration.ts";
import { kubectlReply } from "./kubectl-reply.ts";
import { type JudgedManifest, type OfflineInput, type OfflineRequest, readOffline } from "./offline.ts";

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

export interface CheckRequest extends OfflineRequest {
  readonly output: "text" | "json" | "kubectl";
}

/** The verdicts in the order of the objects, and complete lines about objects that could not be judged. */
export interface CheckResults {
  readonly results: readonly CheckResult[];
  /** What kubectl would print on stderr for each of the results. */
  readonly replies: readonly string[];
  readonly faults: readonly string[];
}

const nothingJudged: CheckResults = { results: [], replies: [], faults: [] };

/** Runs the command; returns 0 when all is allowed, 1 when something is denied, 2 on bad input, which wins. */
export async function runCheck(request: CheckRequest): Promise<number> {
  const input = await readOffline(request);
  const { results, replies, faults } = input.policySet === undefined ? nothingJudged : checkResults(input, input.policySet);
  if (request.output === "json") request.stdout.write(`${JSON.stringify(report(results), undefined, 2)}\n`);
  else if (request.output === "kubectl") request.stdout.write(replies.join(""));
  else if (input.policySet !== undefined) request.stdout.write(textReport(results));
  for (const line of [...faults, ...checkNotes(input).map((note) => `note: ${note}`)]) request.stderr.write(`${line}\n`);
  if (input.problems.length + faults.length > 0) return 2;
  return results.every(({ allowed }) => allowed) ? 0 : 1;
}

/**
 * Judges every object as if the others were already in the cluster.
 *
 * A rule about two objects so stands on each of them whose own admission, coming last, would be refused. An object that
 * brings the rules down has no result but a fault, as the webhook would answer it with an error.
 */
export function checkResults(input: Pick<OfflineInput, "manifests" | "names">, policySet: PolicySet): CheckResults {
  const snapshot = snapshotOf(
    input.manifests.map(({ object }) => object),
    input.names.domain,
  );
  const context: AdmissionContext = {
    snapshot,
    instanceTypes: catalogInstanceTypes({ zones: zonesOfNodePools(snapshot.list("NodePool")) }),
    names: input.names,
    now: Date.now(),
  };
  const results: CheckResult[] = [];
  const replies: string[] = [];
  const faults: string[] = [];
  for (const manifest of input.manifests) {
    const request = createRequest(manifest.object, input.names.domain);
    try {
      const verdict = isExempt(manifest.object) ? allowedVerdict : evaluate({ policySet, request, context });
      results.push(resultOf(manifest, verdict));
      replies.push(kubectlReply({ verdict, request, policySet, webhook: input.names.validatingWebhook, file: manifest.file }));
    } catch (fault) {
      const { file, line, object } = manifest;
      faults.push(`${file}:${line}: ${object.kind} ${request.name}: could not be judged, a fault of ours: ${String(fault)}`);
    }
  }
  return { results, replies, faults };
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
function checkNotes({ manifests, policySet }: OfflineInput): readonly string[] {
  if (policySet === undefined) return [];
  const isJudged = manifests.some(({ object }) => isWorkloadKind(object.kind) || object.kind === "WorkloadProfile");
  const hasPool = manifests.some(({ object }) => object.kind === "NodePool");
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

/** The request that `kubectl create` of the object would make; who asks is a person. */
function createRequest(object: KubeObject, domain: string): AdmissionRequest {
  const info = Object.values(kindTable(domain)).find((known) => known.kind === object.kind && apiVersionOf(known) === object.apiVersion);
  const [group, version] = object.apiVersion.includes("/") ? object.apiVersion.split("/") : ["", object.apiVersion];
  return {
    uid: "offline",
    operation: "CREATE",
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

function textReport(results: readonly CheckResult[]): string {
  const blocks = results.map((result) => {
    const where = result.namespace === "" ? result.name : `${result.namespace}/${result.name}`;
    const findings = result.findings.map(
      ({ rule, action, message, fix }) =>
        `  ${action === "deny" ? "" : `${action}: `}[${rule}] ${message}\n${fix === "" || fix === "-" ? "" : `    fix: ${fix}\n`}`,
    );
    return `${result.allowed ? "allowed" : "DENIED "}  ${result.kind} ${where}\n${findings.join("")}`;
  });
  const denied = results.filter(({ allowed }) => !allowed).length;
  return `${blocks.join("")}${results.length - denied} allowed, ${denied} denied\n`;
}
