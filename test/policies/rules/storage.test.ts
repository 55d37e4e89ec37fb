/**
 * STOR: volumes, where their data is, and which nodes can mount it.
 */
import { describe } from "vitest";
import type { KubeObject } from "../../../src/api/object.ts";
import type { PodSpec } from "../../../src/api/pod.ts";
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from "../../../src/api/storage.ts";
import type { DaemonSet, StatefulSet } from "../../../src/api/workload.ts";
import { policiesText, policySet } from "../../support/admission.ts";
import { deployment, nodePool, profile, statefulSet } from "../../support/objects.ts";
import { checkerOf } from "./findings.ts";

const zone = "topology.kubernetes.io/zone";
const claim = (name: string, spec: PersistentVolumeClaim["spec"] = {}): PersistentVolumeClaim => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, namespace: "shop" },
  spec,
});
const volumeIn = (where: string, spec: Partial<PersistentVolume["spec"]> = {}): PersistentVolume => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name: "pv-1" },
  spec: {
    nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: zone, operator: "In", values: [where] }] }] } },
    ...spec,
  },
});
const storageClass = (provisioner: string, volumeBindingMode: "Immediate" | "WaitForFirstConsumer", annotations = {}): StorageClass => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "fast", annotations },
  provisioner,
  volumeBindingMode,
});
const mounting = (podSpec: Partial<PodSpec> = {}) =>
  deployment({ podSpec: { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }], ...podSpec } });
const set = statefulSet();
const database = (spec: PersistentVolumeClaim["spec"] = { accessModes: ["ReadWriteOnce"], storageClassName: "fast" }): StatefulSet => ({
  ...set,
  spec: { ...set.spec, volumeClaimTemplates: [{ metadata: { name: "data" }, spec }] },
});

describe("STOR-001: a volume in another zone", () => {
  const check = checkerOf("STOR-001");
  const bound = claim("data", { volumeName: "pv-1" });
  const finding = (name: string): string => `STOR-001 deny: PVC "${name}" lives in zone eu-west-1a, not offered by class "general"`;
  check("S107: outside the class's zones", { judge: mounting(), world: [bound, volumeIn("eu-west-1a")], finds: [finding("data")] });
  check("S107: in one of the class's zones", { judge: mounting(), world: [bound, volumeIn("ap-southeast-1b")], finds: [] });
  check("that is not bound yet", { judge: mounting(), world: [claim("data")], finds: [] });
  check("of a StatefulSet that was there before", {
    judge: database(),
    world: [claim("data-web-1", { volumeName: "pv-1" }), volumeIn("eu-west-1a")],
    finds: [finding("data-web-1")],
  });
});

describe("STOR-002: disks that are made at once", () => {
  const check = checkerOf("STOR-002");
  const finding = 'STOR-002 deny: StorageClass "fast" binds Immediate; the volume may land in a zone the pool lacks';
  check("S112: a zonal disk at once", { judge: database(), world: [storageClass("ebs.csi.aws.com", "Immediate")], finds: [finding] });
  check("S112: a zonal disk beside its Pod", {
    judge: database(),
    world: [storageClass("ebs.csi.aws.com", "WaitForFirstConsumer")],
    finds: [],
  });
  check("files of a network may be made at once", { judge: database(), world: [storageClass("efs.csi.aws.com", "Immediate")], finds: [] });
  check("the cluster's default class, for a claim that names none", {
    judge: database({ accessModes: ["ReadWriteOnce"] }),
    world: [storageClass("kubernetes.io/aws-ebs", "Immediate", { "storageclass.kubernetes.io/is-default-class": "true" })],
    finds: [finding],
  });
  check("a claim that has its volume has its zone", {
    judge: mounting(),
    world: [
      claim("data", { volumeName: "pv-1", storageClassName: "fast" }),
      volumeIn("ap-southeast-1a"),
      storageClass("ebs.csi.aws.com", "Immediate"),
    ],
    finds: [],
  });
});

describe("STOR-003: the disk of one node", () => {
  const check = checkerOf("STOR-003");
  const host = (type?: string, readOnly = false): Partial<PodSpec> => ({
    containers: [
      {
        name: "app",
        resources: { requests: { cpu: "100m", memory: "128Mi" } },
        volumeMounts: [{ name: "data", mountPath: "/data", readOnly }],
      },
    ],
    volumes: [{ name: "data", hostPath: { path: "/var/data", ...(type === undefined ? {} : { type }) } }],
  });
  const finding = 'STOR-003 deny: volume "data" is hostPath; node replacement loses it';
  check("S029, S145, S155: a directory of the node", { judge: deployment({ podSpec: host() }), finds: [finding] });
  check("a directory that is only read", { judge: deployment({ podSpec: host(undefined, true) }), finds: [] });
  check("a socket", { judge: deployment({ podSpec: host("Socket") }), finds: [] });
  const { spec } = deployment({ podSpec: host() });
  const agent: DaemonSet = { apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "web", namespace: "shop" }, spec };
  check("an agent reads its node", { judge: agent, finds: [] });
  check("S157: a claim of a local disk", {
    judge: mounting(),
    world: [claim("data", { volumeName: "pv-1" }), volumeIn("ap-southeast-1a", { local: { path: "/mnt/disk1" } })],
    finds: ['STOR-003 deny: PVC "data" is a disk of one node; node replacement loses it'],
  });
  check("S157: a claim of a network disk", {
    judge: mounting(),
    world: [claim("data", { volumeName: "pv-1" }), volumeIn("ap-southeast-1a")],
    finds: [],
  });
});

