/**
 * PolicySet: policies.yaml, parsed, checked and with every default filled.
 *
 * Plain read-only data that every verdict and every compilation reads; `parsePolicySet` (parse-policy-set.ts) makes it. An
 * edit is a new PolicySet that takes the old one's place in one assignment; its name is `bundle`.
 */
import type { Instant } from "../api/ports.ts";
import type { LabelSelector } from "../api/object.ts";
import type { ClassCatalogue } from "./class.ts";
import type { CustomRule } from "./custom-rule.ts";
import type { Exemption } from "./exemption.ts";
import type { Migration } from "./migration.ts";

/** What a rule does: nothing, record, warn, refuse. The order is off < audit < warn < deny. */
export type RuleAction = "off" | "audit" | "warn" | "deny";

/** Whether requests pass when we cannot judge them. */
export type FailurePolicy = "open" | "closed";

export interface PolicySettings {
  readonly defaultClass: string;
  /** What happens to a workload without a WorkloadProfile (BIND-004). */
  readonly unprofiled: "allow" | "warn" | "deny";
  /** By class name; a class that is not named is open. */
  readonly failurePolicy: ReadonlyMap<string, FailurePolicy>;
  /** Rule id is appended; absent where no documentation is published. */
  readonly docsBase?: string;
  /** Whether a Warning tells what a growing workload needs and costs. */
  readonly capacityAdvice: "off" | "warn";
  /** What evictions that can't be now are answered: nothing of ours, why not and whom to ask, or besides with a replacement first. */
  readonly evictions: "off" | "explain" | "surge";
  /** What follows a rebalance recommendation of the cloud. */
  readonly rebalanceRecommendation: "event" | "replace";
  /** Members of a Pod's spec that a podPatch may set; absent: those that pod-field-patch.ts names. */
  readonly podPatchFields?: readonly string[];
  readonly provider: "karpenter" | "eks-auto";
  /** Who is believed about the owners of what they make, whatever their rights. */
  readonly controllers: readonly NamedControllers[];
  readonly grandfather?: Grandfather;
  /** An edit that would newly deny more live objects than this is refused; absent where nothing bounds it. */
  readonly maxNewDenials?: number;
}

/** Users and groups, as the API server names them, with the kinds that they make for owners. */
export interface NamedControllers {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly makes: readonly string[];
}

/** Workloads that were created before a day are not refused until another, unless one of some fields changes. */
export interface Grandfather {
  readonly before: Instant;
  readonly until: Instant;
  /** As written. */
  readonly untilText: string;
  /** Paths such as "spec.template"; never empty. */
  readonly unlessChanged: readonly string[];
}

/** Which namespaces may use a class. A class without a grant is open to all. */
export interface ClassGrant {
  /** Globs of namespace names. */
  readonly namespaces: readonly string[];
  readonly namespaceSelector?: LabelSelector;
  /** Whom to ask. */
  readonly requestFrom?: string;
}

/** Where a rule holds. Empty lists narrow nothing; a namespace glob that starts with ! excludes. */
export interface RuleScope {
  readonly classes: readonly string[];
  readonly namespaces: readonly string[];
  readonly labels?: LabelSelector;
}

export type RuleParams = Readonly<Record<string, number | string | readonly string[]>>;

/** How one rule is set: the file's entry over the rule's own defaults. */
export interface RuleSetting {
  readonly action: RuleAction;
  /** From `until` on, the action is `then`. */
  readonly staged?: { readonly until: Instant; readonly then: RuleAction };
  readonly scope: RuleScope;
  readonly params: RuleParams;
  /** Line of the entry in the file, counted from 1; absent where the file does not name the rule. */
  readonly line?: number;
  /** The file that holds the entry. */
  readonly fileName?: string;
}

export interface CostOwners {
  /** Empty where the file lists none: then any owner is good. */
  readonly values: readonly string[];
  readonly requiredOn: readonly ("profile" | "nodepool")[];
  readonly tagKey: string;
}

/** What a NodePool is reviewed by. */
export interface NodePoolReview {
  readonly naming?: string;
  readonly forbiddenNames: readonly string[];
  readonly minInstanceTypes: Readonly<Record<string, number>>;
  readonly justifications: readonly string[];
  readonly requireTags: readonly string[];
}

/** policies.yaml as the rest of the product reads it. Every id of a built-in and of a custom rule is in `rules`. */
export interface PolicySet extends ClassCatalogue {
  /** First 8 hex digits of the hash of the parsed content: layout and comments do not change it. */
  readonly bundle: string;
  /** As the operator named it; denials show its last path segment. */
  readonly fileName: string;
  readonly settings: PolicySettings;
  readonly grants: ReadonlyMap<string, ClassGrant>;
  readonly costOwners: CostOwners;
  readonly rules: ReadonlyMap<string, RuleSetting>;
  readonly nodepoolReview: NodePoolReview;
  /** Rules of the platform team's own, compiled; their settings are in `rules`. */
  readonly customRules: readonly CustomRule[];
  /** In the order of the file, ended ones among them. */
  readonly exemptions: readonly Exemption[];
  readonly migration?: Migration;
}
