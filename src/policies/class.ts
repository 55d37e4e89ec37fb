/**
 * WorkloadClass: one class of the catalogue with every default filled, and the class that holds in a namespace.
 *
 * Reads the catalogue and the namespace overrides of a PolicySet (both plain data from policies.yaml). Returns the class
 * that judges and sizes a workload. A class is data: nothing in the code knows a class by name.
 */
import type { IntOrPercent, QuantityText } from "../api/object.ts";
import type { Toleration } from "../api/pod.ts";

/** What a class says about one replica alone: refuse it, warn, or let it be. */
export type SingletonAction = "deny" | "warn" | "allow";

/** The bounds and the default of one request, as written ("50m", "8", "250m"); a missing bound does not bound. */
export interface RequestRange {
  readonly min?: QuantityText;
  readonly max?: QuantityText;
  readonly default?: QuantityText;
}

/** One class of the catalogue, every default filled. */
export interface WorkloadClass {
  readonly name: string;
  readonly purpose?: string;
  /** NodePool names in order of preference; may be empty. */
  readonly pools: readonly string[];
  readonly placement: {
    readonly nodeSelector: Readonly<Record<string, string>>;
    readonly tolerations: readonly Toleration[];
  };
  readonly capacityTypes: readonly ("spot" | "on-demand" | "reserved")[];
  readonly allowSpot: boolean;
  /** Default of cost.spotFloorOnDemand: a count or a percentage. */
  readonly spotFloorOnDemand: IntOrPercent;
  /** Zone names; empty where the class does not narrow zones. */
  readonly zones: readonly string[];
  readonly arch: "amd64" | "arm64" | "any";
  readonly requests: {
    readonly cpu: RequestRange;
    readonly memory: RequestRange;
    readonly ephemeralStorage: RequestRange;
    /** Bounds of memory to CPU, in GiB a vCPU. */
    readonly gibPerCpu: { readonly min?: number; readonly max?: number };
    /** What a container beside the main one gets that requests nothing; absent members are not filled. */
    readonly sidecar: { readonly cpu?: QuantityText; readonly memory?: QuantityText };
  };
  readonly limits: {
    /** A quantity, or "none". */
    readonly cpu: QuantityText;
    /** Default memory limit as a multiple of the request. */
    readonly memoryRatio: number;
    /** Caps of limit / request; where absent, REQ-002's params hold. */
    readonly maxCpuRatio?: number;
    readonly maxMemoryRatio?: number;
  };
  readonly availability: {
    readonly minReplicas: number;
    readonly allowZero: boolean;
    readonly zoneSpread: "required" | "preferred" | "none";
    /** zoneSpread holds from this number of replicas on. */
    readonly zoneSpreadFrom: number;
    readonly hostSpread: "required" | "preferred" | "none";
    readonly singletons: Readonly<Record<string, SingletonAction>> & { readonly default: SingletonAction };
  };
  readonly disruption: {
    readonly minAvailable?: IntOrPercent;
    readonly maxUnavailable?: IntOrPercent;
    readonly gracePeriodSeconds: number;
    readonly preStopSeconds: number;
    readonly maxGraceSeconds?: number;
    /** True where the class's nodes are consolidated and replaced. */
    readonly consolidates: boolean;
    readonly maxNodeAge?: string;
    /** Longest disruption.protect, as a duration. */
    readonly maxProtect?: string;
    readonly window?: readonly { readonly schedule: string; readonly duration: string }[];
  };
  readonly quota: { readonly cpu?: QuantityText; readonly memory?: QuantityText; readonly replicasPerProfile?: number };
  /** Profile fields that must be set, such as "disruption.idempotent". */
  readonly requires: readonly string[];
  /** True where all six disruption.guarantees are needed, so that idempotent alone does not do. */
  readonly requireAllGuarantees: boolean;
  /** Whether a profile may carry a podPatch. */
  readonly podPatch: boolean;
  /** Bounds of compute.gpu.count; absent where the class has no accelerators. */
  readonly gpu?: { readonly min: number; readonly max: number };
}

/** The classes that hold in namespaces whose name matches a glob, in the order of the file; the last match wins. */
export interface NamespaceClasses {
  readonly glob: string;
  /** Whole classes: the catalogue's with this namespace's overrides merged in. */
  readonly classes: ReadonlyMap<string, WorkloadClass>;
}

/** The part of a PolicySet that answers which class holds where. */
export interface ClassCatalogue {
  readonly classes: ReadonlyMap<string, WorkloadClass>;
  readonly namespaces: readonly NamespaceClasses[];
}

/** Returns a class as it holds in a namespace, or undefined where the catalogue has no class of that name. */
export function classFor(
  catalogue: ClassCatalogue,
  at: { readonly className: string; readonly namespace: string },
): WorkloadClass | undefined {
  if (catalogue.namespaces.length === 0) return catalogue.classes.get(at.className);
  const override = catalogue.namespaces.findLast(
    (entry) => entry.classes.has(at.className) && matchesGlob({ glob: entry.glob, text: at.namespace }),
  );
  return override?.classes.get(at.className) ?? catalogue.classes.get(at.className);
}

/** Is true where a name matches a glob in which * stands for any run of characters; everything else is literal. */
export function matchesGlob({ glob, text }: { readonly glob: string; readonly text: string }): boolean {
  const [head = "", ...rest] = glob.split("*");
  const tail = rest.pop();
  if (tail === undefined) return text === glob;
  if (!text.startsWith(head) || !text.endsWith(tail) || text.length < head.length + tail.length) return false;
  let from = head.length;
  const end = text.length - tail.length;
  for (const part of rest) {
    const found = text.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

/** Returns what a class says about a single replica of a kind; a CronJob counts as its Jobs. */
export function singletonAction(workloadClass: WorkloadClass, kind: string): SingletonAction {
  const { singletons } = workloadClass.availability;
  return singletons[kind] ?? (kind === "CronJob" ? singletons["Job"] : undefined) ?? singletons.default;
}
