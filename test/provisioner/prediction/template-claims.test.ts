/**
 * Pods to come of a StatefulSet and the volumes of its volumeClaimTemplates: where they go, and how many of them a node takes.
 */
import { describe, expect, it } from "vitest";
import { zoneLabel, platformNames } from "../../../src/api/labels.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { catalogZones } from "../../../src/catalog/zones.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { clusterInput } from "../../../src/provisioner/cluster-input.ts";
import { podDemand } from "../../../src/provisioner/demand.ts";
import { solve } from "../../../src/provisioner/scheduling/solve.ts";
import { policySet } from "../../support/admission.ts";
import { namespaceObject, nodePool, pod, statefulSet } from "../../support/objects.ts";

const [zoneA = "", zoneB = "", zoneC = ""] = catalogZones;
const instanceTypes = catalogInstanceTypes({ zones: catalogZones }).map((type) => ({ ...type, attachable: { "ebs.csi.aws.com": 2 } }));
const pool = nodePool({ requirements: [{ key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] }] });
const kafka = statefulSet({ name: "kafka", replicas: 3 });
const set = {
  ...kafka,
  spec: { ...kafka.spec, volumeClaimTemplates: [{ metadata: { name: "data" }, spec: { storageClassName: "late" } }] },
};

function storageClass(...zones: string[]): KubeObject {
  const allowedTopologies = [{ matchLabelExpressions: [{ key: zoneLabel, values: zones }] }];
  const kind = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "late" } };
  return Object.assign(kind, { provisioner: "ebs.csi.aws.com", volumeBindingMode: "WaitForFirstConsumer", allowedTopologies });
}

/** The claim of an ordinal, bound to a volume in a zone. */
function bound(ordinal: number, zone: string): readonly KubeObject[] {
  const name = `data-kafka-${ordinal}`;
  const annotations = { "pv.kubernetes.io/bind-completed": "yes" };
  const nodeSelectorTerms = [{ matchExpressions: [{ key: zoneLabel, operator: "In", values: [zone] }] }];
  return [
    Object.assign(
      { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name, namespace: "shop", annotations } },
      { spec: { storageClassName: "late", volumeName: name } },
    ),
    Object.assign(
      { apiVersion: "v1", kind: "PersistentVolume", metadata: { name } },
      { spec: { csi: { driver: "ebs.csi.aws.com", volumeHandle: name }, nodeAffinity: { required: { nodeSelectorTerms } } } },
    ),
  ];
}

/** The zones and numbers of Pods of the nodes that are planned for the set before its Pods have come. */
function planned(...objects: KubeObject[]): readonly string[] {
  const snapshot = snapshotOf([namespaceObject("shop"), set, pool, ...objects]);
  const world = { snapshot, policySet: policySet(), names: platformNames(), instanceTypes };
  const { pods } = podDemand({ ...world, memory: new Map(), now: 0 });
  const offers = { nodeClaims: [], nodePools: [pool], instanceTypes: new Map([[pool.metadata.name ?? "", instanceTypes]]) };
  const { newNodes, unschedulable } = solve(clusterInput({ world, ...offers }, { pods, now: 0 }));
  expect(unschedulable.map(({ reasons }) => reasons)).toEqual([]);
  return newNodes.map(({ zone, pods: own }) => `${zone} ×${own.length}`).sort();
}

describe("Pods to come of a StatefulSet", () => {
  it("go where their class makes volumes, and no more of them to a node than it attaches", () => {
    expect(planned(storageClass(zoneB))).toEqual([`${zoneB} ×1`, `${zoneB} ×2`]);
  });

  it("go where the volume is that the claim of their ordinal is bound to", () => {
    expect(planned(storageClass(zoneA), ...bound(1, zoneB), ...bound(2, zoneC))).toEqual([`${zoneA} ×1`, `${zoneB} ×1`, `${zoneC} ×1`]);
  });

  it("have the ordinals that no Pod has", () => {
    const { uid = "" } = set.metadata;
    const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name: "kafka", uid, controller: true };
    const first = pod({ name: "kafka-0", owner, spec: { nodeName: "node-x" } });
    expect(planned(storageClass(zoneA), first, ...bound(0, zoneB), ...bound(1, zoneC))).toEqual([`${zoneA} ×1`, `${zoneC} ×1`]);
  });
});
