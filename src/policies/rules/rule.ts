/**
 * Rule: one sentence that admission can say, as data and one function.
 *
 * A rule reads Facts (the judged object and the workloads that it touches) and returns Problems; policies.yaml decides what a
 * problem does. The examples open each family's file: the tests run them, the docs print them.
 */
import type { JsonPatchOperation } from "../../kube/json-patch.ts";
import type { FindingAction } from "../verdict.ts";
import type { RuleAction, RuleParams } from "../policy-set.ts";
import type { Facts } from "../facts.ts";
import type { SubjectKind } from "../subject.ts";
import type { Needs } from "../traits.ts";

/** One thing that is wrong. `action` stands where the case, not the file, decides (a class's singletons, params). */
export interface Problem {
  /** JSON Pointer into the judged object, "" for the whole. */
  readonly path: string;
  readonly message: string;
  readonly fix: string;
  /** The fix as RFC 6902 operations on the judged object, where there is one that needs no human choice; applied, it removes the finding. */
  readonly patch?: readonly JsonPatchOperation[];
  readonly action?: FindingAction;
  /** Name of the class that the problem was judged under; scopes of policies.yaml look at it. */
  readonly className?: string;
  /** The workloads that it is about, as "Kind/name"; no part of the words, but what was wrong of one is new of another. */
  readonly about?: readonly string[];
}

/** A parameter that policies.yaml may set on a rule. */
export type RuleParam =
  | { readonly kind: "number"; readonly default: number; readonly min: number; readonly meaning: string }
  | { readonly kind: "choice"; readonly default: string; readonly choices: readonly string[]; readonly meaning: string }
  | { readonly kind: "list"; readonly default: readonly string[]; readonly meaning: string };

export interface Rule {
  readonly id: string;
  /** One line: what is refused and why. */
  readonly summary: string;
  readonly defaultAction: RuleAction;
  /** Why it acts so by default, for its page; absent where the summary says it. */
  readonly why?: string;
  /** The strongest action that policies.yaml may give the rule; absent means deny. */
  readonly strongestAction?: RuleAction;
  readonly params?: Readonly<Record<string, RuleParam>>;
  /** What the rule is asked about; absent means {@link usualSubjects}. */
  readonly subjects?: readonly SubjectKind[];
  /** What it finds nothing without; absent where only judging tells. A rule that needs too much stays silent where it should speak. */
  readonly needs?: Needs;
  /**
   * YAML documents: the last one is judged as a CREATE, the others are already in the cluster. The admitted one draws
   * no finding of this rule, the denied one does. `policies` are sections of policies.yaml that stand beside the usual ones.
   */
  readonly examples: { readonly admitted: string; readonly denied: string; readonly policies?: string };
  judge(facts: Facts, params: RuleParams): readonly Problem[];
}

/** What a rule about workloads is asked about: the workload itself, and every object that can change what holds for it. */
export const usualSubjects: readonly SubjectKind[] = ["workload", "scale", "budget", "autoscaler", "profile"];

/**
 * Returns the part of a problem that says whose it is: the class, for the scopes of policies.yaml, and the workload, so that an
 * update can't move what was wrong already to another one.
 */
export function classOf(of: ProblemOwner): Pick<Problem, "className" | "about"> {
  const { className, workload } = of;
  return { ...(className === undefined ? {} : { className }), ...(workload === undefined ? {} : aboutAll([{ workload }])) };
}

/** Returns the part of a problem that names all workloads that it is about, for an object that is wrong as a whole. */
export function aboutAll(views: readonly { readonly workload: NamedWorkload }[]): Pick<Problem, "about"> {
  return views.length === 0 ? {} : { about: views.map(({ workload: { kind, name } }) => `${kind}/${name}`) };
}

interface NamedWorkload {
  readonly kind: string;
  readonly name: string;
}

interface ProblemOwner {
  readonly className: string | undefined;
  readonly workload?: NamedWorkload;
}
