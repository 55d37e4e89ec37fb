/**
 * Denial: a verdict in the words that kubectl prints.
 *
 * Reads a verdict that refuses. Returns the Status of the answer: the first line is complete in itself, since ReplicaSet events,
 * Argo CD and Flux show little more; then every problem with its fix, and where the rule stands.
 */
import type { ApiStatus } from "../api/api-status.ts";
import { pointerTokens } from "../kube/json-patch.ts";
import type { AdmissionRequest } from "./admission-request.ts";
import type { PolicySet } from "./policy-set.ts";
import type { Finding, Verdict } from "./verdict.ts";
import { cutText, plainText } from "./warning.ts";

const firstLineMax = 200;
const denialBytesMax = 4_096;
const causesMax = 50;

/** What a denial is made of. */
export interface DenialInput {
  readonly verdict: Verdict;
  readonly request: AdmissionRequest;
  readonly policySet: PolicySet;
}

/** Returns the Status of a refusal: always Forbidden, 403, with a cause for each problem. */
export function denialStatus(input: DenialInput): ApiStatus {
  const { request } = input;
  const denied = deniedOf(input.verdict);
  return {
    code: 403,
    reason: "Forbidden",
    message: denialMessage(input),
    details: {
      group: request.kind.group,
      kind: kindOf(request),
      name: nameOf(request),
      causes: denied.slice(0, causesMax).map(({ rule, path, message }) => ({ reason: rule, field: fieldOf(path), message })),
    },
  };
}

/** Returns the text of a refusal, at most 4 KiB. */
export function denialMessage({ verdict, request, policySet }: DenialInput): string {
  const denied = deniedOf(verdict);
  const [first] = denied;
  if (first === undefined) return "";
  const head = firstLine({ first, more: denied.length - 1, request, bundle: policySet.bundle });
  const isWhole = denied.length === 1 && !head.cut;
  const blocks = denied.map(({ rule, message, fix }) => (isWhole ? `  fix: ${fix}` : `[${rule}] ${message}\n  fix: ${fix}`));
  return withinBytes({ head: head.text, blocks, last: placeLine(denied, { policySet, request }) });
}

function deniedOf({ findings }: Verdict): readonly Finding[] {
  return findings.filter(({ action }) => action === "deny");
}

interface FirstLineInput {
  readonly first: Finding;
  readonly more: number;
  readonly request: AdmissionRequest;
  readonly bundle: string;
}

/** Only the problem's own text is cut: the object, the count and the bundle always stay. */
function firstLine({ first, more, request, bundle }: FirstLineInput): { readonly text: string; readonly cut: boolean } {
  const place = request.namespace === "" ? nameOf(request) : `${request.namespace}/${nameOf(request)}`;
  const start = `${cutText(`${kindOf(request)} ${place}`, firstLineMax / 2)}: [${first.rule}] `;
  const end = `${more === 0 ? "" : ` (+${more} more)`}, bundle ${bundle}`;
  const message = cutText(first.message, firstLineMax - start.length - end.length);
  return { text: `${start}${message}${end}`, cut: message !== first.message };
}

/** The file's line of the first problem's rule (one that the file leaves at its default has none), and how to be exempted. */
function placeLine(denied: readonly Finding[], { policySet, request }: Pick<DenialInput, "policySet" | "request">): string {
  const [first] = denied;
  const { line, fileName = policySet.fileName } = (first === undefined ? undefined : policySet.rules.get(first.rule)) ?? {};
  const file = fileName.split("/").at(-1) ?? fileName;
  const place = `${file}${line === undefined ? "" : `:${line}`}`;
  const { docsBase } = policySet.settings;
  const page = docsBase === undefined || first === undefined ? "" : `; see ${docsBase.replace(/\/*$/, "/")}${first.rule}`;
  const rules = [...new Set(denied.map(({ rule }) => rule))];
  const isHelped = request.namespace !== "" && rules.every(isExemptible);
  return `${place}${isHelped ? `; exemption: ask the owners of ${file} for an entry in exemptions (${rules.join(", ")})` : ""}${page}`;
}

/** An exemption names a workload: nothing else helps where the words of the file that is refused are wrong. */
function isExemptible(rule: string): boolean {
  return !/^(WP|BIND|EX|SYS)-/.test(rule);
}

/** As many problems as fit, the count of the others, and the last line where there is room. */
function withinBytes({ head, blocks, last }: { readonly head: string; readonly blocks: readonly string[]; readonly last: string }): string {
  const bytesOf = (text: string): number => utf8Length(text) + 1;
  // Room for "+<n> more".
  const room = denialBytesMax - 32;
  const lines = [head];
  let bytes = bytesOf(head);
  for (const [index, block] of blocks.entries()) {
    bytes += bytesOf(block);
    if (bytes > room) return [...lines, `+${blocks.length - index} more`].join("\n");
    lines.push(block);
  }
  return (bytes + bytesOf(last) > room ? lines : [...lines, last]).join("\n");
}

/** Counted rather than encoded: a denial is measured line by line. Half of a pair alone becomes the three bytes of U+FFFD. */
function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (unit < 0xd800 || unit > 0xdfff) bytes += 2;
    else bytes += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : isSecondHalf(text, at) ? 0 : 2;
  }
  return bytes;
}

/** The first half has counted for both. */
function isSecondHalf(text: string, at: number): boolean {
  return at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

const scaledKinds: Readonly<Record<string, string>> = {
  deployments: "Deployment",
  statefulsets: "StatefulSet",
  replicasets: "ReplicaSet",
  replicationcontrollers: "ReplicationController",
};

/** A scale request is told in the words of the workload that it scales. */
function kindOf({ kind, resource, subResource }: AdmissionRequest): string {
  return subResource === "scale" ? (scaledKinds[resource.resource] ?? kind.kind) : kind.kind;
}

function nameOf({ name, object }: AdmissionRequest): string {
  return plainText(name || object?.metadata.name || object?.metadata.generateName || "");
}

/** A JSON Pointer as Kubernetes writes fields: /spec/containers/0/image is spec.containers[0].image. */
function fieldOf(path: string): string {
  let field = "";
  for (const token of pointerTokens(path)) {
    if (isIndex(token)) field += `[${token}]`;
    else field += field === "" ? token : `.${token}`;
  }
  return field;
}

function isIndex(token: string): boolean {
  for (let at = 0; at < token.length; at++) if (token.charCodeAt(at) < 0x30 || token.charCodeAt(at) > 0x39) return false;
  return token !== "";
}
