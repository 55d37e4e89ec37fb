/**
 * What kubectl prints on stderr when it applies an object, put together offline.
 *
 * Reads the verdict on a request. Returns the Warning lines and, where the object is refused, the line that kubectl puts
 * before the webhook's message (kubectl: util/helpers; API server: webhook/errors). test/scenarios holds it to the real thing.
 */
import type { AdmissionRequest } from "../policies/admission-request.ts";
import { denialMessage } from "../policies/denial.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import type { Verdict } from "../policies/verdict.ts";

/** One object's verdict, and where the object comes from. */
export interface KubectlReplyInput {
  readonly verdict: Verdict;
  readonly request: AdmissionRequest;
  readonly policySet: PolicySet;
  /** The name of our validating webhook, which the API server puts before each refusal. */
  readonly webhook: string;
  /** As it was given on the command line; kubectl calls what is piped in STDIN. */
  readonly file: string;
}

/** Returns complete lines, or "" where kubectl says nothing but that the object was created. */
export function kubectlReply({ verdict, request, policySet, webhook, file }: KubectlReplyInput): string {
  // The API server sends a text once, however many answers carry it.
  const warnings = [...new Set(verdict.warnings)].map((text) => `Warning: ${text}\n`).join("");
  if (verdict.allowed) return warnings;
  const message = denialMessage({ verdict, request, policySet });
  return `${warnings}Error from server (Forbidden): error when creating "${file === "standard input" ? "STDIN" : file}": admission webhook "${webhook}" denied the request: ${message}\n`;
}
