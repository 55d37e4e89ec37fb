/**
 * BIND-001 to BIND-005: which profile governs a workload.
 *
 * Reads the binding of each workload that a request touches. Two profiles that claim one workload are refused at whichever
 * object comes second; a workload that none claims is judged under an assumed class, and gets a warning. One
 * that names a profile which is still to come waits for it (awaited.ts).
 */
import { awaitedProfile, awaitedWords } from "../awaited.ts";
import { pathIn, type Facts } from "../facts.ts";
import { workloadTitle } from "../../kube/workload.ts";
import type { FindingAction } from "../verdict.ts";
import { deploymentManifest, profileManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const profileOf = (name: string, spec: string): string =>
  profileManifest({ name, spec: `runtimeClass: general, scaling: {maxReplicas: 9}${spec}` });

const deploymentOf = (labels: string): string => deploymentManifest({ labels });

const byTarget = ", bind: {targetRef: {kind: Deployment, name: web}}";
const bySelector = ", bind: {selector: {matchLabels: {app: web}}}";

export const bind001: Rule = {
  id: "BIND-001",
  summary: "A profile without a workload; only its status says so (Bound=False), since the workload may come later.",
  defaultAction: "audit",
  needs: ["profile"],
  strongestAction: "audit",
  examples: { admitted: `${deploymentOf("")}---${profileOf("web", "")}`, denied: profileOf("web", "") },
  judge({ subject, views }) {
    if (subject.kind !== "profile" || views.length > 0) return [];
    return [
      {
        path: "",
        message: `WorkloadProfile ${subject.profile.metadata.name ?? ""} matches no workload yet`,
        fix: "create the workload or set bind.targetRef",
      },
    ];
  },
};

export const bind002: Rule = {
  id: "BIND-002",
  summary: "Two profiles that claim one workload by the same kind of word.",
  defaultAction: "deny",
  needs: ["ambiguous"],
  examples: {
    admitted: `${profileOf("one", byTarget)}---${deploymentOf("")}`,
    denied: `${profileOf("one", bySelector)}---${profileOf("two", bySelector)}---${deploymentOf("")}`,
  },
  judge: (facts) => conflicts(facts, "BIND-002"),
};

export const bind003: Rule = {
  id: "BIND-003",
  summary: "A label that names one profile while another one targets the workload.",
  defaultAction: "deny",
  needs: ["ambiguous"],
  examples: {
    admitted: `${profileOf("one", byTarget)}---${deploymentOf("platform.example.com/profile: one")}`,
    denied: `${profileOf("one", byTarget)}---${deploymentOf("platform.example.com/profile: other")}`,
  },
  judge: (facts) => conflicts(facts, "BIND-003"),
};

export const bind004: Rule = {
  id: "BIND-004",
  summary: "A workload without a WorkloadProfile; a class is assumed, and nothing is compiled. Its action is settings.unprofiled.",
  defaultAction: "deny",
  needs: ["unbound"],
  examples: { admitted: `${profileOf("web", "")}---${deploymentOf("")}`, denied: deploymentOf("") },
  judge({ subject, views, policySet }) {
    const { unprofiled } = policySet.settings;
    if (subject.kind !== "workload" || unprofiled === "allow") return [];
    const action: FindingAction = unprofiled;
    return views.flatMap((view): readonly Problem[] => {
      if (view.binding.kind !== "none") return [];
      return [
        {
          path: "",
          message: `${workloadTitle(view.workload)} has no WorkloadProfile; class "${view.className ?? ""}" is assumed`,
          fix: "add a WorkloadProfile",
          action,
          ...classOf(view),
        },
      ];
    });
  },
};

export const bind005: Rule = {
  id: "BIND-005",
  summary:
    "A workload whose label names a WorkloadProfile that does not stand. It enters with a warning, and its Pods are refused until the profile stands.",
  defaultAction: "deny",
  why:
    "Helm and kubectl send a Deployment before its profile. What the profile may mend is judged when it comes; where this rule does not " +
    "deny, nothing waits: the workload is judged without a profile, and its Pods run without one.",
  needs: ["unbound"],
  subjects: ["workload"],
  examples: {
    admitted: `${profileOf("web", "")}---${deploymentOf("platform.example.com/profile: web")}`,
    denied: deploymentOf("platform.example.com/profile: web"),
  },
  judge({ views, names }) {
    return views.flatMap((view): readonly Problem[] => {
      const profile = awaitedProfile(view, names);
      if (profile === undefined) return [];
      return [
        {
          path: "",
          ...awaitedWords({ profile, title: workloadTitle(view.workload), profileLabel: names.profileLabel }),
          ...classOf(view),
        },
      ];
    });
  },
};

function conflicts(facts: Facts, rule: "BIND-002" | "BIND-003"): readonly Problem[] {
  if (facts.subject.kind !== "workload" && facts.subject.kind !== "profile") return [];
  return facts.views.flatMap(({ binding }): readonly Problem[] => {
    if (binding.kind !== "ambiguous" || binding.rule !== rule) return [];
    return [{ path: pathIn(facts, { profile: "/spec/bind" }), message: binding.text, fix: binding.fix }];
  });
}
