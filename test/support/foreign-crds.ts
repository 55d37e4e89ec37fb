/**
 * Definitions of kinds that others own and that the examples use: just enough for an API server to store them.
 */
import type { KubeObject } from "../../src/api/object.ts";

/** CustomResourceDefinitions of operators that make Pods themselves, without schemas. */
export const operatorDefinitions: readonly KubeObject[] = [
  definition({ group: "argoproj.io", version: "v1alpha1", kind: "Workflow", plural: "workflows" }),
  definition({ group: "tekton.dev", version: "v1", kind: "TaskRun", plural: "taskruns", status: true }),
  definition({ group: "tekton.dev", version: "v1", kind: "PipelineRun", plural: "pipelineruns", status: true }),
  definition({ group: "postgresql.cnpg.io", version: "v1", kind: "Cluster", plural: "clusters", status: true }),
  definition({ group: "core.strimzi.io", version: "v1beta2", kind: "StrimziPodSet", plural: "strimzipodsets", status: true }),
  definition({ group: "kubevirt.io", version: "v1", kind: "VirtualMachineInstance", plural: "virtualmachineinstances" }),
];

/** CustomResourceDefinitions of Argo Rollouts, KEDA, the vertical autoscaler and EKS Auto Mode, without schemas. */
export const foreignDefinitions: readonly KubeObject[] = [
  definition({ group: "argoproj.io", version: "v1alpha1", kind: "Rollout", plural: "rollouts", scaled: true }),
  definition({ group: "keda.sh", version: "v1alpha1", kind: "ScaledObject", plural: "scaledobjects" }),
  definition({ group: "keda.sh", version: "v1alpha1", kind: "ScaledJob", plural: "scaledjobs" }),
  definition({ group: "autoscaling.k8s.io", version: "v1", kind: "VerticalPodAutoscaler", plural: "verticalpodautoscalers" }),
  definition({ group: "eks.amazonaws.com", version: "v1", kind: "NodeClass", plural: "nodeclasses", clusterWide: true }),
];

function definition(of: {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly scaled?: boolean;
  readonly status?: boolean;
  readonly clusterWide?: boolean;
}): KubeObject {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const scale = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" };
  const subresources = { ...(of.scaled === true ? { scale } : {}), ...(of.status === true ? { status: {} } : {}) };
  const served = { name: of.version, served: true, storage: true, schema, subresources };
  const spec = {
    group: of.group,
    scope: of.clusterWide === true ? "Cluster" : "Namespaced",
    names: { kind: of.kind, listKind: `${of.kind}List`, plural: of.plural, singular: of.kind.toLowerCase() },
    versions: [served],
  };
  const metadata = { name: `${of.plural}.${of.group}`, annotations: { "api-approved.kubernetes.io": "unapproved, for tests" } };
  return { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata, spec } as KubeObject;
}
