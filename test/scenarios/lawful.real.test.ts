/**
 * Nothing lawful is refused: what tools, people and operators do every day, on the real control plane with the deployed roles.
 *
 * Each flow must be let in whole, and come to what it is for. At the end the API server's own record is read: no webhook of ours refused
 * anything at all.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import type { ControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { foreignDefinitions, operatorDefinitions } from "../support/foreign-crds.ts";
import { install, pathIn, uninstall, upgrade, type ChartKind, type Sent } from "./lawful/chart.ts";
import { operators, type Operator } from "./lawful/operators.ts";
import { tenantGround, userOf, type Ground } from "./tenant/ground.ts";
import { autoscaler, budget, cronJob, job, profile, service, workload } from "./tenant/manifests.ts";

const waits = { timeout: 60_000, interval: 250 };
const mergePatch = "application/merge-patch+json";

await describeOnControlPlane("lawful flows on the real control plane", () => {
  let ground: Ground;

  beforeAll(async () => {
    ground = await tenantGround();
    const definitions = [...foreignDefinitions, ...operatorDefinitions].map((object) => stringify(object)).join("---\n");
    await kubectl(["apply", "-f", "-"], { stdin: definitions });
    await kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
  });

  afterAll(async () => {
    await ground.close();
  });

  it.each<ChartKind>(["with a budget of its own", "with a profile"])("helm installs, upgrades and uninstalls a chart %s", async (kind) => {
    const [namespace, name] = [kind === "with a profile" ? "helm-profile" : "helm-budget", "web"];
    await ground.openNamespace(namespace);
    await sent(namespace, install(name, kind));
    await expect.poll(() => running(namespace, "web"), waits).toBe(2);
    await sent(namespace, upgrade(name, kind));
    await expect.poll(() => running(namespace, "web"), waits).toBe(3);
    await sent(namespace, uninstall(name, kind));
    await expect.poll(() => alive(namespace), waits).toBe(0);
  });

  it("GitOps applies as a field manager, changes what it applied, and prunes what has left Git", async () => {
    await ground.openNamespace("gitops");
    const objects = (image: string) => [
      profile("web", { min: 2 }),
      withImage(workload("Deployment", "web", { replicas: 3 }), image),
      service("web"),
      withImage(workload("StatefulSet", "db", { replicas: 3 }), image),
      budget({ name: "db", bound: { maxUnavailable: 1 }, selector: { matchLabels: { app: "db" } } }),
      autoscaler({ name: "db", kind: "StatefulSet", min: 2, max: 4 }),
      cronJob("nightly"),
    ];
    const apply = (of: readonly object[]) =>
      kubectl(["apply", "--server-side", "--field-manager=kustomize-controller", "--force-conflicts", "-n", "gitops", "-f", "-"], {
        stdin: documents(of),
        as: "gitops",
      });
    await apply(objects("registry.example.com/web:1"));
    await expect.poll(() => running("gitops", "web"), waits).toBe(3);
    await apply(objects("registry.example.com/web:2"));
    for (const path of [
      "apps/v1/namespaces/gitops/statefulsets/db",
      "platform.example.com/v1/namespaces/gitops/workloadprofiles/web",
      "policy/v1/namespaces/gitops/poddisruptionbudgets/db",
      "autoscaling/v2/namespaces/gitops/horizontalpodautoscalers/db",
      "batch/v1/namespaces/gitops/cronjobs/nightly",
    ])
      await ok("gitops", { method: "DELETE", path: `/apis/${path}?propagationPolicy=Foreground` });
    await ok("gitops", { method: "DELETE", path: "/apis/apps/v1/namespaces/gitops/deployments/web?propagationPolicy=Background" });
    await expect.poll(() => alive("gitops"), waits).toBe(0);
  });

  it("a namespace goes with all that is in it", async () => {
    await ground.openNamespace("leaving");
    const objects = [
      profile("web", { min: 2 }),
      workload("Deployment", "web"),
      workload("StatefulSet", "db"),
      budget({ name: "db", bound: { maxUnavailable: 1 }, selector: { matchLabels: { app: "db" } } }),
      job("import"),
    ];
    await kubectl(["apply", "-n", "leaving", "-f", "-"], { stdin: documents(objects), as: "leaving" });
    await expect.poll(() => running("leaving", "db"), waits).toBe(2);
    await kubectl(["delete", "namespace", "leaving", "--timeout=60s"]);
    expect(alive("leaving")).toBe(0);
  });

  it("--cascade=orphan leaves Pods, and a workload of the same selector takes them over", async () => {
    await ground.openNamespace("orphans");
    await kubectl(["create", "-n", "orphans", "-f", "-"], {
      stdin: documents([workload("Deployment", "web"), workload("StatefulSet", "db")]),
      as: "orphans",
    });
    await expect.poll(() => running("orphans", "web") + running("orphans", "db"), waits).toBe(4);
    const before = uids("orphans");
    await kubectl(["delete", "-n", "orphans", "deployment/web", "statefulset/db", "--cascade=orphan"], { as: "orphans" });
    await kubectl(["create", "-n", "orphans", "-f", "-"], {
      stdin: documents([workload("Deployment", "web"), workload("StatefulSet", "db")]),
      as: "orphans",
    });
    await kubectl(["rollout", "status", "-n", "orphans", "deployment/web", "--timeout=60s"], { as: "orphans" });
    await kubectl(["delete", "-n", "orphans", "replicasets", "--all", "--cascade=orphan"], { as: "orphans" });
    await expect.poll(() => owned("orphans"), waits).toBe(4);
    expect(uids("orphans")).toEqual(before);
  });

  it("a person works with kubectl all day", async () => {
    await ground.openNamespace("daily");
    await kubectl(["create", "-n", "daily", "-f", "-"], {
      stdin: documents([workload("Deployment", "web"), cronJob("nightly")]),
      as: "daily",
    });
    for (const words of [
      "set image deployment/web app=registry.example.com/web:2",
      "scale deployment/web --replicas=3",
      "label deployment/web team=blue",
      "annotate deployment/web note=x",
      "rollout restart deployment/web",
      "rollout status deployment/web --timeout=60s",
      "rollout undo deployment/web",
      "rollout pause deployment/web",
      "rollout resume deployment/web",
      "autoscale deployment/web --min=2 --max=4",
      "create pdb web --selector=app=web --max-unavailable=1",
      "create job by-hand --from=cronjob/nightly",
      "rollout status deployment/web --timeout=60s",
    ])
      await kubectl([...words.split(" "), "-n", "daily"], { as: "daily" });
    await expect.poll(() => running("daily", "nightly"), waits).toBe(1);
    await kubectl(["delete", "pod", "-n", "daily", "-l", "app=web", "--wait=false"], { as: "daily" });
    await kubectl(["delete", "hpa,pdb,deployment,cronjob,job", "--all", "-n", "daily"], { as: "daily" });
    await expect.poll(() => alive("daily"), waits).toBe(0);
  });

  it("a Pod is put in quarantine by a label, and another takes its place", async () => {
    await ground.openNamespace("quarantine");
    const guarded = budget({ name: "web", bound: { maxUnavailable: 1 }, selector: { matchLabels: { app: "web" } } });
    await kubectl(["create", "-n", "quarantine", "-f", "-"], {
      stdin: documents([profile("api", { min: 2 }), workload("Deployment", "api"), workload("Deployment", "web"), guarded]),
      as: "quarantine",
    });
    for (const [app, change] of [
      ["web", "app=quarantine"],
      ["web", "app-"],
      ["api", "app=quarantine"],
    ] as const) {
      await expect.poll(() => running("quarantine", app), waits).toBe(2);
      const [name = ""] = named("quarantine", app);
      await kubectl(["label", "pod", name, change, "--overwrite", "-n", "quarantine"], { as: "quarantine" });
      await expect.poll(() => named("quarantine", app).filter((other) => other !== name).length, waits).toBe(2);
    }
    expect(alive("quarantine")).toBe(7);
  });

  it("kubectl drain empties a node, and evicted Pods run elsewhere", { timeout: 120_000 }, async () => {
    await ground.openNamespace("drained");
    const apart = { labels: { drained: "true" } };
    const guarded = budget({ name: "db", bound: { maxUnavailable: 1 }, selector: { matchLabels: { app: "db" } } });
    const objects = [
      profile("web", { min: 2 }),
      workload("Deployment", "web", { replicas: 3, ...apart }),
      workload("StatefulSet", "db", { replicas: 3, ...apart }),
      guarded,
    ];
    await kubectl(["create", "-n", "drained", "-f", "-"], { stdin: documents(objects), as: "drained" });
    await expect.poll(() => running("drained", "web") + running("drained", "db"), waits).toBe(6);
    await kubectl(["drain", "general-a", "--ignore-daemonsets", "--delete-emptydir-data", "--pod-selector=drained=true", "--timeout=60s"]);
    await expect.poll(() => running("drained", "web") + running("drained", "db"), waits).toBe(6);
    expect([...ground.pods("drained").values()].filter(({ isGone, pod }) => !isGone && pod.spec.nodeName === "general-a")).toEqual([]);
    await kubectl(["uncordon", "general-a"]);
  });

  it.each(operators.map((operator) => [operator.title, operator] as const))("%s", async (_, operator) => {
    const namespace = operator.account.namespace === "argo" ? "workflows" : `of-${operator.account.namespace}`;
    await ground.openNamespace(namespace);
    await installed(operator);
    const { own, makes } = operator;
    await kubectl(["create", "-n", namespace, "-f", "-"], {
      stdin: stringify({ ...own, plural: undefined, name: undefined, metadata: { name: own.name } }),
    });
    const { stdout: uid } = await kubectl(["get", own.plural, own.name, "-n", namespace, "-o", "jsonpath={.metadata.uid}"]);
    const { apiVersion, kind, name } = own;
    const user = userOf(operator.account.namespace, operator.account.name);
    const made = makes({ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true });
    for (const object of made) await ok(namespace, { method: "POST", path: collectionOf(object, namespace), body: object, user });
    const wanted = made.filter((object) => object.kind === "Pod").length || 2;
    await expect.poll(() => labelled(namespace, operator.pods), waits).toBe(wanted);
    for (const { pod, labels } of operator.relabels ?? [])
      await ok(namespace, {
        ...{ method: "PATCH", path: `/api/v1/namespaces/${namespace}/pods/${pod}`, user },
        ...{ body: { metadata: { labels } }, contentType: mergePatch },
      });
  });

  it("was refused nothing", async () => {
    const events = await ground.controlPlane.auditEvents();
    const refused = events.filter(
      ({ responseStatus }) =>
        /admission webhook "[^"]*platform\.example\.com" denied/.test(responseStatus?.message ?? "") && responseStatus?.code !== 429,
    );
    expect(refused.map(({ verb, requestURI, responseStatus }) => `${verb} ${requestURI}: ${responseStatus?.message ?? ""}`)).toEqual([]);
  });

  async function kubectl(
    args: readonly string[],
    options: { readonly stdin?: string; readonly as?: string } = {},
  ): ReturnType<ControlPlane["kubectl"]> {
    const as =
      options.as === undefined
        ? []
        : [`--as=${userOf(options.as, "ann")}`, `--as-group=system:serviceaccounts:${options.as}`, "--as-group=system:authenticated"];
    const done = await ground.controlPlane.kubectl([...args, ...as], { stdin: options.stdin ?? "" });
    expect(done.code, `kubectl ${args.join(" ")}: ${done.stderr}`).toBe(0);
    return done;
  }

  async function ok(
    namespace: string,
    request: {
      readonly method: "POST" | "PATCH" | "DELETE";
      readonly path: string;
      readonly body?: object;
      readonly contentType?: string;
      readonly user?: string;
    },
  ): Promise<void> {
    const { status, message } = await ground.client.send({ user: userOf(namespace, "ann"), ...request });
    expect(status < 300, `${request.method} ${request.path}: ${status} ${message}`).toBe(true);
  }

  async function sent(namespace: string, requests: readonly Sent[]): Promise<void> {
    for (const request of requests) {
      const path = pathIn(namespace, request);
      const contentType = path.includes("platform.example.com") ? mergePatch : "application/strategic-merge-patch+json";
      const { body = {} } = request;
      if (request.verb === "create") await ok(namespace, { method: "POST", path: `${path}?fieldManager=helm`, body });
      if (request.verb === "patch") await ok(namespace, { method: "PATCH", path: `${path}?fieldManager=helm`, body, contentType });
      if (request.verb === "delete") await ok(namespace, { method: "DELETE", path: `${path}?propagationPolicy=Background` });
    }
  }

  async function installed({ account, rules }: Operator): Promise<void> {
    const { namespace, name } = account;
    const of = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: `${namespace}-${name}` } };
    const objects = [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
      { ...of, kind: "ClusterRole", rules },
      {
        ...of,
        kind: "ClusterRoleBinding",
        subjects: [{ kind: "ServiceAccount", name, namespace }],
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: of.metadata.name },
      },
    ];
    await kubectl(["apply", "-f", "-"], { stdin: documents(objects) });
  }

  function living(namespace: string) {
    return [...ground.pods(namespace).values()]
      .filter(({ isGone, pod }) => !isGone && pod.metadata.deletionTimestamp === undefined)
      .map(({ pod }) => pod);
  }

  function alive(namespace: string): number {
    return living(namespace).length;
  }

  function uids(namespace: string): readonly (string | undefined)[] {
    return living(namespace)
      .map(({ metadata }) => metadata.uid)
      .sort();
  }

  function owned(namespace: string): number {
    return living(namespace).filter(({ metadata }) => metadata.ownerReferences?.some(({ controller }) => controller === true) === true)
      .length;
  }

  function named(namespace: string, app: string): readonly string[] {
    return living(namespace)
      .filter(({ metadata, status }) => metadata.labels?.["app"] === app && status?.phase === "Running")
      .map(({ metadata }) => metadata.name ?? "");
  }

  function running(namespace: string, app: string): number {
    return named(namespace, app).length;
  }

  function labelled(namespace: string, label: string): number {
    const [key = "", value] = label.split("=");
    return living(namespace).filter(({ metadata, status }) => metadata.labels?.[key] === value && status?.phase === "Running").length;
  }
});

function documents(objects: readonly object[]): string {
  return objects.map((object) => stringify(object)).join("---\n");
}

function withImage(object: object, image: string): object {
  return JSON.parse(JSON.stringify(object).replace(/"image":"[^"]*"/, `"image":"${image}"`)) as object;
}

function collectionOf({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }, namespace: string): string {
  return `/${apiVersion.includes("/") ? "apis" : "api"}/${apiVersion}/namespaces/${namespace}/${kind.toLowerCase()}s`;
}
