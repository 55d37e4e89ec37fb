// Every kubectl command that the embedded world promises, word for word as kubectl prints it.
import { printAll, type Case } from "./case.ts";
import { normalisedOutput } from "./normalise.ts";
import { budget, deployment, pod, widgetDefinition } from "./objects.ts";

const text = (...objects: readonly object[]): string => JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });

/** A node is not namespaced: its name carries the case's. */
const node = (name: string): object => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "node-role.kubernetes.io/worker": "" } },
  status: {
    capacity: { cpu: "4", memory: "8Gi", pods: 110 },
    conditions: [{ type: "Ready", status: "True" }],
    addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
    nodeInfo: {
      kubeletVersion: "v1.36.3",
      osImage: "linux",
      kernelVersion: "6",
      containerRuntimeVersion: "c://1",
      architecture: "amd64",
      operatingSystem: "linux",
      bootID: "",
      machineID: "",
      systemUUID: "",
      kubeProxyVersion: "",
    },
  },
});

export const kubectlCases: readonly Case[] = [
  {
    name: "kubectl apply creates, changes by strategic merge, leaves alone, and prunes fields that went from the file",
    run: (world, ns) => {
      const first = deployment("web", { spec: { minReadySeconds: 3, paused: true } });
      const second = deployment("web", { container: { image: "app:2", env: [{ name: "A", value: "1" }] } });
      return printAll(world, [
        [`apply -n ${ns} -f -`, JSON.stringify(first)],
        [`apply -n ${ns} -f -`, JSON.stringify(first)],
        [`apply -n ${ns} -f -`, JSON.stringify(second)],
        [`get -n ${ns} deployment web -o yaml`],
        [`diff -n ${ns} -f -`, JSON.stringify(second)],
        [`apply -n ${ns} --server-side -f -`, JSON.stringify(deployment("web", { container: { image: "app:3" } }))],
        [`apply -n ${ns} --server-side --force-conflicts -f -`, JSON.stringify(deployment("web", { container: { image: "app:3" } }))],
        [`get -n ${ns} deployment web -o jsonpath={.spec.template.spec.containers[*].image}`],
        [`apply -n ${ns} --dry-run=server -f -`, JSON.stringify(second)],
      ]);
    },
  },
  {
    name: "kubectl create makes what it makes from words and from files",
    run: (world, ns) =>
      printAll(world, [
        [`create -n ${ns} -f -`, JSON.stringify(deployment("web"))],
        [`create -n ${ns} -f -`, JSON.stringify(deployment("web"))],
        [`create namespace ${ns}-made`],
        [`get namespace ${ns}-made`],
        [`create -n ${ns} configmap c --from-literal=a=b`],
        [`create -n ${ns} secret generic s --from-literal=a=b`],
        [`create -n ${ns} deployment d --image=app:1 --replicas=2`],
        [`create -n ${ns} job j --image=app:1`],
        [`create -n ${ns} cronjob cj --image=app:1 --schedule=@daily`],
        [`create -n ${ns} pdb b --selector=app=d --min-available=1`],
        [`create -n ${ns} serviceaccount sa`],
        [`expose -n ${ns} deployment d --port=80`],
        [`autoscale -n ${ns} deployment d --max=4`],
        [`run -n ${ns} p --image=app:1 --overrides={"spec":{"automountServiceAccountToken":false}}`],
        [`get -n ${ns} deployment,job,cronjob,pdb,service,configmap,secret,hpa,pod -o wide`],
        [`get -n ${ns} deployment d -o yaml`],
      ]),
  },
  {
    name: "kubectl get prints the same tables",
    run: async (world, ns) => {
      const output = await printAll(world, [
        [
          `create -n ${ns} -f -`,
          text(deployment("web"), budget("b", { maxUnavailable: "25%" }), pod("a"), {
            apiVersion: "coordination.k8s.io/v1",
            kind: "Lease",
            metadata: { name: "l" },
            spec: { holderIdentity: "me" },
          }),
        ],
        [`create -f -`, JSON.stringify(node(`${ns}-n`))],
        [`get -n ${ns} deployment,pdb,pod,lease`],
        [`get -n ${ns} deployment,pdb,pod -o wide`],
        [`get node ${ns}-n -o wide`],
        [`get -n ${ns} pod -o name`],
        [`get -n ${ns} pod a -o jsonpath={.metadata.name}/{.status.phase}`],
        [`get -n ${ns} pod -l app=web --show-labels`],
        [`get -n ${ns} pod none`],
        [`get -n ${ns} nothing`],
        [`get -n ${ns} events`],
        [`get -n ${ns} deployment -o custom-columns=NAME:.metadata.name,R:.spec.replicas`],
        [`delete node ${ns}-n`],
      ]);
      return output;
    },
  },
  {
    name: "kubectl get -w shows a change as it happens",
    run: async (world, ns) => {
      await world.kubectl(["create", "-n", ns, "-f", "-"], JSON.stringify(deployment("web")));
      const lines = await world.kubectlLines(["get", "-n", ns, "deployment", "-w"], 3, async () => {
        await new Promise((resolve) => setTimeout(resolve, 1500));
        await world.kubectl(["scale", "-n", ns, "deployment", "web", "--replicas=5"]);
      });
      return normalisedOutput(lines.join("\n"));
    },
  },
  {
    name: "kubectl describe tells what is there",
    run: (world, ns) =>
      printAll(world, [
        [`create -n ${ns} -f -`, text(deployment("web"), budget("b", { maxUnavailable: 1 }), pod("a"))],
        [`create -f -`, JSON.stringify(node(`${ns}-n`))],
        [`describe -n ${ns} deployment web`],
        [`describe -n ${ns} pdb b`],
        [`describe -n ${ns} pod a`],
        [`describe namespace ${ns}`],
        [`delete node ${ns}-n`],
      ]),
  },
  {
    name: "kubectl scale, patch, label, annotate, set and delete change what they say",
    run: (world, ns) =>
      printAll(world, [
        [`create -n ${ns} -f -`, JSON.stringify(deployment("web"))],
        [`scale -n ${ns} deployment web --replicas=5`],
        [`scale -n ${ns} deployment web --replicas=6 --current-replicas=1`],
        [`scale -n ${ns} deployment none --replicas=6`],
        [`patch -n ${ns} deployment web -p {"spec":{"replicas":1}}`],
        [`patch -n ${ns} deployment web --type=json -p [{"op":"remove","path":"/spec/replicas"}]`],
        [`patch -n ${ns} deployment web --type=merge -p {"spec":{"replicaz":1}}`],
        [`patch -n ${ns} deployment web -p {"spec":{"replicas":"many"}}`],
        [`label -n ${ns} deployment web x=y`],
        [`annotate -n ${ns} deployment web a=b`],
        [`set image -n ${ns} deployment/web app=app:9`],
        [`get -n ${ns} deployment web -o yaml`],
        [`delete -n ${ns} deployment web`],
        [`delete -n ${ns} deployment web`],
        [`delete -n ${ns} deployment web --ignore-not-found`],
      ]),
  },
  {
    name: "kubectl cordon and drain empty a node, and a budget holds a drain until its time is over",
    run: async (world, ns) => {
      const name = `${ns}-n`;
      const onNode = (of: string, labels: Record<string, string>) =>
        pod(of, {
          labels,
          metadata: { ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "rs", uid: "0", controller: true }] },
          spec: { nodeName: name, terminationGracePeriodSeconds: 0 },
        });
      const ready = { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } };
      const before = await printAll(world, [
        [`create -f -`, JSON.stringify(node(name))],
        [`create -n ${ns} -f -`, text(onNode("a", { app: "web" }), onNode("b", { app: "db" }), budget("held", { minAvailable: 1 }))],
        [`cordon ${name}`],
        [`get node ${name}`],
        [`uncordon ${name}`],
      ]);
      await world.request({
        method: "PATCH",
        path: `/api/v1/namespaces/${ns}/pods/a/status`,
        contentType: "application/merge-patch+json",
        body: ready,
      });
      await world.request({
        method: "PATCH",
        path: `/apis/policy/v1/namespaces/${ns}/poddisruptionbudgets/held/status`,
        contentType: "application/merge-patch+json",
        body: { status: { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 } },
      });
      const drained = await world.kubectl(["drain", name, "--ignore-daemonsets", "--timeout=3s"]);
      const after = await printAll(world, [
        [`get -n ${ns} pod`],
        [`delete -n ${ns} pdb held`],
        [`drain ${name} --ignore-daemonsets --timeout=10s`],
        [`get -n ${ns} pod`],
        [`delete node ${name}`],
      ]);
      return [
        before,
        { code: drained.code, stdout: normalisedOutput(drained.stdout).toSorted(), stderr: normalisedOutput(drained.stderr).toSorted() },
        after,
      ];
    },
  },
  {
    name: "field validation is strict by default, warns, or is silent",
    run: (world, ns) => {
      const wrong = JSON.stringify({ ...deployment("web"), spec: { ...(deployment("web") as { spec: object }).spec, replicaz: 2 } });
      return printAll(world, [
        [`apply -n ${ns} -f -`, wrong],
        [`create -n ${ns} --validate=warn -f -`, wrong],
        [`apply -n ${ns} --validate=ignore -f -`, wrong],
        [`apply -n ${ns} -f -`, wrong],
        [`create -n ${ns} -f -`, JSON.stringify(deployment("bad", { spec: { replicas: -1, selector: { matchLabels: { app: "x" } } } }))],
      ]);
    },
  },
  {
    name: "a custom resource is applied, listed with its columns, explained, scaled and deleted",
    run: async (world, ns) => {
      const group = `${ns}.example.com`;
      const widget = (spec: object) => JSON.stringify({ apiVersion: `${group}/v1`, kind: "Widget", metadata: { name: "a" }, spec });
      return printAll(world, [
        ["create -f -", JSON.stringify(widgetDefinition(group))],
        [`wait --for=condition=Established crd/widgets.${group} --timeout=10s`],
        // The real server serves a new definition's OpenAPI a moment after it is established.
        [`wait --for=jsonpath={.status.none} crd/widgets.${group} --timeout=3s`],
        [`apply -n ${ns} -f -`, widget({ size: 3 })],
        [`apply -n ${ns} -f -`, widget({ size: 3 })],
        [`apply -n ${ns} -f -`, widget({ size: 4, color: "blue" })],
        [`get -n ${ns} wd`],
        [`get -n ${ns} widgets.v1.${group} -o wide`],
        [`apply -n ${ns} -f -`, widget({ size: 40 })],
        [`apply -n ${ns} --validate=warn -f -`, widget({ size: 4, sise: 4 })],
        [`scale -n ${ns} wd/a --replicas=3`],
        [`patch -n ${ns} wd a --type=merge -p {"spec":{"size":5}}`],
        [`get -n ${ns} wd a -o yaml`],
        [`delete -n ${ns} wd a`],
        [`delete crd widgets.${group}`],
      ]);
    },
  },
  {
    name: "kubectl finds resources by their short names, and explains them",
    run: async (world) => {
      const resources = "po,no,ns,svc,ep,cm,sa,ev,deploy,rs,sts,ds,cj,pdb,hpa,pc,crd";
      const printed = await printAll(world, [
        [`explain pdb.spec.maxUnavailable`],
        [`explain deployment.spec.template.spec.containers.resources.limits`],
      ]);
      const { code } = await world.kubectl(["get", resources, "-n", "default", "-o", "name"]);
      // Descriptions are left out by the embedded world.
      return [
        code,
        printed.map((item) => (item as { stdout: readonly string[] }).stdout.filter((line) => /^(GROUP|KIND|VERSION|FIELD):/.test(line))),
      ];
    },
  },
];
