/**
 * Auto labels: the labels of EKS Auto Mode's nodes beside those of Karpenter's own.
 *
 * Both describe the same machines, under different domains: a NodePool that asks in the words of the other provider is never
 * satisfied. Returns the key that means the same for a NodePool's provider. The catalog, and so every instance type, speaks Karpenter's words.
 */
import { autoModeDomain, awsLabelDomain, wellKnownLabels } from "../api/labels.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { Requirement } from "./requirement.ts";
import type { Requirements } from "./requirements.ts";

const autoPrefix = `${autoModeDomain}/instance-`;
const karpenterPrefix = `${awsLabelDomain}/instance-`;

/** Says whether AWS runs the pool's nodes (EKS Auto Mode). */
export function isAutoPool({ spec }: Pick<NodePool, "spec">): boolean {
  return spec.template.spec.nodeClassRef.group === autoModeDomain;
}

/** Returns the key with the same meaning for the other provider; undefined where a key is no description of a machine. */
export function translatedKey(key: string, to: "auto" | "karpenter"): string | undefined {
  const [from, into] = to === "auto" ? [karpenterPrefix, autoPrefix] : [autoPrefix, karpenterPrefix];
  return key.startsWith(from) ? `${into}${key.slice(from.length)}` : undefined;
}

/** Returns what an Auto Mode pool asks of machines in Karpenter's words, which the catalog speaks. */
export function inKarpenterWords(requirements: Requirements): Requirements {
  return translated(requirements, "karpenter");
}

/** Returns what is known of a machine in the words of Auto Mode's nodes. */
export function inAutoWords(requirements: Requirements): Requirements {
  return translated(requirements, "auto");
}

/** The well-known labels of Auto Mode's nodes: a Pod may ask for them where the NodePool leaves them open. */
export const autoWellKnownLabels: ReadonlySet<string> = new Set([...wellKnownLabels].map((key) => translatedKey(key, "auto") ?? key));

function translated(requirements: Requirements, to: "auto" | "karpenter"): Requirements {
  return new Map(
    [...requirements].map(([key, requirement]): readonly [string, Requirement] => {
      const into = translatedKey(key, to);
      return into === undefined ? [key, requirement] : [into, { ...requirement, key: into }];
    }),
  );
}

/** Returns one requirement in the words of the catalog, as an Auto Mode pool's Pods ask it; undefined for Karpenter's own words, which no such node has. */
export function inCatalogWords(requirement: Requirement): Requirement | undefined {
  if (translatedKey(requirement.key, "auto") !== undefined) return undefined;
  const key = translatedKey(requirement.key, "karpenter");
  return key === undefined ? requirement : { ...requirement, key };
}
