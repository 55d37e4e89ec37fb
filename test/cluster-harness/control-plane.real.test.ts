// The test control plane keeps its promises: real admission, RBAC, scheduling and fake kubelets, and parts that stop and start.
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startControlPlane, type ControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";

const readyMsMax = 60_000; // about 3 s on an idle machine with two cores
const patience = { timeout: 60_000, interval: 100 };

await describeOnControlPlane("a control plane", () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane();
  });
  afterAll(async () => {
    await plane.close();
  });

  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await plane.kubectl(args);
    expect({ code, stderr }, `kubectl ${args.join(" ")}`).toEqual({ code: 0, stderr: "" });
    return stdout.trim();
  };
  const apply = async (...objects: readonly object[]): Promise<void> => {
    const { code, stderr } = await plane.kubectl(["apply", "-f", "-"], {
      stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  };
  const fieldOf = (object: string, jsonPath: string): Promise<string> => kubectl("get", object, "-o", `jsonpath=${jsonPath}`);
  const nodeIsReady = `{.status.conditions[?(@.type=="Ready")].status}`;

  test("is ready within seconds, at the version of its module, and kubectl speaks to it without a warning", async () => {
    expect(plane.readyMs).toBeLessThan(readyMsMax);
    const goMod = await readFile(new URL("../cluster/go.mod", import.meta.url), "utf8");
    expect(goMod).toContain(`k8s.io/kubernetes ${plane.version}\n`);
    expect(await kubectl("version")).toContain(`Server Version: ${plane.version}`);
    expect(await kubectl("get", "namespaces", "-o", "name")).toContain("namespace/default");
  });

  test("a node with kwok's annotation gets ready and renews its lease; its Pods run; a node without it gets neither", async () => {
    await apply(node({ name: "fake", fake: true }), node({ name: "bare", fake: false }), pod({ name: "hello" }));
    await expect.poll(() => fieldOf("pod/hello", "{.status.phase}"), patience).toBe("Running");
    expect(await fieldOf("pod/hello", "{.spec.nodeName}")).toBe("fake");
    expect(await fieldOf("node/fake", nodeIsReady)).toBe("True");
    const renewed = `{.items[?(@.metadata.name=="fake")].spec.renewTime}`;
    const leases = ["get", "leases", "-n", "kube-node-lease", "-o"];
    const first = await kubectl(...leases, `jsonpath=${renewed}`);
    expect(first).not.toBe("");
    await expect.poll(() => kubectl(...leases, `jsonpath=${renewed}`), { timeout: 60_000, interval: 500 }).not.toBe(first);
    expect(await fieldOf("node/bare", nodeIsReady)).toBe("False");
    // No default admission plugin is off: ServiceAccount mounts the token, which needs the controllers' account and authority too.
    expect(await fieldOf("pod/hello", "{.spec.volumes[*].projected.sources[*].configMap.name}")).toBe("kube-root-ca.crt");
  });

  test("a Pod gets ready as late as its annotation says", async () => {
    await apply(node({ name: "patient", fake: true }), pod({ name: "slow", annotations: { "pod-ready.stage.kwok.x-k8s.io/delay": "2s" } }));
    await expect.poll(() => fieldOf("pod/slow", "{.status.phase}"), patience).toBe("Running");
    const since = async (type: string): Promise<number> =>
      Date.parse(await fieldOf("pod/slow", `{.status.conditions[?(@.type=="${type}")].lastTransitionTime}`));
    const delayMs = (await since("Ready")) - (await since("PodScheduled"));
    expect(delayMs).toBeGreaterThanOrEqual(2000);
  });

  test("a service account without rights is refused, and the audit log has it", async () => {
    await kubectl("create", "serviceaccount", "nobody");
    const kubeconfig = await plane.kubeconfigFor({ namespace: "default", name: "nobody" });
    const { code, stderr } = await plane.kubectl(["get", "pods"], { kubeconfig });
    expect(code).toBe(1);
    expect(stderr).toContain('pods is forbidden: User "system:serviceaccount:default:nobody" cannot list resource "pods"');
    const refused = (await plane.auditEvents()).filter((event) => event.user.username === "system:serviceaccount:default:nobody");
    expect(refused.map(({ verb, objectRef, responseStatus }) => [verb, objectRef?.resource, responseStatus?.code])).toContainEqual([
      "list",
      "pods",
      403,
    ]);
  });

  test("without the controller manager no Pod is made; started again it makes them", async () => {
    await plane.stop("kube-controller-manager", "SIGKILL");
    await apply(deployment({ name: "waits", replicas: 2 }));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(await kubectl("get", "pods", "-l", "app=waits", "-o", "name")).toBe("");
    await plane.start("kube-controller-manager");
    await expect
      .poll(() => kubectl("get", "pods", "-l", "app=waits", "-o", "name").then((names) => names.split("\n").length), patience)
      .toBe(2);
  });

  test("a killed API server starts again on its own port with its data, and every other component goes on", async () => {
    await kubectl("create", "configmap", "kept", "--from-literal=key=value");
    await plane.stop("kube-apiserver", "SIGKILL");
    expect((await plane.kubectl(["get", "configmap", "kept"])).code).toBe(1);
    await plane.start("kube-apiserver");
    expect(await fieldOf("configmap/kept", "{.data.key}")).toBe("value");
    await apply(node({ name: "later", fake: true }), deployment({ name: "after", replicas: 1 }));
    const phase = (): Promise<string> => kubectl("get", "pods", "-l", "app=after", "-o", "jsonpath={.items[*].status.phase}");
    await expect.poll(phase, { timeout: 90_000, interval: 200 }).toBe("Running");
  });

  test("a command that can't be carried out is an error, and a hung component goes on when it is told to", async () => {
    await expect(plane.start("kwok")).rejects.toThrow("kwok is running");
    await plane.signal("kube-apiserver", "SIGSTOP");
    const answered = plane.request({ method: "GET", path: "/version" }).then(() => "answered");
    expect(await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, 500, "hangs"))])).toBe("hangs");
    await plane.signal("kube-apiserver", "SIGCONT");
    expect(await answered).toBe("answered");
  });
});

function node({ name, fake }: { readonly name: string; readonly fake: boolean }): object {
  const resources = { cpu: "8", memory: "16Gi", pods: "50" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, ...(fake ? { annotations: { "kwok.x-k8s.io/node": "fake" } } : {}) },
    // As a kubelet registers it. Without the condition, the node lifecycle controller takes a node for ready.
    status: { capacity: resources, allocatable: resources, conditions: [{ type: "Ready", status: "False", reason: "KubeletNotReady" }] },
  };
}

function pod({ name, annotations = {} }: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> }): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", annotations },
    spec: { containers: [{ name: "main", image: "none" }] },
  };
}

function deployment({ name, replicas }: { readonly name: string; readonly replicas: number }): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default" },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "main", image: "none" }] } },
    },
  };
}
