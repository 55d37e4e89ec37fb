/**
 * `npm run bench:apply-to-fleet -- [--applies N] [--json FILE]`: from the apply of a Deployment to CreateFleet.
 *
 * A real control plane, a real `plimsoll serve --provider ec2` with its webhooks, and the EC2 stand-in. Each apply is a Deployment of
 * one Pod that needs a node of its own. What the API server itself takes on that way is told beside: the same Deployment where
 * no webhook looks, and (from its audit log) each write of ours between the two; what is left is Plimsoll's.
 */
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { AuditEvent } from "../test/support/control-plane.ts";
import { startEc2Cluster, type Ec2Cluster } from "../test/support/ec2-cluster.ts";
import { startMoto } from "../test/support/ec2-moto.ts";
import { benchArguments } from "./bench-arguments.ts";
import { fleetRowOf, percentileOf, type AppliedFleet } from "./apply-to-fleet-rows.ts";

const appliesDefault = 200;
const appliesMax = 1_000;
/** EC2 lets CreateFleet be called twice a second. */
const paceMs = 700;
const fleetWaitMsMax = 30_000;
const warmUps = 5;

const help = `Measures the time from the apply of a Deployment to CreateFleet, and what of it is the API server's own.

  --applies N  Deployments, one after the other (1 to ${appliesMax}; default ${appliesDefault})
  --json FILE  write every figure there too

Examples:
  npm run bench:apply-to-fleet
  npm run bench:apply-to-fleet -- --applies 20`;

async function main(): Promise<void> {
  const values = benchArguments({ options: ["applies", "json"], help });
  if (values === undefined) return;
  const applies = Number(values["applies"] ?? appliesDefault);
  if (!Number.isInteger(applies) || applies < 1 || applies > appliesMax) {
    console.error(`--applies is 1 to ${appliesMax}, not ${values["applies"]}.`);
    process.exitCode = 2;
    return;
  }
  const moto = await startMoto();
  if ("missing" in moto) throw new Error(moto.missing);
  // Nodes that never join keep every other Pod from a place, so that each apply asks for a node.
  const cluster = await startEc2Cluster({ moto, without: ["kwok"], joins: false });
  try {
    await cluster.apply(namespace, nodePool);
    const rows = await measure(cluster, applies);
    const [total, own] = [rows.map(({ totalMs }) => totalMs), rows.map(({ ownMs }) => ownMs)];
    const line = (name: string, all: readonly number[]): string =>
      `${name}: p50 ${percentileOf(all, 0.5).toFixed(0)} ms, p99 ${percentileOf(all, 0.99).toFixed(0)} ms, most ${Math.max(...all).toFixed(0)} ms`;
    console.log([`${rows.length} applies`, line("apply to CreateFleet", total), line("above the API server's own share", own)].join("\n"));
    if (values["json"] !== undefined) writeFileSync(values["json"], `${JSON.stringify({ rows }, null, 2)}\n`);
  } finally {
    await cluster.close();
    await moto.close();
  }
}

async function measure(cluster: Ec2Cluster, applies: number): Promise<readonly AppliedFleet[]> {
  const fleets: number[] = [];
  cluster.proxy.hook({
    beforeForwarding: ({ action }) => {
      if (action === "CreateFleet") fleets.push(Date.now());
      return "go-on";
    },
  });
  const bare: number[] = [];
  const times: { readonly appliedAt: number; readonly fleetAt: number }[] = [];
  for (let index = 0; index < warmUps + applies; index += 1) {
    const before = fleets.length;
    const appliedAt = Date.now();
    await post(cluster, { namespace: "shop", name: `web-${index}` });
    const fleetAt = await firstAfter(fleets, before);
    if (index >= warmUps) times.push({ appliedAt, fleetAt });
    // Where no webhook looks, and where no Pod comes of it.
    const bareAt = Date.now();
    await post(cluster, { namespace: "kube-system", name: `bare-${index}`, replicas: 0 });
    bare.push(Date.now() - bareAt);
    await sleep(Math.max(0, appliedAt + paceMs - Date.now()));
  }
  const events = (await cluster.plane.auditEvents()).filter(isOwnWrite);
  return times.map((time) => fleetRowOf({ ...time, bareApplyMs: percentileOf(bare, 0.5), events }));
}

function isOwnWrite({ user, verb, stage }: AuditEvent): boolean {
  return (
    stage === "ResponseComplete" &&
    user.username === "system:serviceaccount:plimsoll-system:plimsoll" &&
    ["create", "patch", "update"].includes(verb)
  );
}

async function firstAfter(fleets: readonly number[], count: number): Promise<number> {
  for (const startedAt = Date.now(); Date.now() - startedAt < fleetWaitMsMax;) {
    const at = fleets[count];
    if (at !== undefined) return at;
    await sleep(1);
  }
  throw new Error(`no CreateFleet came in ${fleetWaitMsMax / 1000} s`);
}

async function post(
  cluster: Ec2Cluster,
  of: { readonly namespace: string; readonly name: string; readonly replicas?: number },
): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${of.namespace}/deployments`;
  const { status, body } = await cluster.plane.request({ method: "POST", path, body: deployment(of) });
  if (status !== 201) throw new Error(`Deployment ${of.name}: ${JSON.stringify(body)}`);
}

const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };

const nodePool = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodePool",
  metadata: { name: "general-flex", labels: { "platform.example.com/cost-owner": "platform" } },
  spec: {
    limits: { cpu: "10000", memory: "40000Gi" },
    template: {
      metadata: { labels: { "workload-class": "general" } },
      spec: {
        nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" },
        requirements: [
          { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] },
          { key: "kubernetes.io/arch", operator: "In", values: ["amd64"] },
          { key: "node.kubernetes.io/instance-type", operator: "In", values: ["m6i.large", "m7i.large"] },
        ],
      },
    },
  },
};

/** More than half of the pool's types, so that each Pod has a node of its own. */
function deployment({
  namespace: place,
  name,
  replicas = 1,
}: {
  readonly namespace: string;
  readonly name: string;
  readonly replicas?: number;
}) {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: place },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "web", image: "nginx:1.29", resources: { requests: { cpu: "1500m", memory: "512Mi" } } }] },
      },
    },
  };
}

await main();
