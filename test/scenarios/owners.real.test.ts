/**
 * Who may claim an owner, on the real control plane: a team with the built-in `edit` in one namespace (and what Argo's projects add to
 * it) tries to walk past the rules by ownerReferences; operators with the rights of their own charts make Pods as they do.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import type { KubeObject } from "../../src/api/object.ts";
import { grantTroubles } from "../deploy/grant-witnesses.ts";
import { type CommandResult, type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { foreignDefinitions } from "../support/foreign-crds.ts";
import { operatorDefinitions, operatorRoles, operators, teamRoles } from "../support/operator-roles.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";

const namespace = "shop";
const waits = { timeout: 20_000, interval: 200 };
const template = (more: object = {}, annotations: object = {}) => ({
  metadata: { labels: { app: "web" }, annotations },
  spec: {
    containers: [
      {
        name: "app",
        image: "registry.example.com/web:1",
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
      },
    ],
    ...more,
  },
});
const hostPath = { volumes: [{ name: "host", hostPath: { path: "/" } }] };
const doNotDisrupt = { "karpenter.sh/do-not-disrupt": "true" };

await describeOnControlPlane("owners on the real control plane", () => {
  let controlPlane: ControlPlane;
  let serve: ServeProcess;
  let team: string;
  let deployment: KubeObject;
  let replicaSet: KubeObject;

  beforeAll(async () => {
    controlPlane = await startControlPlane({ without: ["kwok"] });
    const labels = { "platform.example.com/cost-owner": "billing" };
    await ok(
      admin([
        ...foreignDefinitions,
        ...operatorDefinitions,
        { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } },
      ]),
    );
    await installPlimsoll(controlPlane);
    await ok(admin([...teamRoles(namespace), ...operatorRoles()]));
    team = await controlPlane.kubeconfigFor({ namespace, name: "team" });
    serve = await startServe({ controlPlane, provider: "none" });
    await ok(as(team, workload("Deployment", "web", {})));
    deployment = await got("deployment/web");
    replicaSet = await vi.waitFor(() => got("replicaset"), waits);
  });

  afterAll(async () => {
    await serve.stop();
    await controlPlane.close();
  });

  describe("a team with edit", () => {
    const pod = (metadata: object, spec: object = {}) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace, ...metadata },
      spec: { ...template().spec, ...spec },
    });

    it("gets no ReplicaSet past the rules by naming a Deployment that stands", async () => {
      const claimed = workload("ReplicaSet", "web-x", { spec: hostPath, annotations: doNotDisrupt, owner: deployment });
      const answer = await as(team, claimed);
      expect(answer.stderr).toContain("[STOR-003]");
      expect(answer.stderr).toContain("[OWN-001]");
    });

    it("gets none by naming a Rollout, though Argo lets it update rollouts/status", async () => {
      await ok(admin([rollout("stands")]));
      const owner = await got("rollout/stands");
      expect((await as(team, workload("ReplicaSet", "web-r", { spec: hostPath, owner }))).stderr).toContain("[OWN-001]");
    });

    it("gets no Pod past them by naming a ReplicaSet, a ConfigMap or a Node", async () => {
      await ok(as(team, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "owner", namespace } }));
      expect((await as(team, pod({ name: "of-set", ownerReferences: [reference(replicaSet)] }, hostPath))).stderr).toContain("[STOR-003]");
      const ofMap = await as(team, pod({ name: "of-map", ownerReferences: [reference(await got("configmap/owner"))] }));
      expect(ofMap.stderr).toContain("[BARE-001]");
      const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n1", uid: "0b4b6f4c-1f0e-4a53-9d7c-1c1c1c1c1c1c" } };
      expect((await as(team, pod({ name: "of-node", ownerReferences: [reference(node)] }))).stderr).toContain("[BARE-001]");
    });

    it("puts nothing into the template of a paused Deployment's ReplicaSet", async () => {
      await ok(controlPlane.kubectl(["rollout", "pause", "-n", namespace, "deployment/web"], { kubeconfig: team }));
      const { name = "" } = replicaSet.metadata;
      const patch = JSON.stringify({ spec: { template: { spec: hostPath } } });
      const edited = await controlPlane.kubectl(["patch", "-n", namespace, `replicaset/${name}`, "-p", patch], { kubeconfig: team });
      expect(edited.stderr).toContain("[STOR-003]");
      await ok(controlPlane.kubectl(["rollout", "resume", "-n", namespace, "deployment/web"], { kubeconfig: team }));
    });

    it("walks past nothing with a ReplicationController, nor with its scale", async () => {
      expect((await as(team, replicationController("walks", hostPath))).stderr).toContain("[STOR-003]");
      await ok(as(team, replicationController("web-rc", {})));
      await ok(as(team, budgetOver("web-rc")));
      const scale = ["scale", "-n", namespace, "replicationcontroller/web-rc"];
      expect((await controlPlane.kubectl([...scale, "--replicas=1"], { kubeconfig: team })).stderr).toContain("[DRAIN-007]");
      await ok(controlPlane.kubectl([...scale, "--replicas=3"], { kubeconfig: team }));
      await expect.poll(async () => (await names("pods")).filter((name) => name.startsWith("pod/web-rc")).length, waits).toBe(3);
    });

    it("walks past nothing with a Rollout over another's template", async () => {
      await ok(as(team, workload("Deployment", "referred", { labels: { app: "referred" }, replicas: 0 })));
      const spec = { replicas: 1, workloadRef: { apiVersion: "apps/v1", kind: "Deployment", name: "referred" } };
      const refers = { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", metadata: { name: "refers", namespace }, spec };
      await ok(as(team, budgetOver("referred")));
      expect((await as(team, refers)).stderr).toContain("[DRAIN-002]");
    });

    it("adds no owner to what stands", async () => {
      await ok(as(team, workload("ReplicaSet", "alone", { labels: { app: "alone" } })));
      const patch = JSON.stringify({ metadata: { ownerReferences: [reference(deployment)] } });
      const adopted = await controlPlane.kubectl(["patch", "-n", namespace, "replicaset/alone", "-p", patch], { kubeconfig: team });
      expect(adopted.stderr).toContain("[OWN-001]");
    });

    it("rolls out and back, orphans and adopts again, labels Pods away and runs a CronJob by hand", async () => {
      const run = (...args: readonly string[]) => ok(controlPlane.kubectl(["-n", namespace, ...args], { kubeconfig: team }));
      await run("set", "image", "deployment/web", "app=registry.example.com/web:2");
      const sets = async () => (await names("replicasets")).filter((name) => name.startsWith("replicaset.apps/web-"));
      await expect.poll(async () => (await sets()).length, waits).toBe(2);
      await run("rollout", "undo", "deployment/web");
      const [podName = ""] = await names("pods");
      await run("label", podName, "app=quarantined", "--overwrite");
      await run("delete", "deployment/web", "--cascade=orphan");
      await expect
        .poll(async () => (await got(`replicaset/${replicaSet.metadata.name ?? ""}`)).metadata.ownerReferences ?? [], waits)
        .toEqual([]);
      await ok(as(team, workload("Deployment", "web", {})));
      await expect
        .poll(async () => (await got(`replicaset/${replicaSet.metadata.name ?? ""}`)).metadata.ownerReferences?.length, waits)
        .toBe(1);
      await ok(as(team, cronJob()));
      await run("create", "job", "by-hand", "--from=cronjob/nightly");
      await expect.poll(async () => (await names("pods")).filter((name) => name.startsWith("pod/by-hand")).length, waits).toBe(1);
    });

    it("runs the test of a chart, and no service under its annotation", async () => {
      const hook = (name: string, restartPolicy: string) => pod({ name, annotations: { "helm.sh/hook": "test" } }, { restartPolicy });
      await ok(as(team, hook("web-test-connection", "Never")));
      expect((await as(team, hook("hidden", "Always"))).stderr).toContain("[BARE-001]");
    });
  });

  it.each(operators)("lets in what $name makes", async ({ account, owner, makes }) => {
    await ok(admin([owner]));
    const kubeconfig = await controlPlane.kubeconfigFor(account);
    const stands = await got(`${owner.kind.toLowerCase()}.${owner.apiVersion.split("/")[0] ?? ""}/${owner.metadata.name ?? ""}`);
    const metadata = {
      name: `of-${owner.kind.toLowerCase()}`,
      namespace,
      labels: { app: "operated" },
      ownerReferences: [reference(stands)],
    };
    const { spec } = template();
    const made =
      makes === "Pod"
        ? { apiVersion: "v1", kind: "Pod", metadata, spec }
        : {
            apiVersion: "apps/v1",
            kind: "ReplicaSet",
            metadata,
            spec: {
              replicas: 1,
              selector: { matchLabels: { app: "operated" } },
              template: { metadata: { labels: { app: "operated" } }, spec },
            },
          };
    await ok(as(kubeconfig, made));
    if (makes !== "ReplicaSet") return;
    const canary = ["patch", "-n", namespace, `replicaset/${metadata.name}`, "-p", JSON.stringify({ spec: { replicas: 3 } })];
    await ok(controlPlane.kubectl(canary, { kubeconfig }));
  });

  it("was forbidden nothing, and used what it is granted for this", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
    expect(await grantTroubles(controlPlane, "test/scenarios/owners.real.test.ts")).toEqual([]);
  });

  function admin(objects: readonly object[]): Promise<CommandResult> {
    return controlPlane.kubectl(["apply", "--server-side", "-f", "-"], { stdin: objects.map((object) => stringify(object)).join("---\n") });
  }

  function as(kubeconfig: string, object: object): Promise<CommandResult> {
    return controlPlane.kubectl(["create", "-f", "-"], { stdin: stringify(object), kubeconfig });
  }

  async function got(what: string): Promise<KubeObject> {
    const { stdout, stderr } = await controlPlane.kubectl(["get", "-n", namespace, what, "-o", "json"]);
    if (stdout === "") throw new Error(stderr);
    const found = JSON.parse(stdout) as KubeObject & { readonly items?: readonly KubeObject[] };
    const object = found.items === undefined ? found : found.items[0];
    if (object === undefined) throw new Error(`no ${what}`);
    return object;
  }

  async function names(resource: string): Promise<readonly string[]> {
    const { stdout } = await controlPlane.kubectl(["get", "-n", namespace, resource, "-o", "name"]);
    return stdout.split("\n").filter((line) => line !== "");
  }
});

async function ok(answer: Promise<CommandResult>): Promise<void> {
  const { code, stderr } = await answer;
  expect(code, stderr).toBe(0);
}

function reference({ apiVersion, kind, metadata }: KubeObject): object {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
}

interface Written {
  readonly spec?: object;
  readonly annotations?: object;
  readonly labels?: object;
  readonly owner?: KubeObject;
  readonly replicas?: number;
}

function workload(kind: "Deployment" | "ReplicaSet", name: string, written: Written): object {
  const { spec, annotations, labels = { app: "web" }, owner, replicas = 2 } = written;
  const of = template(spec, annotations);
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name, namespace, ...(owner === undefined ? {} : { ownerReferences: [reference(owner)] }) },
    spec: { replicas, selector: { matchLabels: labels }, template: { ...of, metadata: { ...of.metadata, labels } } },
  };
}

function budgetOver(app: string): object {
  const spec = { minAvailable: 1, selector: { matchLabels: { app } } };
  return { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: app, namespace }, spec };
}

function replicationController(name: string, more: object): object {
  const labels = { app: name };
  const spec = { replicas: 2, selector: labels, template: { ...template(more), metadata: { labels } } };
  return { apiVersion: "v1", kind: "ReplicationController", metadata: { name, namespace }, spec };
}

function rollout(name: string): object {
  const selector = { matchLabels: { app: name } };
  const spec = { replicas: 2, selector, template: { ...template(), metadata: { labels: { app: name } } } };
  return { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", metadata: { name, namespace }, spec };
}

function cronJob(): object {
  const { spec } = template({ restartPolicy: "Never" });
  const jobTemplate = { spec: { template: { metadata: { labels: { app: "nightly" } }, spec } } };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "nightly", namespace },
    spec: { schedule: "0 3 * * *", jobTemplate },
  };
}
