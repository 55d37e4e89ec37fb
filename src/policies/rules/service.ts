/**
 * SVC-001 and SVC-002: Services that have no endpoints.
 *
 * Reads a Service and the workloads of its namespace, found by the first label that it selects by. Admission is not asked about Services: a
 * chart brings them before what they select, and each review would cost. `check` and the audit are, which see both.
 */
import type { Service } from "../../api/service.ts";
import { isWorkloadKind, type Workload, workloadTitle } from "../../kube/workload.ts";
import { matchesSelector } from "../../kube/selector.ts";
import { podSelection } from "../../kube/controller-labels.ts";
import type { Facts } from "../facts.ts";
import { labelledWorkloads } from "../labelled-workloads.ts";
import { workloadsOf } from "../workload-view.ts";
import { deploymentManifest, documents } from "./example-manifests.ts";
import type { Problem, Rule } from "./rule.ts";

const webPod = "containers: [{name: app, ports: [{name: http, containerPort: 8080}], resources: {requests: {cpu: 100m, memory: 128Mi}}}]";

const exampleOf = (selector: string, targetPort: string): string =>
  documents(
    deploymentManifest({ pod: webPod }),
    `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {${selector}}, ports: [{port: 80, targetPort: ${targetPort}}]}
`,
  );

export const svc001: Rule = {
  id: "SVC-001",
  summary: "A Service that selects no Pod of any workload: it has no endpoints.",
  defaultAction: "warn",
  why: "Where no workload of its namespace is known it is only recorded. Labels that an operator sets on running Pods are known to the audit alone.",
  subjects: ["service"],
  examples: { admitted: exampleOf("app: web", "http"), denied: exampleOf("app: wbe", "http") },
  judge(facts) {
    if (facts.subject.kind !== "service") return [];
    const { service } = facts.subject;
    const selector = selectorOf(service);
    if (selector === undefined || selectedBy(service, facts).length > 0 || selectsRunning(service, facts)) return [];
    const namespace = service.metadata.namespace ?? "";
    const workloads = workloadsOf(facts.snapshot, namespace);
    return [
      {
        path: "/spec/selector",
        message: `Service "${service.metadata.name ?? ""}" selects no pod of any workload in namespace ${namespace}: it has no endpoints`,
        fix: nearestText(selector, workloads),
        ...(workloads.length === 0 ? { action: "audit" as const } : {}),
      },
    ];
  },
};

export const svc002: Rule = {
  id: "SVC-002",
  summary: "A Service whose named targetPort no container of its Pods has: the port has no endpoints.",
  defaultAction: "warn",
  subjects: ["service"],
  examples: { admitted: exampleOf("app: web", "http"), denied: exampleOf("app: web", "web") },
  judge(facts) {
    if (facts.subject.kind !== "service") return [];
    const { service } = facts.subject;
    const workloads = selectedBy(service, facts);
    if (workloads.length === 0) return [];
    return (service.spec.ports ?? []).flatMap(({ targetPort }, index): readonly Problem[] => {
      if (typeof targetPort !== "string" || /^\d+$/.test(targetPort)) return [];
      const lacking = workloads.find((workload) => !portNames(workload).includes(targetPort));
      if (lacking === undefined) return [];
      const known = portNames(lacking);
      return [
        {
          path: `/spec/ports/${index}/targetPort`,
          message: `Service "${service.metadata.name ?? ""}": no container of ${workloadTitle(lacking)} has a port named "${targetPort}"`,
          fix: known.length === 0 ? "name the container's port, or use its number" : `use one of ${listed(known)}, or the port's number`,
        },
      ];
    });
  },
};

/** Of a namespace that shares one label, the first show what is wrong. */
const workloadsMax = 50;
const namesMax = 5;

/** Endpoints of a Service without a selector are written by others. */
function selectorOf({ spec }: Service): Readonly<Record<string, string>> | undefined {
  const { selector, type } = spec;
  return type === "ExternalName" || selector === undefined || Object.keys(selector).length === 0 ? undefined : selector;
}

function selectedBy(service: Service, { snapshot }: Facts): readonly Workload[] {
  const matchLabels = selectorOf(service);
  const [pair] = Object.entries(matchLabels ?? {});
  if (matchLabels === undefined || pair === undefined) return [];
  const namespace = service.metadata.namespace ?? "";
  const [key, value] = pair;
  const isSelected = (workload: Workload): boolean =>
    podSelection({ matchLabels }, { workload, labels: workload.template.metadata?.labels }).kind !== "none";
  const found = labelledWorkloads(snapshot, namespace, { key, value }).filter(isSelected);
  // What a controller adds stands in no template, and so in no index.
  const all = found.length > 0 ? found : workloadsOf(snapshot, namespace).filter(isSelected);
  return all.slice(0, workloadsMax);
}

/** Labels that are set on Pods while they run (the role of a database's member) stand in no template. */
function selectsRunning(service: Service, { snapshot }: Facts): boolean {
  const matchLabels = selectorOf(service);
  if (matchLabels === undefined) return false;
  return snapshot.list("Pod", service.metadata.namespace ?? "").some(({ metadata }) => matchesSelector({ matchLabels }, metadata.labels));
}

function nearestText(selector: Readonly<Record<string, string>>, workloads: readonly Workload[]): string {
  const shared = (workload: Workload): number =>
    Object.entries(selector).filter(([key, value]) => workload.template.metadata?.labels?.[key] === value).length;
  const sameKeys = (workload: Workload): number =>
    Object.keys(selector).filter((key) => workload.template.metadata?.labels?.[key] !== undefined).length;
  const [nearest] = workloads
    .filter(({ kind }) => isWorkloadKind(kind))
    .slice(0, nearestMax)
    .map((workload) => ({ workload, score: shared(workload) * 2 + sameKeys(workload) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  if (nearest === undefined) return "select the labels of the workload's Pod template";
  const labels = nearest.workload.template.metadata?.labels ?? {};
  const wrong = Object.keys(selector).filter((key) => labels[key] !== selector[key]);
  const texts = wrong.slice(0, namesMax).map((key) => (labels[key] === undefined ? `no ${key}` : `${key}: ${labels[key]}`));
  return `select the labels of the workload's Pod template: ${workloadTitle(nearest.workload)} has ${texts.join(", ")}`;
}

/** Those that a name is looked for among. */
const nearestMax = 500;

function portNames({ template }: Workload): readonly string[] {
  const { containers, initContainers = [] } = template.spec;
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...containers, ...sidecars].flatMap(({ ports }) => (ports ?? []).flatMap(({ name }) => name ?? []));
}

function listed(names: readonly string[]): string {
  const more = names.length - namesMax;
  return more > 0 ? `${names.slice(0, namesMax).join(", ")} and ${more} more` : names.join(", ");
}
