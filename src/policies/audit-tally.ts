/**
 * Audit tally: what was found, counted by owner, rule and action; what `plimsoll audit` prints and metrics show.
 */
import type { AuditedObject } from "./audit.ts";
import type { Finding, FindingAction } from "./verdict.ts";

/** What a finding comes to in an audit: the rule's action, an exemption that lifts it, or a rule that broke. */
export type AuditOutcome = FindingAction | "exempted" | "error";

/** One line of the table. */
export interface AuditCount {
  /** "" where nobody says whose the objects are. */
  readonly owner: string;
  readonly rule: string;
  readonly outcome: AuditOutcome;
  readonly objects: number;
}

/** The counts of some objects, with how many were looked at and how many entered unseen. */
export interface AuditTally {
  readonly counts: readonly AuditCount[];
  readonly objects: number;
  readonly unseen: number;
  /** How many objects each exemption lets be, by its id. */
  readonly exempted: ReadonlyMap<string, number>;
}

/** The name that a broken rule is counted under. */
export const faultId = "FAULT";

/** Counts objects one by one, so that nobody has to wait while thousands are counted. */
export interface TallyCounter {
  readonly add: (object: AuditedObject) => void;
  /** Returns what was counted so far, sorted by owner, rule and outcome. */
  readonly tally: () => AuditTally;
}

/** Starts a count: an object counts once a rule and outcome. */
export function tallyCounter(): TallyCounter {
  const counts = new Map<string, AuditCount>();
  const exempted = new Map<string, number>();
  const seen = { objects: 0, unseen: 0 };
  return {
    add: (object) => {
      seen.objects += 1;
      if (object.unseen) seen.unseen += 1;
      for (const { rule, outcome } of outcomesOf(object)) {
        const key = JSON.stringify([object.owner, rule, outcome]);
        const known = counts.get(key);
        counts.set(key, { owner: object.owner, rule, outcome, objects: (known?.objects ?? 0) + 1 });
      }
      for (const id of exemptionsOf(object)) exempted.set(id, (exempted.get(id) ?? 0) + 1);
    },
    tally: () => ({
      counts: [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count),
      ...seen,
      exempted: new Map(exempted),
    }),
  };
}

/** Counts the findings of some objects at once. */
export function tallyOf(audited: readonly AuditedObject[]): AuditTally {
  const counter = tallyCounter();
  for (const object of audited) counter.add(object);
  return counter.tally();
}

/** Returns what a finding comes to in an audit. */
export function outcomeOf({ action, lifted }: Finding): Exclude<AuditOutcome, "error"> {
  return lifted?.kind === "exemption" ? "exempted" : action;
}

function exemptionsOf({ findings }: AuditedObject): ReadonlySet<string> {
  return new Set(findings.flatMap(({ lifted }) => (lifted?.kind === "exemption" ? [lifted.id] : [])));
}

function outcomesOf({ findings, fault }: AuditedObject): readonly { readonly rule: string; readonly outcome: AuditOutcome }[] {
  const told = new Map(
    findings.map((finding) => [`${finding.rule} ${outcomeOf(finding)}`, { rule: finding.rule, outcome: outcomeOf(finding) }] as const),
  );
  return [...told.values(), ...(fault === undefined ? [] : [{ rule: faultId, outcome: "error" } as const])];
}
