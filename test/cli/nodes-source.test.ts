/**
 * Where `plimsoll nodes` looks: a cluster that it watches, over HTTPS, from the first list to the end.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import { defaultDomain } from "../../src/api/labels.ts";
import { readNodesSource, watchNodesSource } from "../../src/cli/nodes-source.ts";
import { openTransport } from "../../src/cli/with-cluster.ts";
import { testNode, testPod } from "./nodes-world.ts";
import { folderOf } from "./program-run.ts";
import { servedCluster } from "./served-cluster.ts";

const bare = (name: string) => {
  const { apiVersion, kind, metadata, spec } = testNode({ name });
  return { apiVersion, kind, metadata: { name, labels: metadata.labels }, spec };
};
const kubeconfig = servedCluster("nodes-source", [["/api/v1/nodes", bare("n1")]]);
const request = { kubeconfig, domain: defaultDomain, env: {}, stdin: () => Promise.resolve("") };

it("follows the cluster from its first list on", async () => {
  const source = await watchNodesSource(request, new AbortController().signal);
  if (!source.ok) throw new Error(source.error);
  onTestFinished(() => source.value.close());
  const names = () =>
    source.value
      .snapshot()
      .list("Node")
      .map(({ metadata }) => metadata.name);
  expect([names(), source.value.troubles()]).toEqual([["n1"], []]);
  const transport = openTransport(request);
  if (!transport.ok) throw new Error(transport.error);
  onTestFinished(() => {
    transport.value.close();
  });
  await transport.value.request({ method: "POST", path: "/api/v1/nodes", body: bare("n2") });
  await expect.poll(names, { timeout: 10_000 }).toEqual(["n1", "n2"]);
});

it("says in one sentence that the cluster doesn't know who asks, watched or read once", async () => {
  const stranger = `${folderOf({ kubeconfig: "" })}/kubeconfig`;
  writeFileSync(stranger, readFileSync(kubeconfig, "utf8").replaceAll("t".repeat(32), "x".repeat(32)));
  const asked = { ...request, kubeconfig: stranger };
  for (const source of [await watchNodesSource(asked, new AbortController().signal), await readNodesSource(asked)]) {
    expect(source.ok ? "" : source.error).toMatch(/^the cluster does not know you: /);
  }
});

it("reads a snapshot in its place, and no cluster", async () => {
  const file = `${folderOf({ "c.json": JSON.stringify({ apiVersion: "v1", kind: "List", items: [testNode({ name: "n9" }), testPod()] }) })}/c.json`;
  const source = await watchNodesSource({ ...request, kubeconfig: "nowhere", snapshot: file }, new AbortController().signal);
  expect(
    source.ok &&
      source.value
        .snapshot()
        .list("Node")
        .map(({ metadata }) => metadata.name),
  ).toEqual(["n9"]);
});
