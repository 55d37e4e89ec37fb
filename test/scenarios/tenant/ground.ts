/**
 * Ground: a real control plane with the deployed roles, a real `plimsoll serve`, nodes, and namespaces in each of which a team has `edit`.
 *
 * Watches every Pod: what ran at any moment counts, however short. The policies are the repository's, with three rules more for what
 * Pods may not have: the host's network is refused in every class, and privileged containers by a rule of one's own.
 */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import type { Pod } from "../../../src/api/pod.ts";
import { type ControlPlane, startControlPlane } from "../../support/control-plane.ts";
import { installPlimsoll, type ServeProcess, startServe } from "../../support/plimsoll-serve.ts";
import { nodesOf } from "../../support/team-manifests.ts";
import { warnedClient, type WarnedClient } from "../../support/warned-request.ts";
import { watchStream } from "../../support/watch-stream.ts";
import { yamlText } from "../../support/yaml-objects.ts";
import { domain } from "./step.ts";

export interface PodHistory {
  /** As it was seen last. */
  readonly pod: Pod;
  /** As it was seen while it ran, every version. */
  readonly running: readonly Pod[];
  readonly isGone: boolean;
}

export interface Ground {
  readonly controlPlane: ControlPlane;
  readonly serve: ServeProcess;
  readonly client: WarnedClient;
  /** Every Pod that there ever was in a namespace, by uid. */
  pods(namespace: string): ReadonlyMap<string, PodHistory>;
  /** Asks which of a namespace's Pods are there: a watch that breaks off on a busy machine misses who goes meanwhile. */
  refresh(namespace: string): Promise<void>;
  /** Makes a namespace whose ServiceAccounts ann and bob have `edit`. */
  openNamespace(name: string): Promise<void>;
  /** Forgets a namespace's Pods. */
  forget(namespace: string): void;
  close(): Promise<void>;
}

const root = resolve(import.meta.dirname, "../../..");
const socketsMax = 48;

/** Starts all of it (some twenty seconds). */
export async function tenantGround(): Promise<Ground> {
  const controlPlane = await startControlPlane();
  const apply = async (args: readonly string[], stdin = ""): Promise<void> => {
    const { code, stderr } = await controlPlane.kubectl(["apply", "--server-side", ...args], { stdin });
    if (code !== 0) throw new Error(stderr);
  };
  await apply(
    ["-f", "-"],
    [...["general", "compute", "batch"].flatMap(nodesOf), ...furtherRights].map((object) => stringify(object)).join("---\n"),
  );
  await installPlimsoll(controlPlane);
  await apply(["-k", join(root, "deploy/policy-reports")]);
  const policies = join(await mkdtemp(join(tmpdir(), "plimsoll-policies-")), "policies.yaml");
  await writeFile(policies, tenantPolicies());
  const serve = await startServe({ controlPlane, provider: "none", policies });
  const client = warnedClient(controlPlane, socketsMax);
  const histories = new Map<string, Map<string, PodHistory>>();
  const endWatch = await watchStream(controlPlane, "/api/v1/pods?watch=1&allowWatchBookmarks=false", ({ type, object }) => {
    remember(histories, object as Pod, type === "DELETED");
  });
  return {
    ...{ controlPlane, serve, client },
    pods: (namespace) => histories.get(namespace) ?? new Map<string, PodHistory>(),
    refresh: async (namespace) => {
      const { status, body } = await client.send({ method: "GET", path: `/api/v1/namespaces/${namespace}/pods` });
      if (status !== 200) return;
      const there = new Set((body as { readonly items: readonly Pod[] }).items.map(({ metadata }) => metadata.uid ?? ""));
      const known = histories.get(namespace);
      for (const [uid, history] of known ?? []) if (!there.has(uid)) known?.set(uid, { ...history, isGone: true });
    },
    openNamespace: (name) => openNamespace(client, name),
    forget: (namespace) => histories.delete(namespace),
    close: async () => {
      endWatch();
      client.close();
      await serve.stop();
      await controlPlane.close();
    },
  };
}

/** The name that a ServiceAccount of a namespace goes by. */
export function userOf(namespace: string, who: string): string {
  return `system:serviceaccount:${namespace}:${who}`;
}

const versionsMax = 50;

function remember(histories: Map<string, Map<string, PodHistory>>, pod: Pod, isGone: boolean): void {
  const { namespace = "", uid = "" } = pod.metadata;
  const known = histories.get(namespace) ?? new Map<string, PodHistory>();
  histories.set(namespace, known);
  const before = known.get(uid)?.running ?? [];
  const runs = pod.status?.phase === "Running" && !isGone && before.length < versionsMax;
  known.set(uid, { pod, running: runs ? [...before, pod] : before, isGone });
}

async function openNamespace(client: WarnedClient, name: string): Promise<void> {
  const make = async (path: string, body: object): Promise<void> => {
    const { status, message } = await client.send({ method: "POST", path, body });
    if (status !== 201) throw new Error(`${path}: ${status} ${message}`);
  };
  await make("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const subjects = [{ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: `system:serviceaccounts:${name}` }];
  for (const role of ["edit", "plimsoll-test-tenant"]) {
    await make(`/apis/rbac.authorization.k8s.io/v1/namespaces/${name}/rolebindings`, {
      ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", metadata: { name: role }, subjects },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    });
  }
}

/** What many clusters give teams beside `edit`. */
const furtherRights = [
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "plimsoll-test-tenant" },
    rules: [
      { apiGroups: [domain], resources: ["workloadprofiles"], verbs: ["*"] },
      { apiGroups: [""], resources: ["pods/ephemeralcontainers", "pods/resize"], verbs: ["update", "patch"] },
    ],
  },
];

/** The repository's policies, and what policies can refuse besides. */
function tenantPolicies(): string {
  const text = yamlText("policies.yaml");
  const networked = text.replace("elsewhere: audit", "elsewhere: deny");
  const policies = networked.replace(/^custom:\n/m, `custom:\n${privileged}`);
  if (policies === networked || networked === text) throw new Error("policies.yaml has another shape than this test edits");
  return policies;
}

const privileged = `  - id: X-PRIV-001
    match: { kinds: [Deployment, StatefulSet, ReplicaSet, DaemonSet, Job, CronJob, Pod] }
    forEach: pod.containers
    expression: "!(has(item.securityContext) && has(item.securityContext.privileged) && item.securityContext.privileged)"
    messageExpression: "'container ' + item.name + ' is privileged'"
    fix: run without privileges
    action: deny
    tests:
      - name: privileged denied
        object:
          apiVersion: apps/v1
          kind: Deployment
          metadata: { name: web, namespace: shop }
          spec: { template: { spec: { containers: [{ name: web, securityContext: { privileged: true } }] } } }
        expect: deny
`;
