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

/** What a report is about, and by which policies it was judged. */
export interface ReportSubject {
  /** "" for the cluster's own objects. */
  readonly namespace: string;
  readonly bundle: string;
  readonly domain: string;
}

/** Takes audited objects one by one, so that nobody has to wait while thousands are sorted. */
export interface ReportDraft {
  readonly add: (object: AuditedObject) => void;
  /** Returns the report on what was added so far, or undefined where there is nothing to say. */
  readonly report: (subject: ReportSubject) => ReportContent | undefined;
}

/** Returns the annotation with the hash of a report's content. */
export function reportHashAnnotation(domain: string): string {
  return `${domain}/report-hash`;
}

/** One result that may be listed: its order is known before its text is made, since most of thousands are left out. */
interface Entry {
  readonly order: string;
  readonly result: () => ReportResult;
}

/** Starts a report. Never holds more than twice what it lists: what can't be listed any more is only counted. */
export function reportDraft(): ReportDraft {
  const counts: Record<ReportOutcome, number> = { pass: 0, fail: 0, warn: 0, error: 0, skip: 0 };
  let worst: readonly Entry[] = [];
  let more: Entry[] = [];
  let last: string | undefined;
  const sift = (): void => {
    const sorted = [...worst, ...more].sort((a, b) => (a.order === b.order ? 0 : a.order < b.order ? -1 : 1));
    worst = sorted.slice(0, resultsMax);
    more = [];
    last = worst.length < resultsMax ? undefined : worst.at(-1)?.order;
  };
  return {
    add: (object) => {
      const results = resultsOf(object);
      if (results.length === 0) counts.pass += 1;
      for (const one of results) {
        counts[one.outcome] += 1;
        const order = orderOf(object, one);
        if (last !== undefined && order >= last) continue;
        more.push({ order, result: () => result(object, one) });
        if (more.length >= resultsMax) sift();
      }
    },
    report: (subject) => {
      sift();
      return worst.length === 0 ? undefined : contentOf({ counts, listed: worst.map((entry) => entry.result()), subject });
    },
  };
}

/** Returns the report on some objects at once, or undefined where there is nothing to say. */
export function auditReport({
  audited,
  ...subject
}: ReportSubject & { readonly audited: readonly AuditedObject[] }): ReportContent | undefined {
  const draft = reportDraft();
  for (const object of audited) draft.add(object);
  return draft.report(subject);
}

function contentOf(of: {
  readonly counts: Readonly<Record<ReportOutcome, number>>;
  readonly listed: readonly ReportResult[];
  readonly subject: ReportSubject;
}): ReportContent {
  const { counts, listed, subject } = of;
  const { namespace, bundle, domain } = subject;
  const { pass, fail, warn, error, skip } = counts;
  const content = { summary: { pass, fail, warn, error, skip }, results: listed };
  const leftOut = fail + warn + error + skip - listed.length;
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

/** What one finding, or a fault, says in a report. */
interface Said extends Pick<ReportResult, "policy" | "severity" | "message" | "properties"> {
  readonly outcome: ReportOutcome;
}

function resultsOf(object: AuditedObject): readonly Said[] {
  const found = object.findings.map((finding) => saidOf(object, finding));
  if (object.fault === undefined) return found;
  const fault = { outcome: "error", severity: "medium", message: `could not be judged, a fault of ours: ${object.fault}` } as const;
  return [...found, { policy: faultId, ...fault, properties: {} }];
}

const outcomes = {
  deny: { outcome: "fail", severity: "high" },
  warn: { outcome: "warn", severity: "medium" },
  audit: { outcome: "warn", severity: "low" },
  exempted: { outcome: "skip", severity: "info" },
} as const satisfies Record<ReturnType<typeof outcomeOf>, { readonly outcome: ReportOutcome; readonly severity: ReportResult["severity"] }>;

function saidOf(object: AuditedObject, finding: Finding): Said {
  const { rule, action, path, message, fix, lifted } = finding;
  return {
    policy: rule,
    ...outcomes[outcomeOf(finding)],
    message: `${message}; fix: ${fix}`,
    properties: {
      action,
      ...(path === "" ? {} : { path }),
      ...(object.unseen && action === "deny" ? { entered: "unseen" } : {}),
      ...(lifted === undefined ? {} : liftedProperties(lifted)),
    },
  };
}

/** Days left are not told: they would be another report each day. */
function liftedProperties(lifted: Lifted): Readonly<Record<string, string>> {
  switch (lifted.kind) {
    case "exemption":
      return { exemption: lifted.id, exemptionOwner: lifted.owner };
    case "expired":
      return { expiredExemption: lifted.id, exemptionOwner: lifted.owner };
    case "waiting":
      return { waitsFor: lifted.for };
    case "grandfather":
      return { grandfatheredUntil: lifted.until };
    default:
      return assertNever(lifted);
  }
}

function result({ apiVersion, kind, name, namespace, uid, owner }: AuditedObject, of: Said): ReportResult {
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

/** What would be refused comes first, so that a bound leaves out what matters least. */
function orderOf({ kind, name }: AuditedObject, { outcome, policy, message }: Said): string {
  return [weights[outcome], policy, kind, name, cutText(message, messageLengthMax)].join("\n");
}