describe("STOR-004: the loss of a zone", () => {
  const check = checkerOf("STOR-004");
  const finding = "STOR-004 deny: StatefulSet has no zone failure plan (storage.zonePlan)";
  check("S111, S113: nothing is planned", { judge: database(), world: [profile()], finds: [finding] });
  check("S111: something is planned", { judge: database(), world: [profile({ spec: { storage: { zonePlan: "restore" } } })], finds: [] });
  check("without a profile it is recorded", { judge: database(), finds: [finding.replace("deny", "audit")] });
  check("a StatefulSet without disks has nothing to plan", { judge: set, world: [profile()], finds: [] });
  check("files that every zone can mount", { judge: database({ accessModes: ["ReadWriteMany"] }), world: [profile()], finds: [] });
  check("the profile second", {
    judge: profile(),
    world: [database()],
    finds: [finding.replace("deny: ", "deny: StatefulSet web: ")],
  });
});

describe("STOR-005: a driver that the nodes lack", () => {
  const check = checkerOf("STOR-005");
  const auto = { ...nodePool(), spec: { ...nodePool().spec, template: { ...nodePool().spec.template } } };
  const autoPool: KubeObject = {
    ...auto,
    ...{
      spec: {
        ...auto.spec,
        template: {
          ...auto.spec.template,
          spec: { ...auto.spec.template.spec, nodeClassRef: { group: "eks.amazonaws.com", kind: "NodeClass", name: "default" } },
        },
      },
    },
  };
  const ebs = storageClass("ebs.csi.aws.com", "WaitForFirstConsumer");
  const own = storageClass("ebs.csi.eks.amazonaws.com", "WaitForFirstConsumer");
  const finding = "STOR-005 deny: PVC provisioner ebs.csi.aws.com cannot mount on Auto Mode nodes (needs ebs.csi.eks.amazonaws.com)";
  check("the add-on's disk on Auto Mode", { judge: database(), world: [ebs, autoPool], finds: [finding] });
  check("Auto Mode's disk on Auto Mode", { judge: database(), world: [own, autoPool], finds: [] });
  check("the add-on's disk on nodes of our own", { judge: database(), world: [ebs, nodePool()], finds: [] });
  check("Auto Mode's disk on nodes of our own", {
    judge: database(),
    world: [own, nodePool()],
    finds: ["STOR-005 deny: PVC provisioner ebs.csi.eks.amazonaws.com cannot mount on self-managed nodes (needs ebs.csi.aws.com)"],
  });
  check("no pool known, on Auto Mode by the policies", {
    judge: database(),
    world: [ebs],
    policies: policySet(policiesText.replace("provider: { kind: karpenter }", "provider: { kind: eks-auto }")),
    finds: [finding],
  });
  check("no pool known", { judge: database(), world: [ebs], finds: [] });
});

describe("STOR-006: backups", () => {
  const check = checkerOf("STOR-006");
  const missing = 'STOR-006 deny: class "regulated" requires storage.backup for persistent volumes';
  const regulated = (storage: { readonly stateful?: boolean; readonly backup?: string }) =>
    profile({ spec: { runtimeClass: "regulated", storage } });
  check("S108: data without a backup", { judge: regulated({ stateful: true }), finds: [missing] });
  check("S108: data with a backup", { judge: regulated({ stateful: true, backup: "nightly" }), finds: [] });
  check("no data, no backup", { judge: regulated({}), finds: [] });
  check("a workload with claims", { judge: database(), world: [regulated({})], finds: [missing] });
  check("a class that does not ask", { judge: profile({ spec: { storage: { stateful: true } } }), finds: [] });
});

describe("STOR-007: scratch space", () => {
  const check = checkerOf("STOR-007");
  const scratch = (sizeLimit?: string) =>
    deployment({ podSpec: { volumes: [{ name: "tmp", emptyDir: sizeLimit === undefined ? {} : { sizeLimit } }] } });
  check("S155: without a bound", { judge: scratch(), finds: ['STOR-007 audit: volume "tmp" is an emptyDir without sizeLimit'] });
  check("S155: with a bound", { judge: scratch("1Gi"), finds: [] });
  check("in memory, which is the container's memory and not the node's disk", {
    judge: deployment({ podSpec: { volumes: [{ name: "tmp", emptyDir: { medium: "Memory" } }] } }),
    finds: [],
  });
  check("on huge pages, which are no disk either", {
    judge: deployment({ podSpec: { volumes: [{ name: "tmp", emptyDir: { medium: "HugePages-2Mi" } }] } }),
    finds: [],
  });
});
