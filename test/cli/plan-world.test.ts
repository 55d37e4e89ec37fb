/**
 * `plimsoll plan` over a snapshot of a cluster, with pools and a catalogue of their own.
 */
import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/cli/plan-form.ts";
import { formatInstanceTable } from "../../src/catalog/instance-table.ts";
import { knownInstanceFacts } from "../../src/catalog/known-instances.ts";
import { deploymentText, infrastructureFile } from "./manifest-texts.ts";
import { folderOf, runPlimsoll } from "./program-run.ts";

const zone = "ap-southeast-1a";
const standing = (name: string, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "topology.kubernetes.io/zone": zone, "kubernetes.io/hostname": name, "kubernetes.io/arch": "amd64" } },
  spec,
  status: { allocatable: { cpu: "2", memory: "8Gi", pods: "20" }, capacity: { cpu: "2", memory: "8Gi", pods: "20" } },
});
const running = (name: string, spec: object) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "shop", uid: name, labels: { app: "old" } },
  spec: {
    containers: [{ name: "app", image: "registry.example.com/app:1", resources: { requests: { cpu: "1500m", memory: "1Gi" } } }],
    ...spec,
  },
});
const list = (...items: readonly object[]) => JSON.stringify({ apiVersion: "v1", kind: "List", items });
const web = (replicas: number) => deploymentText({ spec: `replicas: ${replicas}` }).replace("cpu: 100m", "cpu: 400m");

async function planned(words: readonly string[], stdin = "") {
  const { code, stdout, stderr } = await runPlimsoll(["plan", "-o", "json", ...words], stdin);
  return { code, stderr, plan: (stdout === "" ? undefined : JSON.parse(stdout)) as Plan | undefined };
}

describe("plan --snapshot", () => {
  const pods = (plan: Plan | undefined) => ({
    existing: plan?.existing.map((node) => [node.node, node.pods]),
    bought: plan?.nodes.flatMap((node) => node.pods).sort(),
  });

  it("fills what nodes have free beside the Pods that run there, then buys", async () => {
    const folder = folderOf({ "cluster.json": list(standing("node-1"), running("old", { nodeName: "node-1" })) });
    const { code, plan } = await planned(["--snapshot", `${folder}/cluster.json`, infrastructureFile, "-"], web(3));
    expect(pods(plan)).toEqual({
      existing: [["node-1", ["shop/Deployment/web#0"]]],
      bought: ["shop/Deployment/web#1", "shop/Deployment/web#2"],
    });
    expect(plan?.existing[0]?.requests).toMatchObject({ cpu: "1900m", pods: "2" });
    expect(code).toBe(0);
  });

  it("finds a place for the Pods that wait there, without any file, and for none that runs", async () => {
    const folder = folderOf({
      "cluster.json": list(standing("node-1", { unschedulable: true }), running("old", { nodeName: "node-1" }), running("waits", {})),
    });
    const { plan } = await planned(["--snapshot", `${folder}/cluster.json`, "--nodepools", infrastructureFile]);
    expect(pods(plan)).toEqual({ existing: [], bought: ["shop/waits"] });
  });

  it("counts only what a change of a file adds to what runs", async () => {
    const uid = "uid-web";
    const owner = (kind: string, name: string, of: string) => ({
      ownerReferences: [{ apiVersion: "apps/v1", kind, name, uid: of, controller: true }],
    });
    const template = { metadata: { labels: { app: "web" } }, spec: running("x", {}).spec };
    const selector = { matchLabels: { app: "web" } };
    const deployed = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace: "shop", uid },
      spec: { replicas: 1, selector, template },
    };
    const set = {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: { name: "web-1", namespace: "shop", uid: "uid-set", ...owner("Deployment", "web", uid) },
      spec: { replicas: 1, selector, template },
    };
    const live = running("web-1-a", { nodeName: "node-1" });
    const owned = { ...live, metadata: { ...live.metadata, labels: { app: "web" }, ...owner("ReplicaSet", "web-1", "uid-set") } };
    const folder = folderOf({
      "cluster.json": list(standing("node-1"), deployed, set, owned),
      "more.json": JSON.stringify({ ...deployed, metadata: { name: "web", namespace: "shop" }, spec: { ...deployed.spec, replicas: 3 } }),
    });
    const { plan } = await planned(["--snapshot", `${folder}/cluster.json`, infrastructureFile, `${folder}/more.json`]);
    expect(pods(plan)).toEqual({ existing: [], bought: ["shop/Deployment/web#0", "shop/Deployment/web#1"] });
  });

  it("says which file can't be read, and exits 2", async () => {
    const { code, stderr } = await planned(["--snapshot", "gone.json", infrastructureFile]);
    expect(stderr).toContain("gone.json: no such file");
    expect(code).toBe(2);
  });

  it("is not to be had together with --cluster", async () => {
    const { code, stderr } = await runPlimsoll(["plan", "--cluster", "--snapshot", "x.json"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("'--cluster' cannot be used with option '--snapshot")]);
  });
});

describe("plan --nodepools", () => {
  it("takes the pools of that file alone", async () => {
    const pool = `apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: other}
spec: {template: {spec: {nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: default}, requirements: [{key: karpenter.sh/capacity-type, operator: In, values: [on-demand]}]}}}
`;
    const folder = folderOf({ "pools.yaml": pool });
    const { plan } = await planned([infrastructureFile, "-", "--nodepools", `${folder}/pools.yaml`], web(1));
    expect(plan?.nodes.map(({ nodePool }) => nodePool)).toEqual(["other"]);
  });
});

describe("plan --catalog", () => {
  const table = (pick: (name: string) => boolean) =>
    formatInstanceTable({
      source: "test",
      region: "ap-southeast-1",
      date: "2026-11-21",
      facts: knownInstanceFacts().filter(({ name }) => pick(name)),
    });

  it("buys only types of that table", async () => {
    const folder = folderOf({ "types.txt": table((name) => name.startsWith("m6i.")) });
    const { plan } = await planned([infrastructureFile, "-", "--catalog", `${folder}/types.txt`], web(1));
    expect(plan?.nodes.map(({ instanceType }) => instanceType.split(".")[0])).toEqual(["m6i"]);
  });

  it("says where no price of it is known, since nothing is bought blindly", async () => {
    const folder = folderOf({ "types.txt": table((name) => name.startsWith("a1.")) });
    const { code, stderr } = await planned([infrastructureFile, "-", "--catalog", `${folder}/types.txt`], web(1));
    expect([code, stderr]).toEqual([1, expect.stringContaining("note: no price is known of any type of the catalog")]);
  });

  it("says what is wrong with a file that is no table, and what would make one", async () => {
    const folder = folderOf({ "types.txt": "hello\n" });
    for (const [path, problem] of [
      [`${folder}/types.txt`, "line 1: a table starts with source, region and date"],
      [`${folder}/gone.txt`, "can't be read (ENOENT)"],
    ] as const) {
      const { code, stderr, plan } = await planned([infrastructureFile, "-", "--catalog", path], web(1));
      expect([code, stderr, plan]).toEqual([2, expect.stringContaining(`${path}: ${problem}`), undefined]);
      expect(stderr).toContain("plimsoll catalog refresh --out FILE");
    }
  });
});

it("plan without anything to plan says what to name", async () => {
  const { code, stderr } = await runPlimsoll(["plan"]);
  expect([code, stderr]).toEqual([2, "no manifests: name files with workloads and NodePools, or use --cluster or --snapshot FILE\n"]);
});
