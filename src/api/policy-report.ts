/**
 * PolicyReport: the report format that policy engines and dashboards share, as on the wire.
 *
 * Shapes, and the two APIs that serve them: wgpolicyk8s.io is what most tools read today, openreports.io is what it becomes;
 * their reports differ in nothing but group and kind. Which one a cluster has is found out by asking (docs/adr/0005).
 */
import type { KubeObject } from "./object.ts";

/** pass: nothing found; fail: would be refused; warn: would be let in with a finding; error: not judged; skip: exempted. */
export type ReportOutcome = "pass" | "fail" | "warn" | "error" | "skip";

/** One finding on one object. */
export interface ReportResult {
  readonly source: string;
  /** The rule's id. */
  readonly policy: string;
  /** The rule's family, such as DRAIN. */
  readonly category: string;
  readonly result: ReportOutcome;
  readonly severity: "critical" | "high" | "medium" | "low" | "info";
  readonly scored: boolean;
  readonly message: string;
  readonly resources: readonly {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
  }[];
  readonly properties: Readonly<Record<string, string>>;
}

export type ReportSummary = Readonly<Record<ReportOutcome, number>>;

/** A report without the name of its API: what is the same in all of them. */
export interface ReportContent {
  readonly metadata: KubeObject["metadata"] & { readonly name: string };
  readonly summary: ReportSummary;
  readonly results: readonly ReportResult[];
}

/** How one kind of report is addressed. */
export interface ReportKind {
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespaced: boolean;
}

/** The kinds of one API: reports of a namespace, and the one of everything that has none. */
export interface ReportApi {
  readonly namespaced: ReportKind;
  readonly cluster: ReportKind;
}

const policyReports = { group: "wgpolicyk8s.io", version: "v1alpha2" } as const;
const openReports = { group: "openreports.io", version: "v1alpha1" } as const;

/** The APIs that we can write, the first that a cluster serves wins. */
export const reportApis: readonly ReportApi[] = [
  {
    namespaced: { ...policyReports, kind: "PolicyReport", resource: "policyreports", namespaced: true },
    cluster: { ...policyReports, kind: "ClusterPolicyReport", resource: "clusterpolicyreports", namespaced: false },
  },
  {
    namespaced: { ...openReports, kind: "Report", resource: "reports", namespaced: true },
    cluster: { ...openReports, kind: "ClusterReport", resource: "clusterreports", namespaced: false },
  },
];
