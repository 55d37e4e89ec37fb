/**
 * SEC-001: whose rights a Pod has.
 *
 * Reads the ServiceAccount and the network of each Pod. The default ServiceAccount is shared by all of a namespace, and a Pod on the
 * host's network can ask for its node's role; a class that asks what data is handled refuses both.
 */
import { actionChoice, actionParam } from "../action-param.ts";
import { podSpecPath } from "../container-path.ts";
import type { FindingAction } from "../verdict.ts";
import type { RuleParams } from "../policy-set.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentManifest, smallContainer } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const deploymentOf = (line: string): string =>
  deploymentManifest({ labels: "platform.example.com/workload-class: regulated", pod: [line, smallContainer] });

/** A class that asks for this field is one that handles data by its classification. */
const classificationField = "security.dataClassification";

export const sec001: Rule = {
  id: "SEC-001",
  summary: "Rights that a Pod shares with its namespace or its node, in a class that asks for the data's classification.",
  defaultAction: "deny",
  needs: ["sharing"],
  subjects: ["workload"],
  params: {
    elsewhere: actionChoice({ default: "audit", meaning: "the host's network in classes that do not ask for a classification" }),
  },
  examples: {
    admitted: deploymentOf("serviceAccountName: web"),
    denied: deploymentOf("serviceAccountName: default"),
  },
  judge: (facts, params) => facts.views.flatMap((view) => sharedRights(view, params)),
};

function sharedRights(view: WorkloadView, params: RuleParams): readonly Problem[] {
  const { workload, workloadClass, pod } = view;
  if (workloadClass === undefined) return [];
  const strict = workloadClass.requires.includes(classificationField);
  const { hostNetwork, serviceAccountName = "default" } = pod.spec;
  const spec = podSpecPath(workload.kind);
  const shared = (what: string, path: string, action?: FindingAction): Problem => ({
    path,
    message: `pod uses ${what} in class ${workloadClass.name}`,
    fix: "own ServiceAccount with Pod Identity or IRSA",
    ...(action === undefined ? {} : { action }),
    ...classOf(view),
  });
  const network = (action?: FindingAction): readonly Problem[] =>
    hostNetwork === true ? [shared("hostNetwork", `${spec}/hostNetwork`, action)] : [];
  if (strict) {
    const account = serviceAccountName === "default" || serviceAccountName === "";
    return [
      ...(account
        ? [shared("the default ServiceAccount", pod.spec.serviceAccountName === undefined ? spec : `${spec}/serviceAccountName`)]
        : []),
      ...network(),
    ];
  }
  // An agent of every node is often there for the host's network.
  return workload.kind === "DaemonSet" ? [] : network(actionParam(params, "elsewhere"));
}
