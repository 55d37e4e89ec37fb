/**
 * Snapshots of any size: a List is read item by item, and each fault names the line of its item.
 */
import { createWriteStream, statSync } from "node:fs";
import { join } from "node:path";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { parseManifests } from "../../src/cli/manifest.ts";
import { folderOf, runPlimsoll } from "./program-run.ts";
import { infrastructureFile } from "./manifest-texts.ts";

const padding = "x".repeat(200_000);
const note = (name: string, over: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, annotations: { padding } },
  ...over,
});

function listText(items: readonly object[], indent?: number, kind = "List"): string {
  return JSON.stringify({ apiVersion: "v1", items, kind, metadata: { resourceVersion: "" } }, undefined, indent);
}

const many = Array.from({ length: 100 }, (_one, index) => note(`note-${index}`));

describe("a List of more than 16 MiB", () => {
  it.each([4, undefined])("is read item by item, with the line of each (indent %s)", (indent) => {
    const text = listText([...many, note("last")], indent);
    const { manifests, problems } = parseManifests("all.json", text);
    expect(problems).toEqual([]);
    expect(manifests).toHaveLength(101);
    const lines = text.split("\n");
    for (const { line, object } of [manifests[0], manifests[50], manifests[100]].flatMap((one) => one ?? [])) {
      const lastBefore = lines
        .slice(0, line - 1)
        .join("\n")
        .includes(`"${object.metadata.name ?? ""}"`);
      expect(lastBefore, `${object.metadata.name} stands at line ${line} or below`).toBe(false);
      expect(lines.slice(line - 1, line + 8).join("\n")).toContain(`"${object.metadata.name ?? ""}"`);
    }
  });
  it("tells what is wrong with one item, and keeps the others", () => {
    const { manifests, problems } = parseManifests("all.json", listText([...many, { ...note("x"), kind: undefined }], 1));
    expect(manifests).toHaveLength(100);
    expect(problems).toEqual([
      { file: "all.json", line: expect.any(Number) as number, message: expect.stringContaining("items[100]: kind is missing") as string },
    ]);
  });
  it("knows the kind of items that do not say it", () => {
    const items = many.map(({ metadata }) => ({ metadata }));
    const { manifests } = parseManifests("all.json", listText(items, 1, "ConfigMapList"));
    expect(new Set(manifests.map(({ object }) => object.kind))).toEqual(new Set(["ConfigMap"]));
  });
  it.each([
    ["no JSON", `a: "${padding.repeat(90)}"`, "is too large to be read as YAML; write a List as JSON, as kubectl get ... -o json does"],
    ["one object", JSON.stringify(note("big", { data: { a: padding.repeat(90) } })), "is no JSON List that can be read"],
    ["broken", listText(many).slice(0, -10), "is no JSON List that can be read"],
  ])("gets words on what to write instead where it is %s", (_what, text, message) => {
    const { manifests, problems } = parseManifests("all", text);
    expect([manifests, problems.map((one) => one.message)]).toEqual([[], [expect.stringContaining(message)]]);
  });
});

it("a snapshot of 350 nodes and 15,000 Pods is planned over", { timeout: 180_000 }, async () => {
  const folder = folderOf({ "empty.yaml": "" });
  const path = join(folder, "cluster.json");
  await writeSnapshot(path);
  expect(statSync(path).size).toBeGreaterThan(32 * 1024 * 1024);
  const { code, stdout, stderr } = await runPlimsoll(["plan", "-o", "json", "--snapshot", path, infrastructureFile]);
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("cluster.json:")]);
  expect((JSON.parse(stdout) as { readonly nodes: readonly unknown[] }).nodes.length).toBeGreaterThan(0);
});

const nodes = 350;
const pods = 15_000;

/** A cluster that is full, and one Pod that waits. */
async function writeSnapshot(path: string): Promise<void> {
  const out = createWriteStream(path);
  const items = function* (): Generator<object> {
    for (let index = 0; index < nodes; index += 1) yield node(index);
    for (let index = 0; index <= pods; index += 1) yield pod(index);
  };
  out.write('{"apiVersion":"v1","kind":"List","items":[\n');
  let separator = "";
  for (const item of items()) {
    if (!out.write(separator + JSON.stringify(item, undefined, 1))) await once(out, "drain");
    separator = ",\n";
  }
  out.end("\n]}\n");
  await once(out, "close");
}

function node(index: number): object {
  const amounts = { cpu: "16", memory: "64Gi", pods: "110" };
  const labels = {
    "topology.kubernetes.io/zone": "ap-southeast-1a",
    "kubernetes.io/hostname": `node-${index}`,
    "workload-class": "general",
  };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: `node-${index}`, labels },
    status: { allocatable: amounts, capacity: amounts },
  };
}

function pod(index: number): object {
  const container = {
    name: "app",
    image: "registry.example.com/app:1",
    resources: { requests: { cpu: index === pods ? "8" : "300m", memory: "256Mi" } },
  };
  const bound = index === pods ? {} : { nodeName: `node-${index % nodes}` };
  const waits = [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `pod-${index}`, namespace: "shop", uid: `uid-${index}`, annotations: { padding: "x".repeat(2_000) } },
    spec: { ...bound, nodeSelector: { "workload-class": "general" }, containers: [container] },
    status: index === pods ? { phase: "Pending", conditions: waits } : { phase: "Running" },
  };
}
