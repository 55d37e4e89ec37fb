/**
 * Checks of the exemptions of a policies file: what the schema cannot say of them.
 *
 * Reads entries whose form is right, and the instant at which the file is read: an exemption lasts at most 180 days from its
 * approval, and what was approved by now can last no longer than 180 days from now.
 */
import type { ExemptionEntry } from "../api/policies-file.ts";
import type { Instant } from "../api/ports.ts";
import { nearestWord } from "../api/nearest-word.ts";
import { toCompensation } from "./compensation.ts";
import { exemptionDaysMax, latestExpiry } from "./exemption.ts";
import { judgedNamespacedKinds } from "./judged-kinds.ts";
import { isDay } from "./policy-day.ts";
import { problemAt, type PolicyProblem } from "./policy-problem.ts";

/** What exemptions are checked against. */
export interface ExemptionCheck {
  readonly entries: readonly ExemptionEntry[];
  /** Every rule id that may be lifted, built-in and custom. */
  readonly ruleIds: readonly string[];
  /** When the file is read; absent where nobody says, then only entries with an approval day are held to their length. */
  readonly now?: Instant;
}

/** Returns what is wrong with a file's exemptions. */
export function exemptionProblems(check: ExemptionCheck): readonly PolicyProblem[] {
  const { entries } = check;
  return entries.flatMap((entry, index) => {
    const at = ["exemptions", String(index)];
    const first = entries.findIndex(({ id }) => id === entry.id);
    return [
      ...(first === index ? [] : [problemAt([...at, "id"], `"${entry.id}" is also the id of exemptions[${first}]`)]),
      ...entry.rules.flatMap((id, ruleIndex) => unknownRule(id, [...at, "rules", String(ruleIndex)], check)),
      ...["owner", "reason", "id"].flatMap((field) => blankProblem(entry, { at, field })),
      ...matchProblems(entry, at),
      ...expiryProblems(entry, { at, now: check.now }),
      ...(entry.compensate ?? []).flatMap((one, number) =>
        toCompensation(one) === undefined
          ? [problemAt([...at, "compensate", String(number)], "the window never opens, or not for a minute")]
          : [],
      ),
    ];
  });
}

function unknownRule(id: string, at: readonly string[], { ruleIds }: ExemptionCheck): readonly PolicyProblem[] {
  if (ruleIds.includes(id)) return [];
  const nearest = nearestWord(id, ruleIds);
  return [problemAt(at, `no such rule${nearest === undefined ? "" : `; nearest ${nearest}`}`)];
}

/** A reason of blanks is no reason. */
function blankProblem(
  entry: ExemptionEntry,
  { at, field }: { readonly at: readonly string[]; readonly field: string },
): readonly PolicyProblem[] {
  const text: unknown = Object.entries(entry).find(([name]) => name === field)?.[1];
  return typeof text === "string" && text.trim() === "" ? [problemAt(at, `${field} is required`)] : [];
}

/** An exemption is of a workload, or of who asks: one that names nothing but wildcards would switch a rule off unseen. */
function matchProblems({ match }: ExemptionEntry, at: readonly string[]): readonly PolicyProblem[] {
  const place = [...at, "match"];
  const { groups } = match;
  const isNamed = match.name !== undefined || Object.keys(match.labels ?? {}).length > 0;
  if (!isNamed && groups === undefined)
    return [problemAt(place, "needs a namespace, and a name, labels or groups"), ...kindProblems(match.kind, place)];
  return [
    // Who is on call may have to look anywhere.
    ...(groups === undefined ? (["namespace", "name"] as const) : (["name"] as const))
      .filter((field) => isWildcardOnly(match[field]))
      .map((field) => problemAt([...place, field], `"${match[field]}" names everything; name what is exempt`)),
    ...kindProblems(match.kind, place),
    ...(groups ?? []).flatMap((group, index) =>
      openGroups.has(group.trim())
        ? [problemAt([...place, "groups", String(index)], `"${group}" is everybody; name the group of those who are on call`)]
        : [],
    ),
  ];
}

const openGroups: ReadonlySet<string> = new Set(["", "system:authenticated", "system:unauthenticated", "system:serviceaccounts"]);

/** A slip in the kind would exempt nothing, and look like an exemption of what has gone. */
function kindProblems(kind: string | undefined, place: readonly string[]): readonly PolicyProblem[] {
  if (kind === undefined || judgedNamespacedKinds.includes(kind)) return [];
  const nearest = nearestWord(kind, judgedNamespacedKinds);
  const hint = nearest === undefined ? "" : `did you mean ${nearest}, or `;
  return [problemAt([...place, "kind"], `"${kind}" is no kind that can be exempt; ${hint}leave kind out to match any`)];
}

function isWildcardOnly(text: string | undefined): boolean {
  return text !== undefined && /^[*\s]*$/.test(text);
}

function expiryProblems(
  { expires, approved }: ExemptionEntry,
  { at, now }: { readonly at: readonly string[]; readonly now: Instant | undefined },
): readonly PolicyProblem[] {
  const missing = (
    [
      ["expires", expires],
      ["approved", approved],
    ] as const
  ).filter(([, text]) => text !== undefined && !isDay(text));
  if (missing.length > 0) return missing.map(([field, text]) => problemAt([...at, field], `no such day: ${text ?? ""}`));
  const from = approved === undefined ? now : Date.parse(approved);
  const problems: PolicyProblem[] = [];
  if (approved !== undefined && now !== undefined && Date.parse(approved) > now) {
    problems.push(problemAt([...at, "approved"], `${approved} is still to come`));
  }
  if (from !== undefined && Date.parse(expires) > latestExpiry(from)) {
    const since = approved === undefined ? "from today" : `after its approval on ${approved}`;
    problems.push(problemAt([...at, "expires"], `${expires} is more than ${exemptionDaysMax} days ${since}`));
  }
  return problems;
}
