/**
 * What a tenant with `edit` does with what stands already: objects in deletion, labels of controllers, our own annotations, running
 * Pods, deletions. Real API server, controllers and evictions; our process under deploy/'s ServiceAccount.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";
import { nodesOf } from "../support/team-manifests.ts";

const domain = "platform.example.com";
const never = JSON.stringify([{ schedule: "0 0 31 2 *", duration: "1m" }]);

await describeOnControlPlane("what stands already, and a tenant with edit", () => {
  let controlPlane: ControlPlane;
  let serve: ServeProcess;
  let tenant: string;

  beforeAll(async () => {
    controlPlane = await startControlPlane();
    await admin(nodesOf("general"));
    await lets(controlPlane.kubectl(["apply", "-k", "deploy/policy-reports"]));
    await installPlimsoll(controlPlane);
    serve = await startServe({ controlPlane, provider: "none" });
    await admin([
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop", labels: { [`${domain}/cost-owner`]: "billing" } } },
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "tenant", namespace: "shop" } },
      {
        ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", metadata: { name: "tenant", namespace: "shop" } },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "edit" },
        subjects: [{ kind: "ServiceAccount", name: "tenant", namespace: "shop" }],
      },
    ]);
    tenant = await controlPlane.kubeconfigFor({ namespace: "shop", name: "tenant" });
    await lets(apply(deployment("web", 3)));
  });

  afterAll(async () => {
    await serve.stop();
    await controlPlane.close();
  });

  it("judges a budget in deletion until it is gone, and lets it go", async () => {
    await expect.poll(() => podsOf("web"), { timeout: 60_000 }).toHaveLength(3);
    await lets(apply(budget("held", { maxUnavailable: 1 }, { app: "web" }, ["example.com/held"])));
    await lets(kubectl("delete", "pdb", "held", "--wait=false"));
    await refuses(kubectl("patch", "pdb", "held", "--type=merge", "-p", '{"spec":{"maxUnavailable":0}}'), "DRAIN-004");
    await refuses(apply(budget("second", { maxUnavailable: 1 }, { app: "web" })), "DRAIN-005");
    await lets(kubectl("patch", "pdb", "held", "--type=merge", "-p", '{"metadata":{"finalizers":null}}'));
    expect((await kubectl("get", "pdb", "held")).stderr).toContain("NotFound");
  });

  it("matches a budget against the labels that controllers add, in both orders", async () => {
    const hash = { matchExpressions: [{ key: "pod-template-hash", operator: "Exists" }] };
    await refuses(apply({ ...budget("hash", {}, {}), spec: { minAvailable: 1000, selector: hash } }), "DRAIN-002");
    const index = { matchLabels: { "apps.kubernetes.io/pod-index": "0" } };
    await lets(apply({ ...budget("member", {}, {}), spec: { maxUnavailable: 1, selector: index } }));
    await refuses(apply({ ...deployment("db", 3), kind: "StatefulSet" }), "DRAIN-044");
    await lets(kubectl("delete", "pdb", "member"));
  });

  it("takes a window that somebody claims off the Pods, so that they can be evicted", async () => {
    const claimed = deployment("windowed", 2, { [`${domain}/disruption-window`]: never });
    const { code, stderr } = await apply(claimed);
    expect([code, stderr]).toEqual([0, expect.stringContaining("[META-001]")]);
    await expect.poll(() => podsOf("windowed"), { timeout: 60_000 }).toHaveLength(2);
    const [pod = ""] = await podsOf("windowed");
    expect((await kubectl("get", "pod", pod, "-o", "yaml")).stdout).not.toContain("disruption-window");
    await refuses(kubectl("annotate", "pod", pod, `${domain}/disruption-window=${never}`), "META-001");
    await lets(kubectl("delete", "deployment", "windowed"));
  });

  it("judges what is written on running Pods, and lets a Pod be taken aside", async () => {
    await lets(apply(budget("other", { minAvailable: 5 }, { team: "a" })));
    const [pod = "", aside = ""] = await podsOf("web");
    await refuses(kubectl("label", "pod", pod, "team=a"), "DRAIN-045");
    await refuses(kubectl("annotate", "pod", pod, "karpenter.sh/do-not-disrupt=true"), "DRAIN-014");
    const holding = '{"metadata":{"finalizers":["example.com/hold"]}}';
    await refuses(kubectl("patch", "pod", pod, "--type=merge", "-p", holding), "DRAIN-037");
    for (const lawful of [
      ["annotate", "pod", pod, "example.com/seen=yes"],
      ["label", "pod", pod, "example.com/seen=yes"],
      ["set", "image", `pod/${pod}`, "app=example.com/app:2"],
      ["label", "pod", aside, "app=quarantine", "--overwrite"],
    ])
      await lets(kubectl(...lawful));
    await expect.poll(() => podsOf("web"), { timeout: 60_000 }).toHaveLength(3);
    await lets(kubectl("delete", "pdb", "other"));
    const [labelled = ""] = await podsOf("web");
    await lets(kubectl("label", "pod", labelled, "team=b"));
    await refuses(apply(budget("late", { minAvailable: 1 }, { team: "b" })), "DRAIN-045");
    await lets(kubectl("label", "pod", labelled, "team-"));
  });

  it("raises no replicas of a Deployment that a finalizer holds in deletion", async () => {
    const patch = (object: object) => kubectl("patch", "deployment", "going", "--type=merge", "-p", JSON.stringify(object));
    await lets(apply(deployment("going", 2)));
    await lets(patch({ metadata: { finalizers: ["example.com/hold"] } }));
    await lets(kubectl("delete", "deployment", "going", "--wait=false"));
    await refuses(kubectl("scale", "deployment", "going", "--replicas=3"), "DRAIN-046");
    await refuses(patch({ spec: { replicas: 3 } }), "DRAIN-046");
    await lets(kubectl("scale", "deployment", "going", "--replicas=1"));
    await lets(patch({ metadata: { finalizers: null } }));
  });

  it("never refuses a deletion, and tells what it leaves: at once, on the workload and in the report", async () => {
    await lets(apply(autoscaler("lent", 2)));
    await lets(apply(deployment("lent", 1)));
    await lets(apply(budget("lent", { minAvailable: 1 }, { app: "lent" })));
    const { code, stderr } = await kubectl("delete", "hpa", "lent");
    expect([code, stderr]).toEqual([0, expect.stringContaining("Deployment lent is left behind: [DRAIN-002]")]);
    const asked = { timeout: 20_000, interval: 500 };
    const events = ["get", "events", "--field-selector=type=Warning,reason=PolicyViolation,involvedObject.name=lent", "-o", "yaml"];
    await expect.poll(async () => (await kubectl(...events)).stdout, asked).toContain("without HorizontalPodAutoscaler lent");
    const report = () => controlPlane.kubectl(["get", "policyreports", "-n", "shop", "-o", "yaml"]);
    await expect.poll(async () => (await report()).stdout, asked).toMatch(/policy: DRAIN-002[\s\S]*result: fail/);
    await lets(kubectl("delete", "deployment,pdb", "--all"));
  });

  it("names Pods under a budget that a deleted workload leaves alone: those of others, and its own that a finalizer keeps", async () => {
    const asked = { timeout: 20_000, interval: 500 };
    const events = ["get", "events", "--field-selector=type=Warning,reason=PolicyViolation", "-o", "jsonpath={..message}"];
    const left = async (name: string, rule: string) => {
      const { code, stderr } = await kubectl("delete", "deployment,statefulset", "-l", "goes=first", "--wait=false");
      expect([code, stderr]).toEqual([0, expect.stringContaining(`${name} is left behind: [${rule}]`)]);
      await expect.poll(async () => (await kubectl(...events)).stdout, asked).toContain(`[${rule}] PodDisruptionBudget "both"`);
      await expect.poll(reported, asked).toContain(`policy: ${rule}`);
    };
    const reported = async () => (await controlPlane.kubectl(["get", "policyreports", "-n", "shop", "-o", "yaml"])).stdout;
    const first = { labels: { goes: "first" } };
    await lets(apply(labelled(deployment("one", 2), first)));
    await lets(apply(deployment("two", 2)));
    const selector = { matchExpressions: [{ key: "app", operator: "In", values: ["one", "two"] }] };
    await lets(apply({ ...budget("both", {}, {}), spec: { minAvailable: 3, selector } }));
    await left("Deployment two", "DRAIN-002");
    await lets(kubectl("delete", "deployment,pdb", "--all"));

    await lets(apply(labelled({ ...deployment("db", 2), kind: "StatefulSet" }, { ...first, finalizers: ["example.com/hold"] })));
    await lets(apply(budget("both", { minAvailable: 1 }, { app: "db" })));
    await expect.poll(() => podsOf("db"), { timeout: 60_000 }).toHaveLength(2);
    await left("StatefulSet db", "DRAIN-047");
    await refuses(apply(budget("late", { minAvailable: 1 }, { app: "db" })), "DRAIN-047");
    await lets(kubectl("patch", "statefulset", "db", "--type=merge", "-p", '{"metadata":{"finalizers":null}}'));
    await lets(kubectl("delete", "pdb", "--all"));
  });

  it("was forbidden nothing", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
  });

  function kubectl(...args: readonly string[]) {
    return controlPlane.kubectl(["--kubeconfig", tenant, "-n", "shop", ...args]);
  }

  function apply(object: object) {
    return controlPlane.kubectl(["--kubeconfig", tenant, "-n", "shop", "apply", "-f", "-"], { stdin: stringify(object) });
  }

  async function admin(objects: readonly object[]): Promise<void> {
    const stdin = objects.map((object) => stringify(object)).join("---\n");
    await lets(controlPlane.kubectl(["apply", "-f", "-"], { stdin }));
  }

  async function podsOf(app: string): Promise<readonly string[]> {
    const { stdout } = await kubectl("get", "pods", "-l", `app=${app}`, "-o", "name", "--field-selector=status.phase=Running");
    return stdout.split("\n").flatMap((line) => (line === "" ? [] : [line.replace("pod/", "")]));
  }
});

type Answer = Promise<{ readonly code: number | null; readonly stderr: string }>;

async function lets(answer: Answer): Promise<void> {
  const { code, stderr } = await answer;
  expect(code, stderr).toBe(0);
}

async function refuses(answer: Answer, rule: string): Promise<void> {
  const { code, stderr } = await answer;
  expect([code, stderr]).toEqual([1, expect.stringContaining(`[${rule}]`)]);
}

function deployment(name: string, replicas: number, annotations: object = {}): object {
  const resources = { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "128Mi" } };
  return {
    ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: "shop" } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations },
        spec: { containers: [{ name: "app", image: "example.com/app:1", resources }] },
      },
    },
  };
}

function labelled(object: object, more: object): object {
  const { metadata } = object as { readonly metadata: object };
  return { ...object, metadata: { ...metadata, ...more } };
}

function budget(name: string, bounds: object, matchLabels: object, finalizers: readonly string[] = []): object {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name, namespace: "shop", finalizers },
    spec: { ...bounds, selector: { matchLabels } },
  };
}

function autoscaler(name: string, minReplicas: number): object {
  const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name };
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name, namespace: "shop" },
    spec: { scaleTargetRef, minReplicas, maxReplicas: 5 },
  };
}
