/**
 * The numbers in REQ-002's fix: each of them, written into the container, ends the finding, and less of it would not.
 */
import { expect, it } from "vitest";
import type { Finding } from "../../../src/policies/verdict.ts";
import { validate } from "../../../src/policies/evaluate.ts";
import { contextOf, policySet, requestFor } from "../../support/admission.ts";
import { deployment } from "../../support/objects.ts";

const policies = policySet();

it.each([
  ["memory", "220Mi", "450Mi", "memory: request 225Mi or limit 440Mi"],
  ["memory", "128Mi", "8Gi", "memory: request 4Gi or limit 256Mi"],
  ["memory", "100", "1000", "memory: request 500 or limit 200"],
  ["memory", "1G", "2500M", "memory: request 1193Mi or limit 1907Mi"],
  ["cpu", "10m", "500m", "cpu: request 50m or limit 100m"],
  ["cpu", "150m", "2501m", "cpu: request 251m or limit 1500m"],
] as const)("%s %s with limit %s", (resource, request, limit, fix) => {
  expect(fixOf(resource, request, limit)).toBe(fix);
  const [, raised = "", lowered = ""] = /request (\S+) or limit (\S+)$/.exec(fix) ?? [];
  expect(fixOf(resource, raised, limit)).toBeUndefined();
  expect(fixOf(resource, request, lowered)).toBeUndefined();
});

function fixOf(resource: "cpu" | "memory", request: string, limit: string): string | undefined {
  const rest = { cpu: "1", memory: "1Gi" };
  const judged = deployment({ requests: { ...rest, [resource]: request }, limits: { ...rest, [resource]: limit } });
  const { findings } = validate({ policySet: policies, request: requestFor(judged), context: contextOf([]) });
  return findings.find(({ rule }: Finding) => rule === "REQ-002")?.fix;
}
