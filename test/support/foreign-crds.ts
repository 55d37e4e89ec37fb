/**
 * Definitions of kinds that others own and that the examples use: just enough for an API server to store them.
 */
import type { KubeObject } from "../../src/api/object.ts";

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
  readonly clusterWide?: boolean;
}): KubeObject {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const scale = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" };
  const served = { name: of.version, served: true, storage: true, schema, ...(of.scaled === true ? { subresources: { scale } } : {}) };
  const spec = {
    group: of.group,
    scope: of.clusterWide === true ? "Cluster" : "Namespaced",
    names: { kind: of.kind, listKind: `${of.kind}List`, plural: of.plural, singular: of.kind.toLowerCase() },
    versions: [served],
  };
  const metadata = { name: `${of.plural}.${of.group}`, annotations: { "api-approved.kubernetes.io": "unapproved, for tests" } };
  return { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata, spec } as KubeObject;
}
