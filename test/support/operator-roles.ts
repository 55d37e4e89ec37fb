/**
 * Operators that make Pods or ReplicaSets for kinds of their own: their kinds, just enough for an API server to store them, and the
 * rights over them that their own installations give, to the operator and to teams. Only what concerns owners is told here.
 */
import type { KubeObject } from "../../src/api/object.ts";

interface Operator {
  readonly name: string;
  readonly account: { readonly namespace: string; readonly name: string };
  /** The object for which it makes something; the namespace is where the teams are. */
  readonly owner: KubeObject;
  readonly makes: "Pod" | "ReplicaSet";
  readonly plural: string;
  /** Subresources of its owners that its own role lets it update. */
  readonly updates: readonly string[];
}

const namespace = "shop";

/** As their manifests and charts have it: each of them has at least one of the two rights. */
export const operators: readonly Operator[] = [
  operator({
    name: "Argo Rollouts",
    kind: "argoproj.io/v1alpha1/Rollout",
    updates: ["rollouts/status", "rollouts/finalizers"],
    makes: "ReplicaSet",
  }),
  operator({ name: "Argo Workflows", kind: "argoproj.io/v1alpha1/Workflow", updates: ["workflows/finalizers"] }),
  operator({ name: "Tekton", kind: "tekton.dev/v1/TaskRun", updates: ["taskruns/finalizers", "taskruns/status"] }),
  operator({ name: "CloudNativePG", kind: "postgresql.cnpg.io/v1/Cluster", updates: ["clusters/finalizers", "clusters/status"] }),
  operator({ name: "Strimzi", kind: "core.strimzi.io/v1beta2/StrimziPodSet", updates: ["strimzipodsets/status"] }),
  operator({ name: "KubeVirt", kind: "kubevirt.io/v1/VirtualMachineInstance", updates: ["*"] }),
];

function operator(of: {
  readonly name: string;
  readonly kind: string;
  readonly updates: readonly string[];
  readonly makes?: "ReplicaSet";
}): Operator {
  const [group = "", version = "", kind = ""] = of.kind.split("/");
  const plural = `${kind.toLowerCase()}s`;
  const resources = { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } };
  const template = {
    metadata: { labels: { app: "operated" } },
    spec: { containers: [{ name: "app", image: "registry.example.com/app:1", resources }] },
  };
  const spec = of.makes === undefined ? {} : { replicas: 2, selector: { matchLabels: { app: "operated" } }, template };
  return {
    name: of.name,
    account: { namespace: "operators", name: of.name.toLowerCase().replace(" ", "-") },
    owner: { apiVersion: `${group}/${version}`, kind, metadata: { name: "operated", namespace }, spec } as KubeObject,
    makes: of.makes ?? "Pod",
    plural,
    updates: of.updates,
  };
}

/** CustomResourceDefinitions of the operators' kinds, but for Rollouts (foreign-crds.ts), and the namespace that they run in. */
export const operatorDefinitions: readonly object[] = [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "operators" } },
  ...operators.filter(({ makes }) => makes === "Pod").map(definition),
];

function definition({ owner: { apiVersion, kind }, plural }: Operator): object {
  const [group = "", version = ""] = apiVersion.split("/");
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const names = { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names,
      versions: [{ name: version, served: true, storage: true, schema, subresources: { status: {} } }],
    },
  };
}

/** Each operator's account and role, as a ClusterRole over all namespaces. */
export function operatorRoles(): readonly object[] {
  return operators.flatMap(({ account, owner, updates }) => {
    const [group = ""] = owner.apiVersion.split("/");
    const makes = {
      apiGroups: ["", "apps"],
      resources: ["pods", "replicasets"],
      verbs: ["create", "get", "list", "watch", "update", "patch", "delete"],
    };
    const rules = [makes, { apiGroups: [group], resources: updates, verbs: ["get", "update", "patch"] }];
    return [
      { apiVersion: "v1", kind: "ServiceAccount", metadata: account },
      { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: account.name }, rules },
      binding({ kind: "ClusterRoleBinding", name: account.name, role: account.name, account }),
    ];
  });
}

/** A team's account with the built-in `edit` in one namespace, and what Argo's projects aggregate to that role. */
export function teamRoles(teamNamespace: string): readonly object[] {
  const account = { namespace: teamNamespace, name: "team" };
  const verbs = ["create", "delete", "get", "list", "patch", "update", "watch"];
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: account },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "argo-aggregate-to-edit", labels: { "rbac.authorization.k8s.io/aggregate-to-edit": "true" } },
      rules: [
        {
          apiGroups: ["argoproj.io"],
          resources: ["rollouts", "rollouts/scale", "rollouts/status", "workflows", "workflows/finalizers"],
          verbs,
        },
      ],
    },
    binding({ kind: "RoleBinding", name: "team", role: "edit", account, namespace: teamNamespace }),
  ];
}

function binding(of: {
  readonly kind: "RoleBinding" | "ClusterRoleBinding";
  readonly name: string;
  readonly role: string;
  readonly account: Operator["account"];
  readonly namespace?: string;
}): object {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: of.kind,
    metadata: { name: of.name, ...(of.namespace === undefined ? {} : { namespace: of.namespace }) },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: of.role },
    subjects: [{ kind: "ServiceAccount", ...of.account }],
  };
}
