/**
 * PLACE-003, -004, -005: Pods that stand where they should not, or can stand in one place alone.
 *
 * Reads the Pod of each workload, the classes' taints, the NodePools and the instance types. Nodes are replaced all the time: a Pod
 * that only one node, or one instance type, can take waits for what may never come back.
 */
import { awsLabelDomain, hostnameLabel, instanceTypeLabel, wellKnownLabels } from "../../api/labels.ts";
import type { Toleration } from "../../api/pod.ts";
import { nodeNameField, podRequirements } from "../../kube/pod-requirements.ts";
import { poolRequirements } from "../../kube/pool-requirements.ts";
import { values } from "../../kube/requirement.ts";
import { intersection, isCompatible, type Requirements } from "../../kube/requirements.ts";
import { pointer } from "../../kube/json-patch.ts";
import { tolerates } from "../../kube/taint.ts";
import { podSpecPath } from "../container-path.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import { grantOf } from "../grant.ts";
import { isWithin, typesOfPool } from "../pool-types.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentManifest, nodePoolManifest, smallContainer } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const deploymentOf = (line: string): string => deploymentManifest({ pod: [line, smallContainer] });

const pool = nodePoolManifest({ requirement: "{key: karpenter.k8s.aws/instance-category, operator: In, values: [c, m, r]}" });

export const place003: Rule = {
  id: "PLACE-003",
  summary: "A toleration of the nodes of a class that the namespace is not granted, such as CriticalAddonsOnly.",
  defaultAction: "deny",
  needs: ["tolerations"],
  subjects: ["workload"],
  examples: {
    admitted: deploymentOf("tolerations: [{key: example.com/reserved, operator: Exists}]"),
    denied: deploymentOf("tolerations: [{key: CriticalAddonsOnly, operator: Exists}]"),
  },
  judge: (facts) => facts.views.flatMap((view) => reservedTolerations(facts, view)),
};

export const place004: Rule = {
  id: "PLACE-004",
  summary: "Node affinity that leaves too few instance types: one shortage of capacity and the Pod waits.",
  defaultAction: "deny",
  needs: ["placed"],
  subjects: ["workload"],
  params: { min: { kind: "number", default: 2, min: 1, meaning: "least instance types that must stay possible" } },
  examples: {
    admitted: `${pool}---${deploymentOf("nodeSelector: {karpenter.k8s.aws/instance-family: m7i}")}`,
    denied: `${pool}---${deploymentOf("nodeSelector: {node.kubernetes.io/instance-type: m7i.large}")}`,
  },
  judge: (facts, params) => facts.views.flatMap((view) => fewTypes(facts, view, Number(params["min"]))),
};

export const place005: Rule = {
  id: "PLACE-005",
  summary: "A Pod that is tied to one node by its name; the node will be replaced, its name with it.",
  defaultAction: "deny",
  needs: ["placed"],
  subjects: ["workload"],
  examples: {
    admitted: deploymentOf("nodeSelector: {kubernetes.io/os: linux}"),
    denied: deploymentOf("nodeSelector: {kubernetes.io/hostname: ip-10-0-1-7}"),
  },
  judge: (facts) => facts.views.flatMap((view) => pinned(facts, view)),
};

interface ReservedTaint {
  readonly className: string;
  readonly key: string;
  readonly value: string | undefined;
}

/** The taints of classes that are granted to some namespaces only. */
function reservedTaints({ policySet }: Facts): readonly ReservedTaint[] {
  return [...policySet.grants.keys()].flatMap((className) =>
    (policySet.classes.get(className)?.placement.tolerations ?? []).flatMap(({ key, value }) =>
      key === undefined ? [] : [{ className, key, value }],
    ),
  );
}

function reservedTolerations(facts: Facts, view: WorkloadView): readonly Problem[] {
  const { tolerations = [] } = view.podAsWritten.spec;
  // A toleration of everything is no claim to a class; whether its Pods can be drained is another matter.
  if (!tolerations.some(({ key }) => key !== undefined)) return [];
  const taken = reservedTaints(facts).filter(({ className }) => className !== view.className && !isGranted(facts, className));
  return tolerations.flatMap((toleration, index): readonly Problem[] => {
    const reserved = taken.find((taint) => covers(toleration, taint));
    if (reserved === undefined) return [];
    const path = `${podSpecPath(view.workload.kind)}/tolerations/${index}`;
    return [
      {
        path,
        message: `${aboutWorkload(facts, view)}toleration ${tolerationText(toleration, facts)} is reserved for class ${reserved.className}`,
        fix: "remove it",
        patch: [{ op: "remove", path }],
        // An agent on every node may have a reason to be there too.
        ...(view.workload.kind === "DaemonSet" ? { action: "warn" } : {}),
        ...classOf(view),
      },
    ];
  });
}

function isGranted({ policySet, request, namespaceObject }: Facts, className: string): boolean {
  return grantOf({ policySet, className, namespace: request.namespace, namespaceObject }) !== "refused";
}

