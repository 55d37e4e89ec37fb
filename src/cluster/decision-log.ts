/**
 * Decision log: the last decisions of every controller, with what was rejected and why.
 *
 * Reads what the runner records. Returns it for `plimsoll why` and the dashboard, which compute nothing themselves. In memory
 * and bounded: what must outlive the process stands in conditions and annotations. A decision taken again and again is
 * one entry with a count, so a stuck key can't push the others out.
 */
import type { Decision } from "../api/controller.ts";
import { shortHashOf } from "../api/hash.ts";
import type { ObjectKey } from "../api/object.ts";
import type { Instant } from "../api/ports.ts";

export interface DecisionEntry {
  readonly controller: string;
  readonly key: ObjectKey;
  /** The step's kind. */
  readonly step: string;
  readonly decision: Decision<unknown>;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly count: number;
}

export interface DecisionLog {
  record(of: Pick<DecisionEntry, "controller" | "key" | "step" | "decision">, now: Instant): void;
  /** Oldest first; of one controller, or of all. */
  entries(controller?: string): readonly DecisionEntry[];
}

/** Makes an empty log that keeps the last `entriesMax` decisions of each controller. */
export function decisionLog(entriesMax = 200): DecisionLog {
  // A Map keeps insertion order: an entry that is set anew moves to the end, the first one is the oldest.
  const byController = new Map<string, Map<string, DecisionEntry>>();
  return {
    record: (of, now) => {
      const entries = byController.get(of.controller) ?? new Map<string, DecisionEntry>();
      byController.set(of.controller, entries);
      const identity = `${of.key.namespace}/${of.key.name}/${of.step}/${shortHashOf(of.decision)}`;
      const known = entries.get(identity);
      entries.delete(identity);
      entries.set(identity, { ...of, firstAt: known?.firstAt ?? now, lastAt: now, count: (known?.count ?? 0) + 1 });
      const [oldest] = entries.keys();
      if (entries.size > entriesMax && oldest !== undefined) entries.delete(oldest);
    },
    entries: (controller) => {
      if (controller !== undefined) return [...(byController.get(controller)?.values() ?? [])];
      return [...byController.values()].flatMap((entries) => [...entries.values()]).sort((a, b) => a.lastAt - b.lastAt);
    },
  };
}
