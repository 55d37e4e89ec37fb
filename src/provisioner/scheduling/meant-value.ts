/**
 * MeantValue: which value of a label a Pod probably meant.
 *
 * Reads what a Pod asks for and everything that NodePools and types know of the label. Returns the nearest known value, where
 * none of the asked ones is known at all: a zone that exists and is only not allowed is no slip of the hand.
 */
import { nearestWord } from "../../api/nearest-word.ts";
import { capacityTypeLabel, zoneLabel } from "../../api/labels.ts";
import { values, type Requirement } from "../../kube/requirement.ts";
import type { PoolTemplate } from "./pool-template.ts";

/** Shorter words are near to everything. */
const lettersMin = 3;

/** Returns what the first of some values that looks like a slip of the hand was meant to be: another number (m5 and m1) is no slip. */
export function meantWord(written: readonly string[], candidates: readonly string[]): string | undefined {
  const letters = (text: string): string => text.replaceAll(/\d/g, "").toLowerCase();
  return written.flatMap((value) => {
    if (value.length < lettersMin) return [];
    return (
      nearestWord(
        value,
        candidates.filter((candidate) => letters(candidate) !== letters(value)),
      ) ?? []
    );
  })[0];
}

/** Returns the value that was probably meant, or undefined. */
export function meantValue(
  { templates }: { readonly templates: readonly PoolTemplate[] },
  asked: Requirement | undefined,
): string | undefined {
  const listed = asked === undefined ? undefined : values(asked);
  if (asked === undefined || listed === undefined || listed.length === 0) return undefined;
  const known = new Set<string>();
  for (const template of templates) {
    for (const requirements of [template.requirements, ...template.types.map(({ requirements: own }) => own)]) {
      const own = requirements.get(asked.key);
      for (const value of own === undefined ? [] : (values(own) ?? [])) known.add(value);
    }
    for (const { instanceType } of template.types) {
      for (const { zone, capacityType } of instanceType.offerings) {
        if (asked.key === zoneLabel) known.add(zone);
        if (asked.key === capacityTypeLabel) known.add(capacityType);
      }
    }
  }
  if (listed.some((value) => known.has(value))) return undefined;
  const candidates = [...known].sort();
  return meantWord(listed, candidates);
}
