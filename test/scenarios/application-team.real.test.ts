/**
 * An application team's day on the real control plane: what kubectl prints when a workload is right, nearly right, and wrong. The texts
 * are golden files; the numbers in the titles are those of the acceptance stories.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { expect } from "vitest";
import type { ControlPlane } from "../support/control-plane.ts";
import { describeScenarios, type Scenario } from "../support/scenario-suite.ts";
import { budget, container, deployment, modest, profile } from "../support/team-manifests.ts";

const seedProfile = "examples/billing-api/profile.yaml";
const seedDeployment = "examples/billing-api/deployment.yaml";
const budgetColumns = "NAME:.metadata.name,MIN:.spec.minAvailable,MAX:.spec.maxUnavailable,ALLOWED:.status.disruptionsAllowed";
const sizes = "CPU:.spec.containers[*].resources.requests.cpu,MEMORY:.spec.containers[*].resources.requests.memory";
const boundColumns =
  'BOUND:.status.conditions[?(@.type=="Bound")].status,STALE:.status.targets[0].podsStale,COMPILED:.status.targets[0].podsCompiled';
const resizable = JSON.stringify({
  status: { containerStatuses: [{ name: "web", resources: { requests: { cpu: "500m", memory: "768Mi" }, limits: { memory: "1536Mi" } } }] },
});

const profiles: readonly Scenario[] = [
  {
    title: "scenario 1: the seed's profile is taken byte for byte with one warning, and its Deployment with none",
    golden: "app-01-billing-api",
    namespace: "billing",
    play: async ({ terminal }) => {
      await terminal.type(`kubectl apply -f ${seedProfile}`);
      expect((await terminal.type(`kubectl apply -f ${seedDeployment}`)).stderr).toBe("");
      await terminal.watch("kubectl get wlp billing-api", / 1\/1 .*True +True +True/);
      await terminal.watch(`kubectl get pdb -o custom-columns=${budgetColumns}`, / 1 +1$/m);
    },
  },
  {
    title: "scenario 1: without a cost owner anywhere the seed's profile gets a second warning, and is taken",
    golden: "app-01-nobody-pays",
    labels: {},
    play: async ({ terminal }) => {
      const applied = await terminal.type(`kubectl apply -f ${seedProfile}`);
      expect(applied.stderr.match(/^Warning: \[\S+/gm)).toEqual(["Warning: [COST-001]", "Warning: [DRAIN-003]"]);
    },
  },
  {
    title: "scenario 2: a profile that comes after its Deployment leaves running Pods alone, counts them, and sizes the next ones",
    golden: "app-02-profile-second",
    play: async ({ terminal }) => {
      await terminal.file("deployment.yaml", deployment({ resources: { requests: modest.requests } }));
      await terminal.file(
        "profile.yaml",
        profile("web", { availability: { minReplicas: 3 }, compute: { cpuRequest: "500m", memoryRequest: "768Mi" } }),
      );
      await terminal.type("kubectl apply -f deployment.yaml");
      await terminal.watch("kubectl get deployment web -o custom-columns=READY:.status.readyReplicas", /3/);
      await terminal.type("kubectl apply -f profile.yaml");
      await terminal.watch(`kubectl get wlp web -o custom-columns='${boundColumns}'`, /True +3 +0/);
      await terminal.type(`kubectl get pods -o custom-columns=${sizes}`);
      await terminal.type("kubectl rollout restart deployment/web");
      await terminal.watch(`kubectl get wlp web -o custom-columns='${boundColumns}'`, /True +0 +3/);
      await terminal.watch(
        `kubectl get pods --field-selector status.phase=Running -o custom-columns=${sizes} --no-headers`,
        /^(500m +768Mi\n){3}$/,
      );
    },
  },
  {
    title: "scenario 3: a misspelt field is refused with the nearest one",
    golden: "app-03-misspelt",
    play: async ({ terminal }) => {
      await terminal.file("profile.yaml", (await readFile(resolve(seedProfile), "utf8")).replace("spotAllowed", "spotAlowed"));
      await refused(terminal.type("kubectl apply -f profile.yaml"));
    },
  },
  {
    title: "scenario 8: a Pod with a sidecar names its main container, which alone is sized",
    golden: "app-08-sidecar",
    play: async ({ terminal }) => {
      const podSpec = { containers: [container("shop"), container("proxy", modest)] };
      await terminal.file("profile.yaml", profile("web", { compute: { cpuRequest: "500m", memoryRequest: "768Mi" } }));
      await terminal.file("deployment.yaml", deployment({ podSpec }));
      await terminal.file("annotated.yaml", deployment({ podSpec, annotations: { "kubectl.kubernetes.io/default-container": "shop" } }));
      await terminal.type("kubectl apply -f profile.yaml");
      await refused(terminal.type("kubectl apply -f deployment.yaml"));
      await terminal.type("kubectl apply -f annotated.yaml");
      await terminal.watch(`kubectl get pods -o custom-columns=${sizes} --no-headers`, /^(500m,100m +768Mi,128Mi\n){3}$/);
    },
  },
  {
    title: "scenario 10: a guaranteed Pod is not made burstable without a word",
    golden: "app-10-guaranteed",
    play: async ({ terminal }) => {
      const size = { cpu: "250m", memory: "256Mi" };
      const raised = { mode: "set", cpuRequest: "500m", cpuLimit: "1", memoryRequest: "512Mi", memoryLimit: "1Gi" };
      await terminal.file("profile.yaml", profile("web", { compute: raised }));
      await terminal.file("deployment.yaml", deployment({ resources: { requests: size, limits: size } }));
      await terminal.type("kubectl apply -f profile.yaml");
      await refused(terminal.type("kubectl apply -f deployment.yaml"));
    },
  },
  {
    title: "scenario 11: a memory limit below the profile's request is refused; neither is lowered",
    golden: "app-11-limit-below",
    play: async ({ terminal }) => {
      await terminal.file("deployment.yaml", deployment({ name: "billing-api", resources: { limits: { memory: "512Mi" } } }));
      await terminal.type(`kubectl apply -f ${seedProfile}`);
      await refused(terminal.type("kubectl apply -f deployment.yaml"));
    },
  },
  {
    title: "scenario 18: a grace period that cuts the longest request is refused with the one that does not",
    golden: "app-18-grace",
    play: async ({ terminal }) => {
      await terminal.file("profile.yaml", profile("web", { disruption: { gracePeriodSeconds: 30, maxRequestSeconds: 45 } }));
      await terminal.file("better.yaml", profile("web", { disruption: { gracePeriodSeconds: 50, maxRequestSeconds: 45 } }));
      await refused(terminal.type("kubectl apply -f profile.yaml"));
      await terminal.type("kubectl apply -f better.yaml");
    },
  },
];

const drains: readonly Scenario[] = [
  {
    title: "scenario 4: two faults at once are one reply, each with its fix",
    golden: "app-04-two-faults",
    namespace: "billing",
    play: async ({ terminal }) => {
      await refused(terminal.type("kubectl apply -f examples/refused/two-faults.yaml"));
    },
  },
  {
    title: "scenario 5: one replica is refused at the scale, with a profile and with somebody's own budget",
    golden: "app-05-scale",
    play: async ({ terminal }) => {
      await terminal.type(`kubectl apply -f ${seedProfile} -f ${seedDeployment}`);
      await refused(terminal.type("kubectl scale deploy billing-api --replicas=1"));
      await terminal.file("web.yaml", deployment({ replicas: 2, resources: modest }), budget("web", { minAvailable: 1 }));
      await terminal.type("kubectl apply -f web.yaml");
      await refused(terminal.type("kubectl scale deploy web --replicas=1"));
    },
  },
  {
    title: "scenario 7: a server-side dry run says the same, and only the count of dry runs tells of it",
    golden: "app-07-dry-run",
    play: async ({ terminal, serve }) => {
      await terminal.file("web.yaml", deployment({ replicas: 1, resources: modest }));
      await terminal.file("budget.yaml", budget("web", { minAvailable: 1 }));
      await terminal.prepare("kubectl apply -f budget.yaml");
      const before = await findingsAndDryRuns(serve.metrics());
      const dry = await terminal.type("kubectl apply -f web.yaml --dry-run=server");
      const after = await findingsAndDryRuns(serve.metrics());
      expect(after.findings).toEqual(before.findings);
      expect(after.dryRuns).toBeGreaterThan(before.dryRuns);
      expect(await terminal.type("kubectl apply -f web.yaml")).toEqual(dry);
      expect((await findingsAndDryRuns(serve.metrics())).findings).not.toEqual(before.findings);
      await terminal.type("kubectl get deployments");
    },
  },
  {
    title: "scenario 12: what KEDA may scale to 0 gets no budget that blocks at 0 or 1, and drains at 1",
    golden: "app-12-keda",
    play: async ({ terminal, controlPlane }) => {
      const spec = { scaleTargetRef: { name: "web" }, minReplicaCount: 0, maxReplicaCount: 5, triggers: [{ type: "cron", metadata: {} }] };
      const scaled = { apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject", metadata: { name: "web" }, spec };
      await terminal.file("web.yaml", deployment({ replicas: 1, resources: modest }), scaled);
      await terminal.file("budget.yaml", budget("web", { minAvailable: 1 }));
      await terminal.file("better.yaml", budget("web", { maxUnavailable: 1 }));
      await terminal.type("kubectl apply -f web.yaml");
      await refused(terminal.type("kubectl apply -f budget.yaml"));
      await terminal.type("kubectl apply -f better.yaml");
      await terminal.watch(`kubectl get pdb -o custom-columns=${budgetColumns}`, / 1$/m);
      const pod = await firstPod(controlPlane, "app-12-keda");
      const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: pod, namespace: "app-12-keda" } };
      await terminal.file("eviction.json", JSON.stringify(eviction));
      // The only replica of a node that is being emptied goes once its replacement is ready.
      const node = await nodeOf(controlPlane, "app-12-keda", pod);
      await controlPlane.kubectl(["cordon", node]);
      const asked = { method: "POST", path: `/api/v1/namespaces/app-12-keda/pods/${pod}/eviction?dryRun=All`, body: eviction } as const;
      await expect.poll(async () => (await controlPlane.request(asked)).status).toBe(429);
      await refused(terminal.type(`kubectl create --raw /api/v1/namespaces/app-12-keda/pods/${pod}/eviction -f eviction.json`));
      const path = `/api/v1/namespaces/app-12-keda/pods/${pod}`;
      await expect.poll(async () => (await controlPlane.request({ method: "GET", path })).status).toBe(404);
      await controlPlane.kubectl(["uncordon", node]);
      await terminal.type("kubectl get deploy web -o custom-columns=NAME:.metadata.name,READY:.status.readyReplicas");
      await terminal.type("kubectl scale deploy web --replicas=0 --as=system:serviceaccount:keda:keda-operator --as-group=system:masters");
    },
  },
];

const pods: readonly Scenario[] = [
  {
    title: "scenario 15: a bare Pod for debugging is refused",
    golden: "app-15-bare-pod",
    play: async ({ terminal }) => {
      await terminal.file("debug.yaml", debugPod());
      await refused(terminal.type("kubectl apply -f debug.yaml"));
    },
  },
  {
    title: "scenario 15: a bare Pod for debugging is let into a namespace for development, with a warning",
    golden: "app-15-bare-pod-dev",
    namespace: "dev-x",
    play: async ({ terminal }) => {
      await terminal.file("debug.yaml", debugPod());
      await terminal.type("kubectl apply -f debug.yaml");
    },
  },
  {
    title: "scenario 17: a pinned node, a folder of the node and a reserved toleration are three rules in one denial",
    golden: "app-17-three-pins",
    play: async ({ terminal }) => {
      const podSpec = {
        nodeName: "general-a",
        tolerations: [{ key: "CriticalAddonsOnly", operator: "Exists" }],
        volumes: [{ name: "data", hostPath: { path: "/var/data" } }],
      };
      await terminal.file("web.yaml", deployment({ resources: modest, podSpec }));
      await refused(terminal.type("kubectl apply -f web.yaml"));
    },
  },
  {
    title: "scenario 19: a Deployment without a profile is let in with a warning, as it is written",
    golden: "app-19-unprofiled",
    play: async ({ terminal }) => {
      await terminal.file("web.yaml", deployment({ resources: modest }));
      await terminal.type("kubectl apply -f web.yaml");
      await terminal.watch(`kubectl get pods -o custom-columns=${sizes} --no-headers`, /^(100m +128Mi\n){3}$/);
    },
  },
  {
    title: "scenario 21: a running Pod is not resized above its class",
    golden: "app-21-resize",
    play: async ({ terminal, controlPlane }) => {
      await terminal.file("web.yaml", profile("web", { compute: { cpuRequest: "500m", memoryRequest: "768Mi" } }), deployment());
      await terminal.type("kubectl apply -f web.yaml");
      await terminal.watch("kubectl get deployment web -o custom-columns=READY:.status.readyReplicas", /3/);
      const pod = await firstPod(controlPlane, "app-21-resize");
      // What a kubelet that can resize says, and the fake one does not.
      await terminal.prepare(`kubectl patch pod ${pod} --subresource status -p '${resizable}'`);
      await refused(terminal.type(`kubectl patch pod ${pod} --subresource resize -p '${resizedTo("9")}'`));
      await terminal.type(`kubectl patch pod ${pod} --subresource resize -p '${resizedTo("600m")}'`);
    },
  },
];

await describeScenarios({
  title: "an application team on the real control plane",
  nodes: ["general"],
  given: ["examples/lab/a0-infrastructure.yaml"],
  scenarios: [...profiles, ...drains, ...pods],
});

/** A strategic merge patch of the one container. */
function resizedTo(cpu: string): string {
  return JSON.stringify({ spec: { containers: [{ name: "web", resources: { requests: { cpu } } }] } });
}

