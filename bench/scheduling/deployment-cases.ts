/**
 * The cases of many Deployments at once: 100 of them with so many replicas each, all spread over zones, ten of which keep their Pods on
 * different nodes.
 *
 * They meet an empty cluster and Karpenter's 400 fake instance types. Each Deployment's Pods ask for one of a few amounts, so that what
 * is asked of a scheduler is to place many Pods that are alike, under constraints that count them.
 */
import { hostnameLabel, zoneLabel } from "../../src/api/labels.ts";
import type { Pod, PodSpec } from "../../src/api/pod.ts";
import { onEmptyCluster, type CaseRecipe } from "./bench-case.ts";
import { onFakeTypes } from "./diverse-cases.ts";
import { seededDraws, type Draw } from "./draws.ts";

const deploymentCount = 100;
/** The first ten keep their Pods apart. */
const apartCount = 10;
const cpuMillis = [100, 250, 500, 1000, 1500] as const;
const memoryMi = [128, 256, 512, 1024, 2048] as const;

/** So many Pods: 100 Deployments with a hundredth of them each. */
export function deploymentCase(podCount: number): CaseRecipe {
  return {
    ...onFakeTypes,
    name: `deployments-${podCount}`,
    what: `${deploymentCount} Deployments of ${podCount / deploymentCount}, spread over zones, ten of them a Pod a node, on an empty cluster`,
    load: () => onEmptyCluster(deploymentPods(seededDraws(1), podCount)),
    warmUp: () => onEmptyCluster(deploymentPods(seededDraws(7), podCount)),
  };
}

/** Returns the Pods, Deployment by Deployment. */
export function deploymentPods(draw: Draw, podCount: number): readonly Pod[] {
  return Array.from({ length: deploymentCount }, (_, index) => {
    const app = `app-${String(index).padStart(3, "0")}`;
    const spec = deploymentSpec(app, { requests: requestsOf(draw), isApart: index < apartCount });
    return Array.from({ length: podCount / deploymentCount }, (_unused, replica): Pod => {
      const name = `${app}-${String(replica).padStart(5, "0")}`;
      return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default", uid: name, labels: { app } }, spec };
    });
  }).flat();
}

function requestsOf(draw: Draw): { readonly cpu: string; readonly memory: string } {
  return { cpu: `${cpuMillis[draw(cpuMillis.length)]!}m`, memory: `${memoryMi[draw(memoryMi.length)]!}Mi` };
}

function deploymentSpec(
  app: string,
  { requests, isApart }: { readonly requests: { readonly cpu: string; readonly memory: string }; readonly isApart: boolean },
): PodSpec {
  const labelSelector = { matchLabels: { app } };
  const apart = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: hostnameLabel, labelSelector }] } };
  return {
    containers: [{ name: "main", resources: { requests } }],
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: zoneLabel, whenUnsatisfiable: "DoNotSchedule", labelSelector }],
    ...(isApart ? { affinity: apart } : undefined),
  };
}
