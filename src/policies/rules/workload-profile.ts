/**
 * WP-001 to WP-006: what a WorkloadProfile says that cannot be meant.
 *
 * Reads one profile and the catalogue. Whatever one field says about another is judged here; the form of each field is the
 * schema's matter (src/api/workload-profile.ts).
 */
import { shapeSchemas } from "../../api/generated/schemas.ts";
import { assertNever } from "../../api/assert.ts";
import { nearestWord } from "../../api/nearest-word.ts";
import type { QuantityText } from "../../api/object.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { pointer } from "../../kube/json-patch.ts";
import { compareQuantities, isQuantity } from "../../kube/quantity.ts";
import { workloadTitle } from "../../kube/workload.ts";
import { pathIn, type Facts } from "../facts.ts";
import { termsOf } from "../profile-terms.ts";
import { sizingConflicts } from "../profile/pod-patch.ts";
import type { SizingConflict } from "../profile/pod-sizing.ts";
import { boundClassName } from "../profile/workload-contract.ts";
import { containerPath, podSpecPath } from "../container-path.ts";
import { unknownFields } from "../unknown-fields.ts";
import type { WorkloadView } from "../workload-view.ts";
import { profileManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const profileOf = (spec: string): string => profileManifest({ spec });

export const wp001: Rule = {
  id: "WP-001",
  summary: "A class that the catalogue does not have.",
  defaultAction: "deny",
  needs: [["profile", "unbound"]],
  examples: { admitted: profileOf("runtimeClass: general"), denied: profileOf("runtimeClass: genral") },
  judge(facts) {
    const { policySet, subject } = facts;
    const name = subject.kind === "profile" ? boundClassName(subject.profile, policySet) : labelledClass(facts);
    const known = [...policySet.classes.keys()].sort();
    if (name === undefined || known.includes(name)) return [];
    const nearest = nearestWord(name, known);
    const hint = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
    return [
      {
        path: pathIn(facts, { profile: "/spec/runtimeClass" }),
        message: `${subject.kind === "profile" ? "spec.runtimeClass" : `label ${facts.names.workloadClassLabel}`} "${name}" is not in the catalogue (known: ${known.join(", ")})${hint}`,
        fix: "use one of the known classes",
      },
    ];
  },
};

export const wp002: Rule = {
  id: "WP-002",
  summary: "A minimum of replicas above the maximum.",
  defaultAction: "deny",
  needs: ["profile"],
  examples: {
    admitted: profileOf("availability: {minReplicas: 3}, scaling: {maxReplicas: 9}"),
    denied: profileOf("availability: {minReplicas: 9}, scaling: {maxReplicas: 3}"),
  },
  judge: onProfile((profile, facts) => {
    const minReplicas = termsOf(profile, facts)?.resolved.minReplicas.value ?? profile.spec.availability?.minReplicas;
    const maxReplicas = profile.spec.scaling?.maxReplicas;
    if (minReplicas === undefined || maxReplicas === undefined || minReplicas <= maxReplicas) return [];
    return [
      {
        path: profile.spec.availability?.minReplicas === undefined ? "/spec/scaling/maxReplicas" : "/spec/availability/minReplicas",
        message: `spec.availability.minReplicas ${minReplicas} is greater than spec.scaling.maxReplicas ${maxReplicas}`,
        fix: "lower minReplicas or raise maxReplicas",
      },
    ];
  }),
};

export const wp003: Rule = {
  id: "WP-003",
  summary: "Both forms of a disruption budget at once.",
  defaultAction: "deny",
  needs: ["profile"],
  examples: {
    admitted: profileOf("availability: {minReplicas: 5}, disruption: {minAvailable: 80%}"),
    denied: profileOf("availability: {minReplicas: 5}, disruption: {minAvailable: 80%, maxUnavailable: 1}"),
  },
  judge: onProfile(({ spec }) => {
    if (spec.disruption?.minAvailable === undefined || spec.disruption.maxUnavailable === undefined) return [];
    return [
      {
        path: "/spec/disruption",
        message: "spec.disruption.minAvailable and spec.disruption.maxUnavailable are both set",
        fix: "keep one",
      },
    ];
  }),
};

export const wp004: Rule = {
  id: "WP-004",
  summary: "A count of available replicas that leaves none to evict.",
  defaultAction: "deny",
  needs: ["profile"],
  examples: {
    admitted: profileOf("availability: {minReplicas: 3}, disruption: {minAvailable: 2}"),
    denied: profileOf("availability: {minReplicas: 3}, disruption: {minAvailable: 3}"),
  },
  judge: onProfile((profile, facts) => {
    const asked = profile.spec.disruption?.minAvailable;
    const minReplicas = termsOf(profile, facts)?.resolved.minReplicas.value ?? profile.spec.availability?.minReplicas;
    if (typeof asked !== "number" || asked === 0 || minReplicas === undefined || asked < minReplicas) return [];
    const lower = minReplicas > 1 ? `${minReplicas - 1} or a percentage` : "a percentage";
    return [
      {
        path: "/spec/disruption/minAvailable",
        message: `spec.disruption.minAvailable ${asked} is an integer not below minReplicas ${minReplicas}, so 0 pods could ever be evicted`,
        fix: `set minAvailable ${lower}`,
      },
    ];
  }),
};

export const wp005: Rule = {
  id: "WP-005",
  summary: "A field that WorkloadProfiles do not have; it would change nothing, and nobody would notice.",
  defaultAction: "deny",
  needs: ["profile"],
  examples: { admitted: profileOf("cost: {spotAllowed: false}"), denied: profileOf("cost: {spotAlowed: false}") },
  judge: onProfile(({ spec }) => {
    const schema = shapeSchemas.WorkloadProfile.properties?.["spec"];
    if (schema === undefined) return [];
    const { fields, moreCount } = unknownFields(schema, spec, ["spec"]);
    const named = fields.map(({ pointer: path, path: field, nearestPath }) => ({
      path,
      message: `unknown field ${field}${nearestPath === undefined ? "" : `; nearest known field is ${nearestPath}`}`,
      fix: "correct the name",
    }));
    // At the last place that is told, and worded so that it comes after that: findings are sorted by place, then words.
    const more = {
      path: lastOf(named.map(({ path }) => path)),
      message: `unknown fields besides these: ${moreCount}`,
      fix: "correct the names",
    };
    return moreCount === 0 ? named : [...named, more];
  }),
};

function lastOf(texts: readonly string[]): string {
  return texts.reduce((last, text) => (text > last ? text : last), "");
}

export const wp006: Rule = {
  id: "WP-006",
  summary: "A limit below the request that it should cover.",
  defaultAction: "deny",
  examples: {
    admitted: profileOf("compute: {memoryRequest: 768Mi, memoryLimit: 1Gi}"),
    denied: profileOf("compute: {memoryRequest: 768Mi, memoryLimit: 512Mi}"),
  },
  judge(facts) {
    if (facts.subject.kind === "profile") {
      const own = limitsOfProfile(facts.subject.profile);
      // A limit of the profile's own is every workload's: each would be blamed for what the profile says.
      return own.length > 0 ? own : facts.views.flatMap(limitsOfBound);
    }
    return facts.subject.kind === "workload" ? facts.views.flatMap((view) => limitsOfWorkload(facts, view)) : [];
  },
};

function onProfile(judge: (profile: WorkloadProfile, facts: Facts) => readonly Problem[]): Rule["judge"] {
  return (facts) => (facts.subject.kind === "profile" ? judge(facts.subject.profile, facts) : []);
}

/** The class that a workload without a profile names by its label. */
function labelledClass({ subject, views }: Facts): string | undefined {
  const [view] = views;
  return subject.kind === "workload" && view?.binding.kind === "none" ? view.className : undefined;
}

interface Amounts {
  readonly cpuRequest?: QuantityText;
  readonly cpuLimit?: QuantityText;
  readonly memoryRequest?: QuantityText;
  readonly memoryLimit?: QuantityText;
}

function limitsOfProfile({ spec }: WorkloadProfile): readonly Problem[] {
  const { compute } = spec;
  if (compute === undefined) return [];
  const named = Object.entries(compute.containers ?? {}).flatMap(([name, amounts]) =>
    limitProblems(amounts, ["compute", "containers", name]),
  );
  return [...limitProblems(compute, ["compute"]), ...named];
}

function limitProblems(amounts: Amounts, at: readonly string[]): readonly Problem[] {
  return (["cpu", "memory"] as const).flatMap((resource): readonly Problem[] => {
    const [request, limit] = [amounts[`${resource}Request`], amounts[`${resource}Limit`]];
    if (request === undefined || limit === undefined || !isQuantity(limit) || compareQuantities(limit, request) >= 0) return [];
    return [
      {
        path: pointer("spec", ...at, `${resource}Limit`),
        message: `${at.join(".")}.${resource}Limit ${limit} is below ${resource}Request ${request}`,
        fix: `raise the limit to at least ${request}`,
      },
    ];
  });
}

/** A limit of the workload's own is never lowered and never passed over in silence: where the profile's request is above it, deny. */
function limitsOfWorkload(facts: Facts, view: WorkloadView): readonly Problem[] {
  if (view.contract === undefined) return [];
  return sizingConflicts({ pod: view.podAsWritten, contract: view.contract }).flatMap((conflict): readonly Problem[] => {
    switch (conflict.kind) {
      case "limit": {
        const { container, resource, limit, request } = conflict;
        return [
          {
            path: containerPath(facts, view, { container, field: `resources/limits/${resource}` }),
            message: `container "${container}": ${resource} limit ${limit} is below the profile's ${resource}Request ${request}`,
            fix: `raise the limit to at least ${request}`,
            ...classOf(view),
          },
        ];
      }
      case "pod-level":
        return [{ ...podLevelProblem(conflict, podSpecPath(view.workload.kind)), ...classOf(view) }];
      case "qos":
        // REQ-003 tells it, with the amounts that would keep the Pod Guaranteed.
        return [];
      default:
        return assertNever(conflict);
    }
  });
}

/**
 * Warns whoever writes a profile of each workload that it binds already and whose limit is below the request that it asks. Such a
 * profile is let in; but the next change of that workload will be refused (limitsOfWorkload), and until then the amount is not
 * written into its new Pods.
 */
function limitsOfBound(view: WorkloadView): readonly Problem[] {
  if (view.contract === undefined) return [];
  return sizingConflicts({ pod: view.podAsWritten, contract: view.contract }).flatMap((conflict): readonly Problem[] => {
    if (conflict.kind !== "limit") return [];
    const { container, resource, limit, request } = conflict;
    return [
      {
        path: "/spec/compute",
        message: `${resource}Request ${request} is above the ${resource} limit ${limit} of ${workloadTitle(view.workload)}, container "${container}"`,
        fix: `raise the limit to at least ${request} in the workload, or lower the request`,
        action: "warn",
        ...classOf(view),
      },
    ];
  });
}

/** What the Pod states as a whole (spec.resources) is written by the profile too, or not at all: that is never passed over either. */
function podLevelProblem(conflict: Extract<SizingConflict, { kind: "pod-level" }>, spec: string): Problem {
  const { resource, request, bound } = conflict;
  if (bound.of === "limit") {
    return {
      path: `${spec}/resources/limits/${resource}`,
      message: `the Pod as a whole: ${resource} limit ${bound.amount} is below the profile's ${resource}Request ${request}`,
      fix: `raise the limit to at least ${request}`,
    };
  }
  return {
    path: `${spec}/resources/requests/${resource}`,
    message: `the Pod as a whole would request ${request} ${resource} by the profile, less than the ${bound.amount} that its containers request together`,
    fix: `raise the profile's ${resource}Request to at least ${bound.amount}, or lower what the containers request`,
  };
}
