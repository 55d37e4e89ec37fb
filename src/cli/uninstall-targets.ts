/**
 * What an installation consists of, in the order in which it goes.
 *
 * Reads names. Returns the kinds of objects, each with where it is listed and which of them are ours. Whatever can refuse
 * goes first (webhook configurations), then who would put it back (the Deployment), then what they shared, then their rights.
 */
import { registrationLabel } from "../webhook/registration.ts";
import { certificateSecretName } from "./webhook-service.ts";
import { leaseName } from "./leader-lease.ts";

export interface UninstallTarget {
  /** As kubectl names it: "secret", "clusterrole.rbac.authorization.k8s.io". */
  readonly kind: string;
  /** The collection that is listed, and the parent of each object's path. */
  readonly collection: string;
  /** Those of the collection that are ours: by label or, where a label is no proof, by name. */
  readonly labelSelector?: string;
  readonly name?: string;
}

const admission = "/apis/admissionregistration.k8s.io/v1";
const rbac = "/apis/rbac.authorization.k8s.io/v1";
const ours = Object.entries(registrationLabel)
  .map(([key, value]) => `${key}=${value}`)
  .join(",");

/** The webhook configurations. */
export const configurationTargets: readonly UninstallTarget[] = [
  { kind: "validatingwebhookconfiguration", collection: `${admission}/validatingwebhookconfigurations`, labelSelector: ours },
  { kind: "mutatingwebhookconfiguration", collection: `${admission}/mutatingwebhookconfigurations`, labelSelector: ours },
];

/** The processes: as long as they run they put the configurations back. */
export function processTargets(namespace: string): readonly UninstallTarget[] {
  return [{ kind: "deployment.apps", collection: `/apis/apps/v1/namespaces/${namespace}/deployments`, labelSelector: ours }];
}

/** What the processes made and what deploy/base installed, the namespace last. */
export function installationTargets(namespace: string): readonly UninstallTarget[] {
  const core = `/api/v1/namespaces/${namespace}`;
  const own = (kind: string, collection: string): UninstallTarget => ({ kind, collection, labelSelector: ours });
  return [
    { kind: "secret", collection: `${core}/secrets`, name: certificateSecretName },
    {
      kind: "lease.coordination.k8s.io",
      collection: `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
      name: leaseName,
    },
    own("poddisruptionbudget.policy", `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`),
    own("service", `${core}/services`),
    own("configmap", `${core}/configmaps`),
    own("rolebinding.rbac.authorization.k8s.io", `${rbac}/namespaces/${namespace}/rolebindings`),
    own("role.rbac.authorization.k8s.io", `${rbac}/namespaces/${namespace}/roles`),
    own("clusterrolebinding.rbac.authorization.k8s.io", `${rbac}/clusterrolebindings`),
    own("clusterrole.rbac.authorization.k8s.io", `${rbac}/clusterroles`),
    own("validatingadmissionpolicybinding", `${admission}/validatingadmissionpolicybindings`),
    own("validatingadmissionpolicy", `${admission}/validatingadmissionpolicies`),
    own("serviceaccount", `${core}/serviceaccounts`),
    own("namespace", "/api/v1/namespaces"),
  ];
}

/** What `--crds` takes besides: our CRD, with it every WorkloadProfile, and what was compiled from them. */
export function contractTargets(domain: string): readonly UninstallTarget[] {
  const compiled = "app.kubernetes.io/managed-by=workloadprofile";
  return [
    {
      kind: "customresourcedefinition.apiextensions.k8s.io",
      collection: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
      name: `workloadprofiles.${domain}`,
    },
    { kind: "poddisruptionbudget.policy", collection: "/apis/policy/v1/poddisruptionbudgets", labelSelector: compiled },
    {
      kind: "horizontalpodautoscaler.autoscaling",
      collection: "/apis/autoscaling/v2/horizontalpodautoscalers",
      labelSelector: compiled,
    },
    { kind: "scaledobject.keda.sh", collection: "/apis/keda.sh/v1alpha1/scaledobjects", labelSelector: compiled },
  ];
}

/** The findings of the background scan. */
export const reportTargets: readonly UninstallTarget[] = [
  {
    kind: "policyreport.wgpolicyk8s.io",
    collection: "/apis/wgpolicyk8s.io/v1alpha2/policyreports",
    labelSelector: "app.kubernetes.io/managed-by=plimsoll",
  },
];
