/**
 * Migration: a move to other NodePools that is under way, class by class.
 *
 * Reads the section of policies.yaml, and a class. Returns the class with the opt-in laid over its placement while it has not
 * moved yet: the toleration of the migration's taint and, on EKS Auto Mode, the label of its nodes. Compilation alone sees it:
 * which class a Pod is of, and what a rule judges, stays a matter of the class as written.
 */
import type { PoliciesFile } from "../api/policies-file.ts";
import type { Toleration } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import type { WorkloadClass } from "./class.ts";

export interface Migration {
  readonly active: boolean;
  /** The day on which it was to end. */
  readonly until?: { readonly at: Instant; readonly text: string };
  /** Key of the taint on new NodePools; its value is "true", its effect NoSchedule. */
  readonly taintKey: string;
  /** Node labels that Pods ask for besides their class's; empty but on EKS Auto Mode. */
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** Classes that have moved. */
  readonly classesDone: readonly string[];
}

/** The value of the migration's taint. */
export const migrationTaintValue = "true";

const autoModeTaintKey = "eks-auto-mode";
const autoModeSelector = { "eks.amazonaws.com/compute-type": "auto" };

/** Returns the migration of a policies file, or undefined where it has none. */
export function toMigration({ migration, settings }: PoliciesFile, { domain }: { readonly domain: string }): Migration | undefined {
  if (migration === undefined) return undefined;
  const isAuto = settings?.provider?.kind === "eks-auto";
  const { active, until, taint, classesDone = [] } = migration;
  return {
    active,
    ...(until === undefined ? {} : { until: { at: Date.parse(until), text: until } }),
    taintKey: taint ?? (isAuto ? autoModeTaintKey : `migration.${domain}/karpenter`),
    nodeSelector: isAuto ? autoModeSelector : {},
    classesDone,
  };
}

/** Is true while Pods of a class get the opt-in. */
export function isMigrating(migration: Migration | undefined, className: string): migration is Migration {
  return migration?.active === true && !migration.classesDone.includes(className);
}

/** Returns the toleration by which a Pod opts in. */
export function migrationToleration({ taintKey }: Migration): Toleration {
  return { key: taintKey, operator: "Equal", value: migrationTaintValue, effect: "NoSchedule" };
}

/** Returns a class as its Pods are compiled: with the opt-in while it is migrating, else as it is. */
export function withMigration(workloadClass: WorkloadClass, migration: Migration | undefined): WorkloadClass {
  if (!isMigrating(migration, workloadClass.name)) return workloadClass;
  const { nodeSelector, tolerations } = workloadClass.placement;
  return {
    ...workloadClass,
    placement: {
      nodeSelector: { ...nodeSelector, ...migration.nodeSelector },
      tolerations: [...tolerations, migrationToleration(migration)],
    },
  };
}
