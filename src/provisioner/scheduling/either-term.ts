/**
 * Either term: types of which each meets one term or another of a Pod's node affinity.
 *
 * Reads requirements with types and the alternatives of a class. Returns the types that surely meet one of them, wherever they are launched.
 * Narrowed to one term a claim may be left with fewer types than its pool's minValues ask for, though with both it has enough.
 */
import { capacityTypeLabel, zoneLabel } from "../../api/labels.ts";
import { exactly, has, operatorOf, values, type Requirement } from "../../kube/requirement.ts";
import { intersection, type Requirements } from "../../kube/requirements.ts";
import { isAllowed, type TemplateType } from "./pool-template.ts";

/** Returns the types that meet one alternative or another in every offering that the requirements allow, available now or not. */
export function meetingEither(
  { requirements, types }: { readonly requirements: Requirements; readonly types: readonly TemplateType[] },
  alternatives: readonly Requirements[],
): readonly TemplateType[] {
  return types.filter((type) => {
    const own = intersection(requirements, type.requirements);
    const offered = type.instanceType.offerings.filter((offering) => isAllowed(offering, requirements));
    return offered.every(({ zone, capacityType }) => {
      const decided = [exactly(zoneLabel, zone), exactly(capacityTypeLabel, capacityType)];
      const facts = intersection(own, new Map(decided.map((one) => [one.key, one])));
      return alternatives.some((alternative) => [...alternative].every(([key, asked]) => isSure(facts.get(key), asked)));
    });
  });
}

/** Says whether everything that a label may become meets what is asked of it. */
function isSure(known: Requirement | undefined, asked: Requirement): boolean {
  const isAbsenceMet = operatorOf(asked) === "NotIn" || operatorOf(asked) === "DoesNotExist";
  const listed = known === undefined ? undefined : values(known);
  if (listed === undefined) return false;
  return listed.length === 0 ? isAbsenceMet : listed.every((value) => has(asked, value));
}
