/**
 * What a view of the cluster keeps of a stored object: usual ones whole, none of more than a bound, and who it is of each.
 */
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { heldObject } from "../../src/cluster/held-object.ts";
import { heapBytesOf } from "../../src/kube/heap-bytes.ts";
import { heldLeanMaxBytes, heldPartOf, heldWholeMaxBytes, type HeldPart } from "../../src/kube/held-part.ts";
import { podRequests } from "../../src/kube/pod-requests.ts";
import { workloadOf } from "../../src/kube/workload.ts";

type Json = Record<string, unknown>;

/** As many items as make a JSON text of about a megabyte. */
function megabyte<T>(make: (index: number) => T): readonly T[] {
  const count = Math.ceil(1_000_000 / (JSON.stringify(make(10_000)).length + 1));
  return Array.from({ length: count }, (_unused, index) => make(index));
}

const resources = { requests: { cpu: "100m", memory: "1Mi" } };
const container = { name: "app", image: "a:1", resources };
const text = "x".repeat(1_000_000);

function stored(
  kind: string,
  podSpec: Json,
  more: { readonly labels?: Json; readonly annotations?: Json; readonly spec?: Json } = {},
): KubeObject {
  const { labels = { app: "web" }, annotations = {}, spec = {} } = more;
  const metadata = { name: "web", namespace: "shop", uid: "u", resourceVersion: "7", generation: 3, labels, annotations };
  const template = { metadata: { labels }, spec: { containers: [container], ...podSpec } };
  const bodies: Readonly<Record<string, Json>> = {
    Pod: { apiVersion: "v1", metadata, spec: { nodeName: "n1", ...template.spec }, status: { phase: "Running" } },
    CronJob: { apiVersion: "batch/v1", metadata, spec: { schedule: "* * * * *", jobTemplate: { spec: { template } } } },
    Job: { apiVersion: "batch/v1", metadata, spec: { parallelism: 2, template } },
    Rollout: { apiVersion: "argoproj.io/v1alpha1", metadata, spec: { replicas: 2, selector: { matchLabels: { app: "web" } }, template } },
  };
  const usual = { apiVersion: "apps/v1", metadata, spec: { replicas: 2, selector: { matchLabels: { app: "web" } }, ...spec, template } };
  return { kind, ...(bodies[kind] ?? usual) } as unknown as KubeObject;
}

const term = (index: number): Json => ({
  topologyKey: "zone",
  labelSelector: { matchLabels: { app: `a${index}` } },
});
const env = megabyte((index) => ({ name: `E${index}`, value: "v" }));

/** What a megabyte may be made of, and how much of it is held. */
const shapes: Readonly<Record<string, readonly [KubeObject, HeldPart]>> = {
  "one long env value": [stored("Deployment", { containers: [{ ...container, env: [{ name: "A", value: text }] }] }), "lean"],
  "many env entries": [stored("Deployment", { containers: [{ ...container, env }] }), "lean"],
  "many arguments": [stored("Deployment", { containers: [{ ...container, args: megabyte((index) => `a${index}`) }] }), "lean"],
  "a long command of a hook": [
    stored("Deployment", { containers: [{ ...container, lifecycle: { preStop: { exec: { command: ["sh", "-c", text] } } } }] }),
    "lean",
  ],
  "one long annotation": [stored("Deployment", {}, { annotations: { note: text } }), "lean"],
  "many annotations": [stored("Deployment", {}, { annotations: Object.fromEntries(megabyte((index) => [`n${index}`, "v"])) }), "outline"],
  "many labels": [stored("Deployment", {}, { labels: Object.fromEntries(megabyte((index) => [`n${index}`, "v"])) }), "outline"],
  "many containers": [stored("Deployment", { containers: megabyte((index) => ({ ...container, name: `c${index}` })) }), "outline"],
  "many init containers": [stored("Deployment", { initContainers: megabyte((index) => ({ ...container, name: `c${index}` })) }), "outline"],
  "many affinity terms": [
    stored("Deployment", { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: megabyte(term) } } }),
    "outline",
  ],
  "many empty tolerations": [stored("Deployment", { tolerations: megabyte(() => ({})) }), "outline"],
  "many volumes": [stored("Deployment", { volumes: megabyte((index) => ({ name: `v${index}`, emptyDir: {} })) }), "outline"],
  "a deep selector": [
    stored("Deployment", {}, { spec: { selector: { matchExpressions: megabyte((index) => ({ key: `k${index}` })) } } }),
    "outline",
  ],
  "a ReplicaSet's env": [stored("ReplicaSet", { containers: [{ ...container, env }] }), "lean"],
  "a StatefulSet's env": [stored("StatefulSet", { containers: [{ ...container, env }] }), "lean"],
  "a DaemonSet's containers": [stored("DaemonSet", { containers: megabyte((index) => ({ ...container, name: `c${index}` })) }), "outline"],
  "a Job's env": [stored("Job", { containers: [{ ...container, env }] }), "lean"],
  "a CronJob's containers": [stored("CronJob", { containers: megabyte((index) => ({ ...container, name: `c${index}` })) }), "outline"],
  "a Rollout's env": [stored("Rollout", { containers: [{ ...container, env }] }), "lean"],
  "a Pod's env": [stored("Pod", { containers: [{ ...container, env }] }), "lean"],
  "a Pod's containers": [stored("Pod", { containers: megabyte((index) => ({ ...container, name: `c${index}` })) }), "outline"],
};

describe("a megabyte of", () => {
  for (const [name, [object, part]] of Object.entries(shapes)) {
    test(`${name} is held as ${part}`, () => {
      const held = heldObject(object);
      expect(heldPartOf(held)).toBe(part);
      expect(heapBytesOf(held, 1e9)).toBeLessThanOrEqual(heldLeanMaxBytes);
      const { name: is, namespace, uid, resourceVersion } = held.metadata;
      expect({ is, namespace, uid, resourceVersion }).toEqual({ is: "web", namespace: "shop", uid: "u", resourceVersion: "7" });
      const [whole, seen] = [workloadOf(object), workloadOf(held)];
      expect([seen?.replicas, seen?.kind]).toEqual([whole?.replicas, whole?.kind]);
      expect(seen === undefined ? undefined : podRequests(seen.template.spec)).toEqual(
        whole === undefined ? undefined : podRequests(whole.template.spec),
      );
      expect(heldPartOf(heldObject(held))).toBe(part);
    });
  }
});

describe("what is held", () => {
  test("of an object of usual size is all of it but the copy that kubectl apply keeps", () => {
    const note = { "kubectl.kubernetes.io/last-applied-configuration": text, own: "y" };
    const object = stored("Deployment", { containers: [{ ...container, env: env.slice(0, 100) }] }, { annotations: note });
    const held = heldObject(object);
    expect(heldPartOf(held)).toBeUndefined();
    expect(held).toEqual({ ...object, metadata: { ...object.metadata, annotations: { own: "y" } } });
  });

  test("says so of copies too, and never on the wire", () => {
    const held = heldObject(stored("Deployment", { containers: [{ ...container, env }] }));
    const copy = { ...held, metadata: { ...held.metadata, generation: 9 } };
    expect(heldPartOf(copy)).toBe("lean");
    expect(JSON.stringify(copy)).not.toContain("lean");
  });

  test("of what is deeper than any kind is an outline, without a fault", () => {
    let deep: unknown = "end";
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    const held = heldObject(stored("Rollout", { deep }));
    expect(heapBytesOf(held, 1e9)).toBeLessThanOrEqual(heldWholeMaxBytes);
  });
});