function covers(toleration: Toleration, { key, value }: ReservedTaint): boolean {
  if (toleration.key === undefined) return false;
  return tolerates([toleration], { key, effect: toleration.effect ?? "NoSchedule", ...(value === undefined ? {} : { value }) });
}

/** A key that several classes use says nothing without its value. */
function tolerationText({ key = "", value }: Toleration, { policySet }: Facts): string {
  const users = [...policySet.classes.values()].filter(({ placement }) => placement.tolerations.some((own) => own.key === key));
  return users.length > 1 && value !== undefined ? `${key}=${value}` : key;
}

function fewTypes(facts: Facts, view: WorkloadView, least: number): readonly Problem[] {
  const { nodeSelector, affinity } = view.podAsWritten.spec;
  if (nodeSelector === undefined && affinity?.nodeAffinity === undefined) return [];
  const alternatives = podRequirements(view.pod.spec);
  if (!alternatives.some(narrowsTypes) || isJustified(facts, view)) return [];
  const names = typeNames(facts, alternatives);
  if (names === undefined || names.length === 0 || names.length >= least) return [];
  return [
    {
      path: `${podSpecPath(view.workload.kind)}/${nodeSelector !== undefined && Object.keys(nodeSelector).some(isTypeLabel) ? "nodeSelector" : "affinity"}`,
      message: `${aboutWorkload(facts, view)}node affinity allows ${names.length} instance type${names.length === 1 ? "" : "s"} (${names.join(", ")}); one capacity shortage blocks this workload`,
      fix: `drop the pin, or state a justification from the list (annotation ${facts.names.domain}/justification: ${facts.policySet.nodepoolReview.justifications.join(", ")})`,
      ...classOf(view),
    },
  ];
}

function narrowsTypes(alternative: Requirements): boolean {
  return [...alternative.keys()].some(isTypeLabel);
}

function isTypeLabel(key: string): boolean {
  return key === instanceTypeLabel || key.startsWith(`${awsLabelDomain}/instance-`) || key.startsWith("eks.amazonaws.com/instance-");
}

function isJustified({ names, policySet }: Facts, { workload }: WorkloadView): boolean {
  const annotation = `${names.domain}/justification`;
  const reason = workload.object.metadata.annotations?.[annotation] ?? workload.template.metadata?.annotations?.[annotation];
  return reason !== undefined && policySet.nodepoolReview.justifications.includes(reason);
}

/** The instance types that some NodePool would make for the Pod; without a NodePool or types, those that the Pod itself lists. */
function typeNames({ snapshot, instanceTypes }: Facts, alternatives: readonly Requirements[]): readonly string[] | undefined {
  const pools = snapshot.list("NodePool");
  if (pools.length > 0 && instanceTypes.length > 0) {
    const found = pools.flatMap((nodePool) => {
      const own = poolRequirements(nodePool);
      const asked = alternatives
        .filter((alternative) => isCompatible(own, alternative, wellKnownLabels))
        .map((one) => intersection(own, one));
      return asked.length === 0 ? [] : typesOfPool(nodePool, instanceTypes).filter((type) => asked.some((one) => isWithin(type, one)));
    });
    return [...new Set(found.map(({ name }) => name))].sort();
  }
  const listed = alternatives.map((alternative) => {
    const asked = alternative.get(instanceTypeLabel);
    return asked === undefined ? undefined : values(asked);
  });
  return listed.some((names) => names === undefined) ? undefined : [...new Set(listed.flatMap((names) => names ?? []))].sort();
}

function pinned(facts: Facts, view: WorkloadView): readonly Problem[] {
  const { nodeName, nodeSelector } = view.podAsWritten.spec;
  const spec = podSpecPath(view.workload.kind);
  const about = aboutWorkload(facts, view);
  const pin = (what: string, path: string, removes: boolean): Problem => ({
    path: pathIn(facts, { workload: path }),
    message: `${about}${what} pins the pod to one node`,
    fix: "remove it; nodes are replaced",
    ...(removes ? { patch: [{ op: "remove" as const, path }] } : {}),
    ...classOf(view),
  });
  const byName = nodeName === undefined || nodeName === "" ? [] : [pin("spec.nodeName", `${spec}/nodeName`, true)];
  if (nodeSelector !== undefined && Object.hasOwn(nodeSelector, hostnameLabel)) {
    return [...byName, pin("hostname selector", `${spec}/nodeSelector${pointer(hostnameLabel)}`, true)];
  }
  return [...byName, ...(isNodeAffinityToOne(view) ? [pin("hostname affinity", `${spec}/affinity/nodeAffinity`, false)] : [])];
}

function isNodeAffinityToOne({ podAsWritten }: WorkloadView): boolean {
  if (podAsWritten.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution === undefined) return false;
  const alternatives = podRequirements(podAsWritten.spec);
  const named = alternatives.map((alternative) => alternative.get(hostnameLabel) ?? alternative.get(nodeNameField));
  const nodes = named.map((requirement) => (requirement === undefined ? undefined : values(requirement)));
  return nodes.every((listed) => listed !== undefined) && new Set(nodes.flat()).size === 1;
}
