/**
 * What both tools are given: a namespace, a NodeClass, a NodePool, and Deployments with zone spread.
 *
 * Returns manifests. Nodes are bought on demand, Linux on amd64, without further wishes, and are never given back, since what is measured
 * is how they are bought. Pods ask 1 CPU and 2 GiB.
 */
import { archLabel, capacityTypeLabel, osLabel, zoneLabel } from "../../src/api/labels.ts";
import { marketZones } from "./market.ts";

export const workloadNamespace = "load";
export const replicasMax = 200;
/** As our own rules want it: named after a class of workloads, whose label its nodes carry. */
const nodePool = { name: "general-flex", labels: { "workload-class": "general" } };
const nodeClass = { group: "karpenter.kwok.sh", kind: "KWOKNodeClass", name: "default" };

/** Returns the objects that are there before the clock starts, in the order in which they are made. */
export function givenObjects({ joinSeconds }: { readonly joinSeconds: number }): readonly object[] {
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: workloadNamespace } },
    {
      apiVersion: "karpenter.kwok.sh/v1alpha1",
      kind: "KWOKNodeClass",
      metadata: { name: nodeClass.name },
      spec: { nodeRegistrationDelay: `${joinSeconds}s` },
    },
    {
      apiVersion: "karpenter.sh/v1",
      kind: "NodePool",
      metadata: { name: nodePool.name, labels: { "platform.example.com/cost-owner": "platform" } },
      spec: {
        limits: { cpu: "10000000", memory: "10000000Gi" },
        template: {
          metadata: { labels: nodePool.labels },
          spec: {
            nodeClassRef: nodeClass,
            expireAfter: "Never",
            requirements: [
              within(capacityTypeLabel, "on-demand"),
              within(osLabel, "linux"),
              within(archLabel, "amd64"),
              within(zoneLabel, ...marketZones),
            ],
          },
        },
        disruption: { consolidationPolicy: "WhenEmptyOrUnderutilized", consolidateAfter: "Never" },
      },
    },
  ];
}

/** Returns Deployments of at most 200 replicas that make so many Pods together. */
export function deployments(pods: number): readonly object[] {
  return Array.from({ length: Math.ceil(pods / replicasMax) }, (_, index) =>
    deployment(`web-${index + 1}`, Math.min(replicasMax, pods - index * replicasMax)),
  );
}

function deployment(name: string, replicas: number): object {
  const labels = { app: name };
  const spread = { maxSkew: 1, topologyKey: zoneLabel, whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: labels } };
  const resources = { requests: { cpu: "1", memory: "2Gi" }, limits: { memory: "2Gi" } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: workloadNamespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          topologySpreadConstraints: [spread],
          containers: [{ name: "web", image: "registry.example.com/web:1", resources }],
        },
      },
    },
  };
}

function within(key: string, ...values: readonly string[]): object {
  return { key, operator: "In", values };
}
