/**
 * Compilation on the real control plane: its own controllers make the Pods and the Jobs, the API server stores what we wrote.
 * A Rollout has no controller here: its ReplicaSet is made by hand, as Argo Rollouts would make it.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { grantTroubles } from "../deploy/grant-witnesses.ts";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";

const namespace = "compile";
const rolledContract = "{.spec.template.metadata.annotations.platform\\.example\\.com/rolled-contract}";

await describeOnControlPlane("compilation on the real control plane", () => {
  let controlPlane: ControlPlane;
  let serve: ServeProcess;

  beforeAll(async () => {
    controlPlane = await startControlPlane({ without: ["kwok"] });
    await installPlimsoll(controlPlane);
    await apply(rolloutDefinition());
    await controlPlane.kubectl(["wait", "--for=condition=Established", "crd/rollouts.argoproj.io", "--timeout=30s"]);
    serve = await startServe({ controlPlane, provider: "none" });
    const labels = { "platform.example.com/cost-owner": "billing" };
    await apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
    // Its first Job comes within a minute, while the other rows run.
    await apply(profile("nightly", { runtimeClass: "compute", compute: { cpuRequest: "1", memoryRequest: "2Gi" } }));
    await apply(cronJob("nightly"));
  });

  afterAll(async () => {
    await serve.stop();
    await controlPlane.close();
  });

  it("takes over a foreign PodDisruptionBudget where the profile says adopt, without a moment between", async () => {
    await apply(deployment("web", 3));
    // Pods of the profile's own second would count as made beside it, without its contract: moments in objects are whole seconds.
    await eventually("deployment/web", "{.status.replicas}", "3");
    await new Promise((wait) => setTimeout(wait, 1_100));
    await apply({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: named("web"),
      spec: { maxUnavailable: 2, selector: selector("web") },
    });
    const uid = await jsonpath("pdb/web", "{.metadata.uid}");
    const grudging = profile("web", { availability: { minReplicas: 3 }, disruption: { minAvailable: "80%" } });
    expect((await controlPlane.kubectl(["apply", "-f", "-"], { stdin: stringify(grudging) })).stderr).toContain("[PDB-004]");
    await apply(profile("web", { availability: { minReplicas: 3 }, disruption: { minAvailable: "80%", adopt: true } }));
    await eventually("pdb/web", "{.metadata.ownerReferences[0].kind} {.spec.maxUnavailable}", "WorkloadProfile 1");
    expect(await jsonpath("pdb/web", "{.metadata.uid}")).toBe(uid);
    await eventually("wlp/web", "{.status.conditions[?(@.type=='Ready')].status}", "True");
  });

  it("S110: gives a StatefulSet maxUnavailable 1, and its Pods spread without a template hash", async () => {
    await apply(profile("db", { availability: { minReplicas: 3 } }));
    await apply({ ...deployment("db", 3), kind: "StatefulSet" });
    await eventually("pdb/db", "{.spec.maxUnavailable}", "1");
    await eventually("pod/db-0", "{.metadata.labels.platform\\.example\\.com/profile}", "db");
    expect(
      await jsonpath(
        "pod/db-0",
        "{.spec.topologySpreadConstraints[0].whenUnsatisfiable}{.spec.topologySpreadConstraints[0].matchLabelKeys}",
      ),
    ).toBe("DoNotSchedule");
  });

  it("makes the autoscaler of a profile, and makes it again when somebody deletes it", async () => {
    await apply(profile("api", { availability: { minReplicas: 3 }, scaling: { maxReplicas: 9, maxBurstPods: 4, manage: "hpa" } }));
    await apply(deployment("api", 3));
    const bounds = "{.spec.minReplicas}..{.spec.maxReplicas} {.spec.behavior.scaleUp.policies[0].value}";
    await eventually("hpa/api", bounds, "3..9 4");
    const uid = await jsonpath("hpa/api", "{.metadata.uid}");
    await controlPlane.kubectl(["delete", "hpa/api", "-n", namespace]);
    await eventually("hpa/api", bounds, "3..9 4");
    expect(await jsonpath("hpa/api", "{.metadata.uid}")).not.toBe(uid);
  });

  it("rolls a Deployment when its contract has changed, only where its profile says onChange", async () => {
    await eventually("wlp/api", "{.status.targets[0].podsStale}/{.status.targets[0].podsCompiled}", "0/3");
    expect(await jsonpath("deployment/api", rolledContract)).toBe("");
    await patch("wlp/api", { spec: { compute: { cpuRequest: "300m" } } });
    await eventually("wlp/api", "{.status.targets[0].podsStale}", "3");
    await patch("wlp/api", { spec: { rollout: "onChange" } });
    await expect.poll(() => jsonpath("deployment/api", rolledContract)).toMatch(/^[0-9a-f]+$/);
    expect(await jsonpath("deployment/api", rolledContract)).toBe(await jsonpath("wlp/api", "{.status.compiled.hash}"));
  });

  it("covers the stable and the canary Pods of a Rollout with one budget, and compiles both", async () => {
    const overrides = [{ match: { stage: "canary" }, compute: { cpuRequest: "200m" } }];
    await apply(profile("shop", { availability: { minReplicas: 4 }, compute: { cpuRequest: "400m" }, overrides }));
    await apply({ ...deployment("shop", 4), apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", status: { stableRS: "aaa" } });
    const uid = await jsonpath("rollout/shop", "{.metadata.uid}");
    for (const hash of ["aaa", "bbb"]) await apply(rolloutReplicaSet({ name: "shop", hash, uid }));
    await eventually("pdb/shop", "{.spec.selector.matchLabels}", '{"app":"shop"}');
    // The disruption controller asks the Rollout's own scale how many Pods there should be.
    await eventually("pdb/shop", "{.status.expectedPods}", "4");
    const requests = async (hash: string) =>
      (
        await controlPlane.kubectl([
          "get",
          "pods",
          "-n",
          namespace,
          "-l",
          `rollouts-pod-template-hash=${hash}`,
          "-o",
          "jsonpath={.items[0].spec.containers[0].resources.requests.cpu}",
        ])
      ).stdout;
    await expect.poll(() => requests("aaa")).toBe("400m");
    await expect.poll(() => requests("bbb")).toBe("200m");
  });

  it("adds a podFailurePolicy to the Job that a CronJob makes, and leaves a person's Job alone", async () => {
    await apply({ apiVersion: "batch/v1", kind: "Job", metadata: named("once"), spec: cronJob("once").spec.jobTemplate.spec });
    expect(await jsonpath("job/once", "{.spec.podFailurePolicy}")).toBe("");
    const ofCronJob = async () =>
      (
        await controlPlane.kubectl([
          "get",
          "jobs",
          "-n",
          namespace,
          "-o",
          "jsonpath={range .items[*]}{.metadata.name}={.spec.podFailurePolicy.rules[*].action} {.spec.podReplacementPolicy}{'\\n'}{end}",
        ])
      ).stdout;
    await expect.poll(ofCronJob, { timeout: 120_000 }).toMatch(/^nightly-\d+=Ignore Failed$/m);
  }, 180_000);

  it("rolls a StatefulSet, a DaemonSet and a Rollout in the same way", async () => {
    await apply({ apiVersion: "v1", kind: "Node", metadata: { name: "only", labels: { "workload-class": "general" } } });
    await apply(profile("agent", { compute: { cpuRequest: "100m" } }));
    await apply(daemonSet("agent"));
    for (const [workload, name] of [
      ["statefulset/db", "db"],
      ["daemonset/agent", "agent"],
      ["rollout/shop", "shop"],
    ] as const) {
      await expect.poll(() => jsonpath(`wlp/${name}`, "{.status.targets[0].podsCompiled}")).toMatch(/^[1-9]/);
      await patch(`wlp/${name}`, { spec: { compute: { cpuRequest: "350m" }, rollout: "onChange" } });
      await expect.poll(() => jsonpath(workload, rolledContract), { message: workload }).toMatch(/^[0-9a-f]+$/);
    }
  }, 240_000);

  it("was forbidden nothing: deploy/ grants all that was asked", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
    expect(await grantTroubles(controlPlane, "test/scenarios/compile.real.test.ts")).toEqual([]);
  });

  async function apply(object: object): Promise<void> {
    const applied = await controlPlane.kubectl(["apply", "-f", "-"], { stdin: stringify(object) });
    expect(applied.code, applied.stderr).toBe(0);
  }

  async function patch(what: string, merge: object): Promise<void> {
    const patched = await controlPlane.kubectl(["patch", what, "-n", namespace, "--type", "merge", "-p", JSON.stringify(merge)]);
    expect(patched.code, patched.stderr).toBe(0);
  }

  async function jsonpath(what: string, path: string): Promise<string> {
    return (await controlPlane.kubectl(["get", what, "-n", namespace, "-o", `jsonpath=${path}`])).stdout;
  }

  async function eventually(what: string, path: string, expected: string): Promise<void> {
    await expect.poll(() => jsonpath(what, path), { message: `${what} ${path}` }).toBe(expected);
  }
});

function named(name: string) {
  return { name, namespace };
}

function selector(name: string) {
  return { matchLabels: { app: name } };
}

function podTemplate(name: string, labels: Readonly<Record<string, string>> = {}) {
  const resources = { requests: { cpu: "100m", memory: "128Mi" } };
  const readinessProbe = { httpGet: { path: "/", port: 8080 } };
  return {
    metadata: { labels: { app: name, ...labels } },
    spec: { containers: [{ name: "app", image: "registry.example.com/app:1", resources, readinessProbe }] },
  };
}

function deployment(name: string, replicas: number) {
  const spec = { replicas, selector: selector(name), template: podTemplate(name) };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: named(name), spec };
}

function daemonSet(name: string) {
  const spec = { selector: selector(name), template: podTemplate(name) };
  return { apiVersion: "apps/v1", kind: "DaemonSet", metadata: named(name), spec };
}

function cronJob(name: string) {
  const { metadata, spec } = podTemplate(name);
  const [container] = spec.containers.map(({ name: app, image, resources }) => ({ name: app, image, resources }));
  const template = { metadata, spec: { restartPolicy: "Never", containers: [container] } };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: named(name),
    spec: { schedule: "* * * * *", jobTemplate: { spec: { backoffLimit: 3, template } } },
  };
}

function rolloutReplicaSet({ name, hash, uid }: { readonly name: string; readonly hash: string; readonly uid: string }) {
  const labels = { "rollouts-pod-template-hash": hash };
  const owner = { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", name, uid, controller: true };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { ...named(`${name}-${hash}`), ownerReferences: [owner] },
    spec: { replicas: 2, selector: { matchLabels: { app: name, ...labels } }, template: podTemplate(name, labels) },
  };
}

function profile(name: string, spec: object) {
  return { apiVersion: "platform.example.com/v1", kind: "WorkloadProfile", metadata: named(name), spec };
}

function rolloutDefinition() {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const scale = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" };
  const version = { name: "v1alpha1", served: true, storage: true, schema, subresources: { scale } };
  const names = { kind: "Rollout", listKind: "RolloutList", plural: "rollouts", singular: "rollout" };
  const spec = { group: "argoproj.io", scope: "Namespaced", names, versions: [version] };
  return { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata: { name: "rollouts.argoproj.io" }, spec };
}
