/**
 * Placement hints on the real control plane: where several nodes would do, the scheduler takes the one that each Pod was planned for.
 *
 * Each node has room for every Pod, and the scheduler by itself would spread them out; the plan is what each NodeClaim says.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { Pod } from "../../src/api/pod.ts";
import { plannedPodsOf } from "../../src/provisioner/scheduling/planned-pods.ts";
import { podClassHash } from "../../src/provisioner/scheduling/pod-class.ts";
import { startControlPlane, type ControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { applyExamples, labInfrastructure, nodeClaims, podsOf } from "../support/lab.ts";
import { forbiddenRequests, installPlimsoll, startServe, type ServeProcess } from "../support/plimsoll-serve.ts";

const waits = { timeout: 90_000, interval: 250 };
/** Admission leaves it alone, and the provisioner does not. */
const namespace = "kube-system";
/** Pods of each class; no two of one class stand together, and all have room anywhere. */
const sizes = [3, 2, 1, 1];
const wanted = sizes.flatMap((count, ofClass) => Array.from({ length: count }, (_, index) => ({ ofClass, index })));

await describeOnControlPlane("placement hints", () => {
  let plane: ControlPlane;
  let plimsoll: ServeProcess;

  beforeAll(async () => {
    plane = await startControlPlane();
    await installPlimsoll(plane);
    await applyExamples(plane, labInfrastructure);
    // All Pods wait before there is a provisioner, so that one plan is made for all.
    for (const one of wanted) {
      const { status } = await plane.request({ method: "POST", path: `/api/v1/namespaces/${namespace}/pods`, body: apartPod(one) });
      if (status !== 201) throw new Error(`Pod ${one.ofClass}-${one.index}: the API server answers ${status}`);
    }
    plimsoll = await startServe({ controlPlane: plane, provider: "kwok" });
  }, 600_000);

  afterAll(async () => {
    await plimsoll.stop();
    await plane.close();
  });

  test("each Pod stands where its NodeClaim planned it, though it would fit elsewhere too", { timeout: 180_000 }, async () => {
    await expect.poll(async () => (await ownPods(plane)).filter(({ spec }) => spec.nodeName).length, waits).toBe(wanted.length);
    const [claims, pods] = [await nodeClaims(plane), await ownPods(plane)];
    expect(claims).toHaveLength(sizes[0] ?? 0);
    const planned = claims.flatMap((claim) => [...plannedPodsOf(claim, platformNames()).values()]);
    expect(planned.reduce((sum, count) => sum + count, 0)).toBe(wanted.length);
    for (const claim of claims) {
      const hashes = pods.filter(({ spec }) => spec.nodeName === claim.metadata.name).map(podClassHash);
      const standing = new Map([...new Set(hashes)].sort().map((hash) => [hash, hashes.filter((one) => one === hash).length]));
      expect([claim.metadata.name, standing]).toEqual([claim.metadata.name, plannedPodsOf(claim, platformNames())]);
    }
  });

  test("nothing that our service account asked was forbidden", async () => {
    expect(await forbiddenRequests(plane)).toEqual([]);
  });
});

async function ownPods(plane: ControlPlane): Promise<readonly Pod[]> {
  return (await podsOf(plane, namespace)).items.filter(({ metadata }) => metadata.labels?.["set"] === "hinted");
}

function apartPod({ ofClass, index }: { readonly ofClass: number; readonly index: number }): Pod {
  const labels = { set: "hinted", class: `c${ofClass}` };
  const apart = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { class: labels.class } } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `hinted-${ofClass}-${index}`, namespace, labels },
    spec: {
      containers: [{ name: "app", image: "example.com/app:1", resources: { requests: { cpu: "100m", memory: "64Mi" } } }],
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [apart] } },
    },
  };
}