async function firstPod(controlPlane: ControlPlane, namespace: string): Promise<string> {
  return (await controlPlane.kubectl(["get", "pods", "-n", namespace, "-o", "jsonpath={.items[0].metadata.name}"])).stdout;
}

async function nodeOf(controlPlane: ControlPlane, namespace: string, pod: string): Promise<string> {
  return (await controlPlane.kubectl(["get", "pod", pod, "-n", namespace, "-o", "jsonpath={.spec.nodeName}"])).stdout;
}

function debugPod(): object {
  const spec = { containers: [{ name: "debug", image: "registry.example.com/debug:1", command: ["sleep", "3600"], resources: modest }] };
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "debug" }, spec };
}

async function refused(running: Promise<{ readonly code: number | null }>): Promise<void> {
  expect(await running).toMatchObject({ code: 1 });
}

async function findingsAndDryRuns(metrics: Promise<string>): Promise<{ readonly findings: readonly string[]; readonly dryRuns: number }> {
  const lines = (await metrics).split("\n");
  const dry = lines.filter((line) => line.startsWith("plimsoll_admission_requests_total{") && line.includes('dry_run="true"'));
  return {
    findings: lines.filter((line) => line.startsWith("plimsoll_admission_findings_total{")),
    dryRuns: dry.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0),
  };
}
