/**
 * SCALE-002 and SCALE-003: an autoscaler that scales nothing, and replicas that somebody writes beside one.
 *
 * Reads HorizontalPodAutoscalers and ScaledObjects with what they aim at. Both only warn: a chart may bring the autoscaler first, and a
 * manifest with replicas is undone by its autoscaler a moment later.
 */
import { namesTarget } from "../../kube/workload-scale.ts";
import { workloadTitle } from "../../kube/workload.ts";
import { writesReplicas } from "../awaited.ts";
import { countText } from "../count-words.ts";
import { pathIn, type Facts } from "../facts.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentManifest, documents } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const autoscalerOf = (target: string): string => `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {minReplicas: 2, maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ${target}}}
`;

const withoutReplicas = deploymentManifest().replace("  replicas: 2\n", "");

export const scale002: Rule = {
  id: "SCALE-002",
  summary: "An autoscaler whose target does not stand, or can't be scaled: it scales nothing.",
  defaultAction: "warn",
  why: "A chart may bring it before its target. What is of a kind that others define is not told.",
  subjects: ["autoscaler", "scaled-object"],
  examples: { admitted: documents(withoutReplicas, autoscalerOf("web")), denied: documents(withoutReplicas, autoscalerOf("wbe")) },
  judge(facts) {
    const target = targetOf(facts);
    if (target === undefined) return [];
    const { kind, name, namespace, title, path } = target;
    const [view] = facts.views;
    if (view?.workload.hasScale === true || (view === undefined && !scaledKinds.has(kind))) return [];
    if (view !== undefined)
      return [
        {
          path,
          message: `${title} aims at ${kind} "${name}", which has no scale: it scales nothing`,
          fix: "aim at a workload with replicas",
        },
      ];
    const names = scaledKinds.has(kind) ? namesOf(facts, { kind, namespace }) : [];
    const known =
      names.length === 0 ? `there is no ${kind} in namespace ${namespace} yet` : `namespace ${namespace} has ${names.join(", ")}`;
    return [
      {
        path,
        message: `${title} aims at ${kind} "${name}", which does not stand: it scales nothing`,
        fix: `apply it, or name another one (${known})`,
      },
    ];
  },
};

export const scale003: Rule = {
  id: "SCALE-003",
  summary: "Replicas in a manifest beside an autoscaler: each apply sets back what the autoscaler has decided.",
  defaultAction: "warn",
  why: "It warns where the manifest's author is known to write replicas: in files, by kubectl apply and by server-side apply. The API server fills replicas in, and Helm leaves no note.",
  needs: ["autoscaled"],
  // Which manifest an object came from is known while it is applied alone: no view of the cluster keeps that note.
  subjects: ["workload"],
  examples: { admitted: documents(autoscalerOf("web"), withoutReplicas), denied: documents(autoscalerOf("web"), deploymentManifest()) },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const { workload } = view;
      const scaler = scalerOf(view);
      if (scaler === undefined || !workload.hasScale || !writesReplicas(workload.object)) return [];
      return [
        {
          path: pathIn(facts, { workload: "/spec/replicas" }),
          message: `the manifest of ${workloadTitle(workload)} sets ${countText(workload.replicas, "replica")} beside ${scaler}: each apply sets back what that has decided`,
          fix: "leave spec.replicas out (with kubectl apply first out of its last-applied note, or they fall to 1 once)",
          ...classOf(view),
        },
      ];
    }),
};

/** Kinds with replicas whose objects are known here. */
const scaledKinds: ReadonlySet<string> = new Set(["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"]);

interface Target {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly title: string;
  readonly path: string;
}

function targetOf({ subject }: Facts): Target | undefined {
  if (subject.kind !== "autoscaler" && subject.kind !== "scaled-object") return undefined;
  const scaler = subject.kind === "autoscaler" ? subject.autoscaler : subject.scaledObject;
  if (!namesTarget(scaler)) return undefined;
  const { kind = "Deployment", name } = scaler.spec.scaleTargetRef;
  const { namespace = "", name: own = "" } = scaler.metadata;
  return { kind, name, namespace, title: `${scaler.kind} "${own}"`, path: "/spec/scaleTargetRef" };
}

const namesMax = 5;

function namesOf({ snapshot }: Facts, { kind, namespace }: Pick<Target, "kind" | "namespace">): readonly string[] {
  const known = (["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"] as const).find((one) => one === kind);
  if (known === undefined) return [];
  return snapshot
    .list(known, namespace)
    .slice(0, namesMax)
    .map(({ metadata }) => `${kind} ${metadata.name ?? ""}`);
}

function scalerOf({ autoscalers, scaledObjects }: WorkloadView): string | undefined {
  const [scaler = scaledObjects[0]] = autoscalers;
  return scaler === undefined ? undefined : `${scaler.kind} "${scaler.metadata.name ?? ""}"`;
}
