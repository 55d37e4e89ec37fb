/**
 * The cases of Karpenter's own benchmark: its diverse Pods at six sizes and its preference Pods; and, of our own, diverse Pods of which
 * no two ask for the same.
 *
 * All of them meet an empty cluster, Karpenter's 400 fake instance types and one NodePool without requirements.
 */
import { hostnameLabel, zoneLabel } from "../../src/api/labels.ts";
import type { Pod } from "../../src/api/pod.ts";
import { diversePods, diversePodsOf } from "../diverse-pods.ts";
import { fakeInstanceTypes } from "../fake-instance-types.ts";
import { benchNodePool, fakeTypeCount } from "../scheduling-input.ts";
import { onEmptyCluster, type CaseRecipe } from "./bench-case.ts";
import { recordedDraws, seededDraws, type Draw } from "./draws.ts";

const warmUpSeed = 7;
const mebibyte = 1024 ** 2;
const preferenceCpuMillis = [100, 250, 500, 1000, 1500] as const;
const preferenceMemoryMi = [100, 256, 512, 1024, 2048, 4096] as const;

/** What all cases on the fake types share. */
export const onFakeTypes = {
  nodePool: () => benchNodePool(),
  instanceTypes: () => fakeInstanceTypes(fakeTypeCount),
};

/** Karpenter's diverse Pods at one size. */
export function diverseCase(count: number): CaseRecipe {
  return {
    ...onFakeTypes,
    name: `diverse-${count}`,
    what: "Karpenter's diverse Pods on an empty cluster",
    load: () => onEmptyCluster(diversePods(count)),
    warmUp: () => onEmptyCluster(diversePodsOf(seededDraws(warmUpSeed), count)),
  };
}

/** Karpenter's preference Pods: all alike, with preferences of which most cannot be met. */
export function preferenceCase(count: number): CaseRecipe {
  return {
    ...onFakeTypes,
    name: `preferences-${count}`,
    what: "Karpenter's preference Pods, which it respects",
    load: () => onEmptyCluster(preferencePods(recordedDraws(), count)),
    warmUp: () => onEmptyCluster(preferencePods(seededDraws(warmUpSeed), count)),
  };
}

/** The diverse mix, in which no two Pods ask for the same CPU and memory: no Pod's answer is another's. */
export function distinctCase(count: number): CaseRecipe {
  return {
    ...onFakeTypes,
    name: `distinct-${count}`,
    what: "the diverse mix of another seed, no two Pods asking for the same",
    load: () => onEmptyCluster(distinctPods({ seed: 1, count })),
    warmUp: () => onEmptyCluster(distinctPods({ seed: warmUpSeed, count })),
  };
}

function preferencePods(draw: Draw, count: number): readonly Pod[] {
  const cpu = preferenceCpuMillis[draw(preferenceCpuMillis.length)] ?? 0;
  const memory = preferenceMemoryMi[draw(preferenceMemoryMi.length)] ?? 0;
  return Array.from({ length: count }, (_, index) => preferencePod({ cpu: `${cpu}m`, memory: `${memory}Mi` }, index));
}

function preferencePod(requests: { readonly cpu: string; readonly memory: string }, index: number): Pod {
  const name = `preference-${String(index).padStart(5, "0")}`;
  const labelSelector = { matchLabels: { app: "nginx" } };
  const apart = (topologyKey: string, weight: number) => ({ weight, podAffinityTerm: { topologyKey, labelSelector } });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: name, labels: { app: "nginx" } },
    spec: {
      containers: [{ name: "main", resources: { requests } }],
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 1, preference: { matchExpressions: [{ key: zoneLabel, operator: "In", values: ["test-zone-1"] }] } },
          ],
        },
        podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [apart(zoneLabel, 10), apart(hostnameLabel, 1)] },
      },
    },
  };
}

/** Returns diverse Pods with requests that are drawn until they are new: 50 m to 1.5 CPU, 64 Mi to 4 Gi in steps of a Mi. */
export function distinctPods({ seed, count }: { readonly seed: number; readonly count: number }): readonly Pod[] {
  const draw = seededDraws(seed);
  const taken = new Set<number>();
  return diversePodsOf(draw, count).map((pod) => {
    let drawn = draw(2 ** 31);
    while (taken.has(distinctKey(drawn))) drawn = draw(2 ** 31);
    taken.add(distinctKey(drawn));
    const { cpu, memory } = distinctRequests(drawn);
    const requests = { cpu: `${cpu}m`, memory: `${memory}` };
    return { ...pod, spec: { ...pod.spec, containers: [{ name: "main", resources: { requests } }] } };
  });
}

const distinctCpuChoices = 1450;
const distinctMemoryChoices = 4032;

function distinctKey(drawn: number): number {
  return drawn % (distinctCpuChoices * distinctMemoryChoices);
}

function distinctRequests(drawn: number): { readonly cpu: number; readonly memory: number } {
  const key = distinctKey(drawn);
  return { cpu: 50 + (key % distinctCpuChoices), memory: (64 + Math.floor(key / distinctCpuChoices)) * mebibyte };
}
