/**
 * Standing objects: the updates of running Pods and the deletions that the API server asks us about.
 *
 * Reads our names. Returns the rules and match conditions of their registration. In a busy cluster nearly every write of a Pod is
 * a controller's or a status: none of those may cost a call. The same choice stands in policies/pod-update.ts, for who calls us all the same.
 */
import type { PlatformNames } from "../api/labels.ts";
import { judgedAnnotations } from "../policies/pod-update.ts";

export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/** Returns what the registration asks about. */
export function standingRules({ domain }: PlatformNames): readonly object[] {
  const deletionsOf = (group: string, version: string, resource: string): object => ({
    ...{ operations: ["DELETE"], apiGroups: [group], apiVersions: [version], resources: [resource], scope: "Namespaced" },
  });
  return [
    { operations: ["UPDATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], scope: "Namespaced" },
    deletionsOf("autoscaling", "v2", "horizontalpodautoscalers"),
    deletionsOf("keda.sh", "v1alpha1", "scaledobjects"),
    deletionsOf("policy", "v1", "poddisruptionbudgets"),
    deletionsOf(domain, "v1", "workloadprofiles"),
    ...["deployments", "statefulsets", "replicasets"].map((resource) => deletionsOf("apps", "v1", resource)),
    deletionsOf("", "v1", "replicationcontrollers"),
    deletionsOf("argoproj.io", "v1alpha1", "rollouts"),
  ];
}

/** Returns the conditions under which they meet us: all of them must hold. */
export function standingConditions(names: PlatformNames): readonly MatchCondition[] {
  const changes = [
    "object.spec != oldObject.spec",
    ...["labels", "finalizers", "ownerReferences"].map(differs),
    ...judgedAnnotations(names).map(annotationDiffers),
  ];
  return [
    {
      name: "not-by-a-controller",
      expression: `!(request.userInfo.username.startsWith("system:serviceaccount:kube-system:") || request.userInfo.username == "system:kube-controller-manager" || request.userInfo.username == "system:kube-scheduler" || "system:nodes" in request.userInfo.groups)`,
    },
    // Of a deletion there is no object: the condition must not look at one.
    { name: "changes-what-is-judged", expression: `request.operation == "DELETE" || ${changes.join(" || ")}` },
  ];
}

/** A field that is absent may not be read. */
function differs(field: string): string {
  const [is, was] = [`object.metadata.${field}`, `oldObject.metadata.${field}`];
  return `has(${is}) != has(${was}) || (has(${is}) && ${is} != ${was})`;
}

function annotationDiffers(key: string): string {
  const [is, was] = ["object.metadata.annotations", "oldObject.metadata.annotations"];
  const name = JSON.stringify(key);
  const [isThere, wasThere] = [`(has(${is}) && ${name} in ${is})`, `(has(${was}) && ${name} in ${was})`];
  return `${isThere} != ${wasThere} || (${isThere} && ${is}[${name}] != ${was}[${name}])`;
}
