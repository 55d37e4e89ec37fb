/**
 * Auto labels: the labels of EKS Auto Mode's nodes beside those of Karpenter's own.
 *
 * Both describe the same machines, under different domains: a NodePool that asks in the words of the other provider is never
 * satisfied. Returns the key that means the same for a NodePool's provider.
 */
import { autoModeDomain, awsLabelDomain } from "../../api/labels.ts";
import type { Requirement } from "../../kube/requirement.ts";
import type { Requirements } from "../../kube/requirements.ts";

const autoPrefix = `${autoModeDomain}/instance-`;
const karpenterPrefix = `${awsLabelDomain}/instance-`;

/** Returns the key with the same meaning for the other provider; undefined where a key is no description of a machine. */
export function translatedKey(key: string, to: "auto" | "karpenter"): string | undefined {
  const [from, into] = to === "auto" ? [karpenterPrefix, autoPrefix] : [autoPrefix, karpenterPrefix];
  return key.startsWith(from) ? `${into}${key.slice(from.length)}` : undefined;
}

/** Returns what an Auto Mode pool asks of machines in Karpenter's words, which the catalog speaks. */
export function inKarpenterWords(requirements: Requirements): Requirements {
  return new Map(
    [...requirements].map(([key, requirement]): readonly [string, Requirement] => {
      const karpenterKey = translatedKey(key, "karpenter");
      return karpenterKey === undefined ? [key, requirement] : [karpenterKey, { ...requirement, key: karpenterKey }];
    }),
  );
}

/** Returns one requirement in the words of the catalog, as an Auto Mode pool's Pods ask it; undefined for Karpenter's own words, which no such node has. */
export function inCatalogWords(requirement: Requirement): Requirement | undefined {
  if (translatedKey(requirement.key, "auto") !== undefined) return undefined;
  const key = translatedKey(requirement.key, "karpenter");
  return key === undefined ? requirement : { ...requirement, key };
}
