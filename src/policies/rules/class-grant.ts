/**
 * CLASS-002: a class that the namespace is not granted.
 *
 * Reads the grants, the namespace and the class of each profile and workload. A grant that stands on a label is judged again when
 * the Namespace's labels change, since nothing else about its workloads does.
 */
import type { FindingAction } from "../verdict.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import { grantOf } from "../grant.ts";
import { boundClassName } from "../profile/workload-contract.ts";
import { profileManifest } from "./example-manifests.ts";
import type { Problem, Rule } from "./rule.ts";

const profileIn = (namespace: string): string =>
  profileManifest({
    namespace,
    labels: "platform.example.com/cost-owner: platform",
    spec: "runtimeClass: system, scaling: {maxReplicas: 4}",
  });

export const class002: Rule = {
  id: "CLASS-002",
  summary: "A class that is granted to other namespaces than this one.",
  defaultAction: "deny",
  needs: ["grant"],
  subjects: ["profile", "workload", "namespace"],
  examples: { admitted: profileIn("platform-dns"), denied: profileIn("shop") },
  judge(facts) {
    const { subject, policySet } = facts;
    if (policySet.grants.size === 0) return [];
    if (subject.kind === "profile") {
      return ungranted(facts, { className: boundClassName(subject.profile, policySet), about: "", path: "/spec/runtimeClass" });
    }
    const ofViews = facts.views.flatMap((view) =>
      ungranted(facts, {
        className: view.className,
        about: aboutWorkload(facts, view),
        path: pathIn(facts, { namespace: "/metadata/labels" }),
      }),
    );
    if (subject.kind !== "namespace") return ofViews;
    const profiles = facts.snapshot.list("WorkloadProfile", namespaceOf(facts));
    const ofProfiles = profiles.flatMap((profile) =>
      ungranted(facts, {
        className: boundClassName(profile, policySet),
        about: `WorkloadProfile ${profile.metadata.name ?? ""}: `,
        path: "/metadata/labels",
      }),
    );
    return [...ofViews, ...ofProfiles];
  },
};

/** A Namespace's own request is about itself. */
function namespaceOf({ subject, request }: Facts): string {
  return subject.kind === "namespace" ? (subject.namespace.metadata.name ?? "") : request.namespace;
}

function ungranted(
  facts: Facts,
  of: { readonly className: string | undefined; readonly about: string; readonly path: string },
): readonly Problem[] {
  const { className, about, path } = of;
  const grant = className === undefined ? undefined : facts.policySet.grants.get(className);
  if (className === undefined || grant === undefined) return [];
  const namespace = namespaceOf(facts);
  const namespaceObject = facts.subject.kind === "namespace" ? facts.subject.namespace : facts.namespaceObject;
  const granted = grantOf({ policySet: facts.policySet, className, namespace, namespaceObject });
  if (granted === "granted") return [];
  return [
    {
      path,
      message: `${about}namespace "${namespace}" is not granted class "${className}"`,
      fix: `ask ${grant.requestFrom ?? "the platform team"} for a grant in policies.yaml: grants.${className}`,
      className,
      // A file without the Namespace can't tell what its labels grant.
      ...(granted === "unknown" ? { action: "warn" satisfies FindingAction } : {}),
    },
  ];
}
