/**
 * DRAIN-038 to -042: workloads that nothing guards while nodes go.
 *
 * Reads priorities, budgets, spread, and which webhooks the API server waits for. What would be told of every ordinary
 * Deployment is only recorded.
 */
import type { RegisteredWebhooks } from "../../api/webhook-configuration.ts";
import { ownAntiAffinity, ownSpread } from "../../kube/pods-apart.ts";
import { remembered } from "../../kube/remembered.ts";
import { guardsOf } from "../drain-cover.ts";
import { isServing, podFieldPath } from "../drain-pod.ts";
import type { Facts } from "../facts.ts";
import { servicesSelecting } from "../selecting-objects.ts";
import type { WorkloadView } from "../workload-view.ts";
import { budgetExample, deploymentExample, serviceExample } from "./drain-examples.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";
import { workloadTitle } from "../../kube/workload.ts";

const spread =
  "topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}]";
const lowPriority = `
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: low}
value: -10
`;
const webhook = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: web}
webhooks:
  - name: web.example.com
    failurePolicy: Fail
    sideEffects: None
    admissionReviewVersions: [v1]
    clientConfig: {service: {namespace: shop, name: web}}
`;
const inKubeSystem = (text: string): string => text.replaceAll("namespace: shop", "namespace: kube-system");

export const drain038: Rule = {
  id: "DRAIN-038",
  summary: "A service below the priority of its neighbours and without a PodDisruptionBudget: it is preempted first, and all at once.",
  defaultAction: "warn",
  needs: ["priority", "unguarded"],
  subjects: ["workload"],
  examples: {
    admitted: `${lowPriority}---${budgetExample("maxUnavailable: 1")}---${deploymentExample({ pod: "priorityClassName: low" })}`,
    denied: `${lowPriority}---${deploymentExample({ pod: "priorityClassName: low" })}`,
  },
  judge: ({ views, snapshot }) =>
    views.flatMap((view): readonly Problem[] => {
      const { priorityClassName } = view.pod.spec;
      if (priorityClassName === undefined || !isServing(view.workload) || isGuarded(view)) return [];
      const own = snapshot.get("PriorityClass", { namespace: "", name: priorityClassName })?.value;
      const usual = snapshot.list("PriorityClass").find(({ globalDefault }) => globalDefault === true)?.value ?? 0;
      if (own === undefined || own >= usual) return [];
      return [
        {
          path: podFieldPath(view, "priorityClassName"),
          message: `priorityClassName ${priorityClassName} (${own}) is below the usual ${usual} and no PodDisruptionBudget guards it: preempted first`,
          fix: "add a PodDisruptionBudget with maxUnavailable: 1, or a higher class",
          ...classOf(view),
        },
      ];
    }),
};

export const drain039: Rule = {
  id: "DRAIN-039",
  summary: "A workload of kube-system without a PodDisruptionBudget: cluster-autoscaler does not move it, and its node stays.",
  defaultAction: "audit",
  needs: ["unguarded"],
  why: "Most add-ons come without one, and Karpenter moves them all the same.",
  subjects: ["workload"],
  examples: {
    admitted: inKubeSystem(`${budgetExample("maxUnavailable: 1")}---${deploymentExample()}`),
    denied: inKubeSystem(deploymentExample()),
  },
  judge: ({ views }) =>
    views.flatMap((view): readonly Problem[] => {
      if (view.workload.namespace !== kubeSystem || !isServing(view.workload) || isGuarded(view)) return [];
      return [
        {
          path: "",
          message: `${workloadTitle(view.workload)} of kube-system has no PodDisruptionBudget: cluster-autoscaler never moves it`,
          fix: "add a PodDisruptionBudget with maxUnavailable: 1",
          ...classOf(view),
        },
      ];
    }),
};

export const drain040: Rule = {
  id: "DRAIN-040",
  summary: "A webhook of failurePolicy Fail that one drain can take down: until it is back, the API server refuses what it asks it.",
  defaultAction: "warn",
  needs: ["webhooks"],
  subjects: ["workload", "scale"],
  examples: {
    admitted: `${webhook}---${serviceExample}---${budgetExample("maxUnavailable: 1")}---${deploymentExample({ pod: spread })}`,
    denied: `${webhook}---${serviceExample}---${deploymentExample({ replicas: 1 })}`,
  },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      if (!isServing(view.workload)) return [];
      const lacks = [
        ...(view.scale.range.from < 2 && view.scale.range.to > 0 ? ["a second replica"] : []),
        ...(isGuarded(view) ? [] : ["a PodDisruptionBudget"]),
        ...(isSpread(view) ? [] : ["a spread over nodes"]),
      ];
      const name = lacks.length === 0 ? undefined : failingWebhookOf(view, facts);
      if (name === undefined) return [];
      return [
        {
          path: "",
          message: `webhook ${name} (failurePolicy Fail) lacks ${lacks.join(", ")}: one drain may stop what the API server asks it`,
          fix: "2 replicas, a PodDisruptionBudget with maxUnavailable: 1, and a spread over hostnames",
          ...classOf(view),
        },
      ];
    }),
};

export const drain041: Rule = {
  id: "DRAIN-041",
  summary: "Several replicas that may all stand on one node: one drain takes them in turn, and one failure all at once.",
  defaultAction: "audit",
  needs: ["replicated"],
  why: "The scheduler spreads replicas by itself where it can; a profile makes it a promise.",
  subjects: ["workload"],
  examples: { admitted: deploymentExample({ pod: spread }), denied: deploymentExample() },
  judge: ({ views }) =>
    views.flatMap((view): readonly Problem[] => {
      const { replicas } = view.workload;
      if (!isServing(view.workload) || replicas < 2 || isSpread(view)) return [];
      return [
        {
          path: podFieldPath(view, "topologySpreadConstraints"),
          message: `all ${replicas} replicas may stand on one node: ${apartText(view)}`,
          fix: "spread over kubernetes.io/hostname with ScheduleAnyway, or add a WorkloadProfile",
          ...classOf(view),
        },
      ];
    }),
};

export const drain042: Rule = {
  id: "DRAIN-042",
  summary: "Several replicas without a PodDisruptionBudget: drains of several nodes may take all of them at once.",
  defaultAction: "audit",
  needs: ["replicated", "unguarded"],
  why: "Most Deployments have none; BIND-004 already asks for the profile that would bring one.",
  subjects: ["workload"],
  examples: { admitted: `${budgetExample("maxUnavailable: 1")}---${deploymentExample()}`, denied: deploymentExample() },
  judge: ({ views }) =>
    views.flatMap((view): readonly Problem[] => {
      const { workload } = view;
      // kube-system has DRAIN-039.
      if (!isServing(workload) || workload.replicas < 2 || workload.namespace === kubeSystem || isGuarded(view)) return [];
      return [
        {
          path: "",
          message: `no PodDisruptionBudget guards the ${workload.replicas} replicas of ${workloadTitle(workload)}: drains may take all at once`,
          fix: "add a WorkloadProfile, or a PodDisruptionBudget with maxUnavailable: 1",
          ...classOf(view),
        },
      ];
    }),
};

const kubeSystem = "kube-system";

function isGuarded(view: WorkloadView): boolean {
  return guardsOf(view).length > 0;
}

/** By hostname, or by anything wider: Pods in two zones are on two nodes. */
function isSpread({ pod, workload }: WorkloadView): boolean {
  const { required, wished } = ownAntiAffinity({ ...pod, workload });
  return required.length + wished.length > 0 || ownSpread({ ...pod, workload }).length > 0;
}

/** What keeps it from other Pods looks as if it kept its own apart. */
function apartText({ pod }: WorkloadView): string {
  const { affinity, topologySpreadConstraints = [] } = pod.spec;
  return topologySpreadConstraints.length > 0 || affinity?.podAntiAffinity !== undefined
    ? "its spread and podAntiAffinity select other pods than its own"
    : "no spread, no podAntiAffinity";
}

function failingWebhookOf({ workload }: WorkloadView, { snapshot }: Facts): string | undefined {
  const configurations = [...snapshot.list("ValidatingWebhookConfiguration"), ...snapshot.list("MutatingWebhookConfiguration")];
  if (configurations.length === 0) return undefined;
  const services = new Set(servicesSelecting(workload, snapshot).map(({ metadata }) => `${workload.namespace}/${metadata.name ?? ""}`));
  if (services.size === 0) return undefined;
  return configurations.flatMap(failingWebhooks).find(({ service }) => services.has(service))?.name;
}

/** Fail is the default. */
const failingWebhooks = remembered(({ webhooks = [] }: RegisteredWebhooks) =>
  webhooks.flatMap(({ name, failurePolicy = "Fail", clientConfig: { service } }) =>
    failurePolicy === "Fail" && service !== undefined ? [{ name, service: `${service.namespace}/${service.name}` }] : [],
  ),
);
