/**
 * Audit report: what was found in one namespace, as the content of a PolicyReport.
 *
 * Reads audited objects. Returns the report, or nothing where nothing was found. Bounded: the worst findings are listed, the
 * others only counted. The hash of the content is on the report, so that a report is written only when it says something else.
 */
import { assertNever } from "../api/assert.ts";
import { hashOf } from "../api/hash.ts";
import type { ReportContent, ReportOutcome, ReportResult } from "../api/policy-report.ts";
import type { AuditedObject } from "./audit.ts";
import { faultId, outcomeOf } from "./audit-tally.ts";
import type { Finding, Lifted } from "./verdict.ts";
import { cutText } from "./warning.ts";

/** The label that our reports are found again by, and cleaned up by. */
export const reportLabel = { "app.kubernetes.io/managed-by": "plimsoll" } as const;
/** The name of every report of ours: one a namespace. */
export const reportName = "plimsoll";

/** About 250 KB at the longest texts; etcd takes 1.5 MB. */
const resultsMax = 300;
const messageLengthMax = 500;

export interface ReportInput {
  readonly namespace: string;
  readonly audited: readonly AuditedObject[];
  /** The policies that were judged by. */
  readonly bundle: string;
  readonly domain: string;
}

/** Returns the annotation with the hash of a report's content. */
export function reportHashAnnotation(domain: string): string {
  return `${domain}/report-hash`;
}

/** Returns the report on a namespace ("" for the cluster's own), or undefined where there is nothing to say. */
export function auditReport({ namespace, audited, bundle, domain }: ReportInput): ReportContent | undefined {
  const results = sorted(audited.flatMap(resultsOf));
  if (results.length === 0) return undefined;
  const listed = results.slice(0, resultsMax);
  const content = { summary: summaryOf(audited, results), results: listed };
  const leftOut = results.length - listed.length;
  return {
    metadata: {
      name: reportName,
      ...(namespace === "" ? {} : { namespace }),
      labels: reportLabel,
      annotations: {
        [`${domain}/policy-bundle`]: bundle,
        [reportHashAnnotation(domain)]: hashOf({ ...content, bundle, leftOut }),
        ...(leftOut === 0 ? {} : { [`${domain}/results-left-out`]: String(leftOut) }),
      },
    },
    ...content,
  };
}

function resultsOf(object: AuditedObject): readonly ReportResult[] {
  const found = object.findings.map((finding) => resultOf(object, finding));
  if (object.fault === undefined) return found;
  const fault = { outcome: "error", severity: "medium", message: `could not be judged, a fault of ours: ${object.fault}` } as const;
  return [...found, result(object, { policy: faultId, ...fault, properties: {} })];
}

const outcomes = {
  deny: { outcome: "fail", severity: "high" },
  warn: { outcome: "warn", severity: "medium" },
  audit: { outcome: "warn", severity: "low" },
  exempted: { outcome: "skip", severity: "info" },
} as const satisfies Record<ReturnType<typeof outcomeOf>, { readonly outcome: ReportOutcome; readonly severity: ReportResult["severity"] }>;

function resultOf(object: AuditedObject, finding: Finding): ReportResult {
  const { rule, action, path, message, fix, lifted } = finding;
  return result(object, {
    policy: rule,
    ...outcomes[outcomeOf(finding)],
    message: `${message}; fix: ${fix}`,
    properties: {
      action,
      ...(path === "" ? {} : { path }),
      ...(object.unseen && action === "deny" ? { entered: "unseen" } : {}),
      ...(lifted === undefined ? {} : liftedProperties(lifted)),
    },
  });
}

/** Days left are not told: they would be another report each day. */
function liftedProperties(lifted: Lifted): Readonly<Record<string, string>> {
  switch (lifted.kind) {
    case "exemption":
      return { exemption: lifted.id, exemptionOwner: lifted.owner };
    case "expired":
      return { expiredExemption: lifted.id, exemptionOwner: lifted.owner };
    case "grandfather":
      return { grandfatheredUntil: lifted.until };
    default:
      return assertNever(lifted);
  }
}

function result(
  { apiVersion, kind, name, namespace, uid, owner }: AuditedObject,
  of: Pick<ReportResult, "policy" | "severity" | "message" | "properties"> & { readonly outcome: ReportOutcome },
): ReportResult {
  return {
    source: "plimsoll",
    policy: of.policy,
    category: of.policy.replace(/-\d+$/, ""),
    result: of.outcome,
    severity: of.severity,
    scored: of.outcome !== "skip",
    message: cutText(of.message, messageLengthMax),
    resources: [{ apiVersion, kind, name, ...(namespace === "" ? {} : { namespace }), ...(uid === undefined ? {} : { uid }) }],
    properties: { ...of.properties, ...(owner === "" ? {} : { owner }) },
  };
}

const weights: Readonly<Record<ReportOutcome, number>> = { fail: 0, error: 1, warn: 2, skip: 3, pass: 4 };

/** What would be refused comes first, so that a bound leaves out what matters least. Each order is made once: there may be thousands. */
function sorted(results: readonly ReportResult[]): readonly ReportResult[] {
  return results
    .map((one) => ({ one, order: orderOf(one) }))
    .sort((a, b) => (a.order === b.order ? 0 : a.order < b.order ? -1 : 1))
    .map(({ one }) => one);
}

function orderOf({ result: outcome, policy, resources: [resource], message }: ReportResult): string {
  return [weights[outcome], policy, resource?.kind, resource?.name, message].join("\n");
}

/** Findings by outcome; what passes is counted by object, since listing it would say nothing. */
function summaryOf(audited: readonly AuditedObject[], results: readonly ReportResult[]): ReportContent["summary"] {
  const count = (outcome: ReportOutcome): number => results.filter((one) => one.result === outcome).length;
  const pass = audited.filter(({ findings, fault }) => findings.length === 0 && fault === undefined).length;
  return { pass, fail: count("fail"), warn: count("warn"), error: count("error"), skip: count("skip") };
}
