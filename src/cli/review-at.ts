/**
 * `plimsoll review --at`: what the disruption budgets of a NodePool let go at a moment.
 *
 * Reads the words of the option, a NodePool and how many nodes of it are known. Returns the moment, always in UTC, and a row of the report.
 */
import type { NodePool } from "../api/node-pool.ts";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { scaledValue } from "../kube/disruption-budget.ts";
import { holdsAt, type Budget } from "../policies/review/budget-hours.ts";
import { momentText, weekdays } from "../policies/review/moment-text.ts";
import type { ReportRow } from "../policies/review/pool-report.ts";

const dayMs = 24 * 3_600_000;
const reasons = ["Empty", "Underutilized", "Drifted"] as const;

/** Returns the next such moment; the error says what to write. */
export function parseMoment(text: string, now: Instant): Result<Instant, string> {
  const [, day = "", hour = "", minute = ""] = /^(?:([A-Za-z]{3,9})\s+)?(\d{1,2}):(\d{2})$/.exec(text.trim()) ?? [];
  const weekday = weekdays.findIndex((name) => day.length >= 3 && name.toLowerCase().startsWith(day.toLowerCase()));
  if (hour !== "" && Number(hour) < 24 && Number(minute) < 60 && (day === "" || weekday >= 0)) {
    const midnight = Math.floor(now / dayMs) * dayMs;
    const today = midnight + (Number(hour) * 60 + Number(minute)) * 60_000;
    const days = day === "" ? 0 : (weekday - new Date(now).getUTCDay() + 7) % 7;
    const at = today + days * dayMs;
    return ok(at >= now ? at : at + (day === "" ? 1 : 7) * dayMs);
  }
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? Date.parse(/(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`) : Number.NaN;
  return Number.isNaN(at) ? err(`--at "${text}": write a moment such as "Saturday 03:00", "03:00" or 2026-11-28T03:00 (UTC)`) : ok(at);
}

/** Returns the row: for each reason for which nodes go, how many may at once. Where no node is known, a share stays one. */
export function budgetsAt({ spec }: NodePool, of: { readonly at: Instant; readonly nodes: number }): ReportRow {
  const { budgets = [{ nodes: "10%" }] } = spec.disruption ?? {};
  const holding = budgets.filter((budget) => holdsAt(budget, of.at));
  const answers = reasons.map((reason) => ({ reason, text: boundText(boundsOf(holding, reason), of.nodes) }));
  const texts = [...new Set(answers.map(({ text }) => text))];
  const answer = texts.map((text) => {
    const whom = answers.filter((one) => one.text === text).map(({ reason }) => reason);
    return whom.length === reasons.length ? text : `${whom.join(", ")}: ${text}`;
  });
  return { question: `at ${momentText(of.at)}`, answer: answer.join("; "), isOpen: false };
}

function boundsOf(budgets: readonly Budget[], reason: (typeof reasons)[number]): readonly string[] {
  return [
    ...new Set(budgets.filter((budget) => budget.reasons === undefined || budget.reasons.includes(reason)).map(({ nodes }) => nodes)),
  ];
}

function boundText(bounds: readonly string[], nodes: number): string {
  if (bounds.length === 0) return "every node may go at once: no budget holds";
  if (bounds.some((bound) => /^0%?$/.test(bound))) return "no node may go";
  const counted = bounds
    .map((bound) => scaledValue(/^\d+$/.test(bound) ? Number(bound) : bound, nodes))
    .flatMap((one) => (one.ok ? [one.value] : []));
  const least = Math.min(...counted);
  if (nodes > 0 && counted.length === bounds.length) return `${least} of ${nodes} nodes may go at once`;
  return bounds.length === 1
    ? `${bounds.join("")} of the nodes may go at once`
    : `the least of ${bounds.join(" and ")} of the nodes may go at once`;
}
