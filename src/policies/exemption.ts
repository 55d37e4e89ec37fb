/**
 * Exemption: one entry of policies.yaml that lifts rules for a named workload, with an owner and a day on which it ends.
 *
 * Reads an entry that the schema has accepted. Returns it with its day as an instant. An entry that has ended still loads, never
 * lifts anything, and is told (EX-001), so that nobody wonders why a workload is refused today that came in yesterday.
 */
import type { LabelSelector } from "../api/object.ts";
import type { ExemptionEntry } from "../api/policies-file.ts";
import type { Instant } from "../api/ports.ts";
import { matchesSelector } from "../kube/selector.ts";
import type { AdmissionRequest } from "./admission-request.ts";
import { matchesGlob } from "./class.ts";
import { toCompensation, type Compensation } from "./compensation.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** Longest time from approval to end. */
export const exemptionDaysMax = 180;

export interface Exemption {
  readonly id: string;
  /** Ids of rules that it lifts. */
  readonly rules: readonly string[];
  readonly match: ExemptionMatch;
  readonly owner: string;
  readonly reason: string;
  /** From here on it lifts nothing. */
  readonly expires: Instant;
  /** As written. */
  readonly expiresText: string;
  /** What is done in return, as written in policies.yaml. */
  readonly compensate: readonly Compensation[];
  /** Line of the entry in its file, counted from 1. */
  readonly line: number;
}

/** What is exempt; namespace and name may be globs. */
export interface ExemptionMatch {
  readonly namespace: string;
  readonly kind?: string;
  readonly name?: string;
  readonly labels?: LabelSelector;
  /** Who may ask; absent: anybody. What stands is taken for let in by them. */
  readonly groups?: readonly string[];
}

/** What an exemption is matched against: an object by its names and labels. */
export interface ExemptCandidate {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Returns an entry as an exemption. */
export function toExemption(entry: ExemptionEntry, line: number): Exemption {
  const { namespace, kind, name, labels, groups } = entry.match;
  return {
    id: entry.id,
    rules: entry.rules,
    match: {
      namespace,
      ...(kind === undefined ? {} : { kind }),
      ...(name === undefined ? {} : { name }),
      ...(labels === undefined ? {} : { labels: { matchLabels: labels } }),
      ...(groups === undefined ? {} : { groups }),
    },
    owner: entry.owner,
    reason: entry.reason,
    expires: Date.parse(entry.expires),
    expiresText: entry.expires,
    compensate: (entry.compensate ?? []).flatMap((one) => toCompensation(one) ?? []),
    line,
  };
}

/** Is true where an exemption names an object. */
export function isNamedBy({ match }: Exemption, candidate: ExemptCandidate): boolean {
  if (match.kind !== undefined && match.kind !== candidate.kind) return false;
  if (match.name !== undefined && !matchesGlob({ glob: match.name, text: candidate.name })) return false;
  if (match.labels !== undefined && !matchesSelector(match.labels, candidate.labels)) return false;
  return matchesGlob({ glob: match.namespace, text: candidate.namespace });
}

/** Is true where an exemption covers the requester. */
export function isOpenTo({ match }: Exemption, { userInfo, isStanding }: Pick<AdmissionRequest, "userInfo" | "isStanding">): boolean {
  return match.groups === undefined || isStanding === true || match.groups.some((group) => userInfo.groups.includes(group));
}

/** Is true from the day on which an exemption ends. */
export function hasExpired({ expires }: Exemption, now: Instant): boolean {
  return now >= expires;
}

/** Returns the days that an exemption still holds, begun ones counted; 0 once it has ended. */
export function daysLeft({ expires }: Exemption, now: Instant): number {
  return Math.max(0, Math.ceil((expires - now) / dayMs));
}

/** Returns the latest end of an exemption that was approved at an instant. */
export function latestExpiry(approved: Instant): Instant {
  return approved + exemptionDaysMax * dayMs;
}
