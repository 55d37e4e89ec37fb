/** BUF-001 to BUF-003, and the rules on Pods where a CapacityBuffer's template breaks them. */
import { describe } from "vitest";
import type { CapacityBuffer } from "../../../src/api/capacity-buffer.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import type { PodSpec } from "../../../src/api/pod.ts";
import { policiesText, policySet } from "../../support/admission.ts";
import { deployment, namespaceObject } from "../../support/objects.ts";
import { checkerOf } from "./findings.ts";

const check = checkerOf("BUF");
const requests = { cpu: "4", memory: "8Gi" };

function buffer(spec: CapacityBuffer["spec"], name = "spare"): CapacityBuffer {
  return { apiVersion: "autoscaling.x-k8s.io/v1beta1", kind: "CapacityBuffer", metadata: { name, namespace: "shop", uid: name }, spec };
}

function template(spec: Partial<PodSpec> = {}, cpu = requests.cpu): KubeObject {
  const containers = [{ name: "app", image: "example.com/app:1", resources: { requests: { ...requests, cpu } } }];
  const own = { metadata: { labels: { app: "chunk" } }, spec: { containers, ...spec } };
  return { apiVersion: "v1", kind: "PodTemplate", metadata: { name: "chunk", namespace: "shop" }, template: own } as KubeObject;
}

function quota(cpu: string): KubeObject {
  const spec = { hard: { "requests.cpu": cpu } };
  return { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "team", namespace: "shop" }, spec } as KubeObject;
}

const ref = { podTemplateRef: { name: "chunk" } };
const web = deployment({ name: "web", replicas: 10, requests });
const ofWeb = { scalableRef: { apiGroup: "apps", kind: "Deployment", name: "web" } };
const beyond = (text: string, action = "deny"): string =>
  `BUF-001 ${action}: the CapacityBuffers of namespace "shop" together keep more than one namespace may: ${text}`;

describe("a CapacityBuffer in a namespace without quota", () => {
  const world = [namespaceObject(), template(), web];
  check("may keep what the bound holds", { judge: buffer({ ...ref, replicas: 16 }), world, finds: [] });
  check("may not buy 192 vCPU", { judge: buffer({ ...ref, replicas: 48 }), world, finds: [beyond("192 vCPU of 64")] });
  check("nor by limits alone", { judge: buffer({ ...ref, limits: { cpu: "192" } }), world, finds: [beyond("192 vCPU of 64")] });
  check("nor by a percentage", { judge: buffer({ ...ofWeb, percentage: 480 }), world, finds: [beyond("192 vCPU of 64")] });
  check("nor by a second buffer", {
    judge: buffer({ ...ref, replicas: 10 }),
    world: [...world, buffer({ ...ref, replicas: 10 }, "other")],
    finds: [beyond("80 vCPU of 64")],
  });
  check("nor before its template stands, by chunks", {
    judge: buffer({ podTemplateRef: { name: "later" }, replicas: 101 }),
    world,
    finds: [beyond("101 chunks of 100"), 'BUF-003 warn: spec.podTemplateRef: PodTemplate "later" not found in namespace "shop"'],
  });
  check("may be kept by another's strategy in any number", {
    judge: buffer({ ...ref, replicas: 4_800, provisioningStrategy: "example.com/other" }),
    world,
    finds: [],
  });
  check("may keep as much as policies.yaml says", {
    judge: buffer({ ...ref, replicas: 48 }),
    world,
    policies: policySet(policiesText.replace("cpu: 64, memoryGib", "cpu: 192, memoryGib")),
    finds: [],
  });
});

describe("an UPDATE of a CapacityBuffer above the bound", () => {
  const world = [namespaceObject(), template()];
  check("to more is refused", {
    judge: buffer({ ...ref, replicas: 49 }),
    old: buffer({ ...ref, replicas: 48 }),
    world,
    finds: [beyond("196 vCPU of 64")],
  });
  check("to less is told, and passes", {
    judge: buffer({ ...ref, replicas: 40 }),
    old: buffer({ ...ref, replicas: 48 }),
    world,
    finds: [beyond("160 vCPU of 64", "warn")],
  });
});

describe("a PodTemplate", () => {
  const world = [namespaceObject(), template(), buffer({ ...ref, replicas: 16 })];
  check("that makes the chunks of a buffer too large is refused", {
    judge: template({}, "12"),
    old: template(),
    world,
    finds: [beyond("192 vCPU of 64")],
  });
  const leaving = (of: KubeObject): KubeObject => ({
    ...of,
    metadata: { ...of.metadata, deletionTimestamp: "2026-11-30T00:00:00Z", finalizers: ["a/b"] },
  });
  check("that makes them too large while it is being deleted is refused too", {
    judge: leaving(template({}, "12")),
    old: leaving(template()),
    world,
    finds: [beyond("192 vCPU of 64")],
  });
  check("that comes after its buffer is refused too", {
    judge: template({}, "12"),
    world: [namespaceObject(), buffer({ ...ref, replicas: 16 })],
    finds: [beyond("192 vCPU of 64")],
  });
  check("that makes them smaller passes", { judge: template({}, "1"), old: template(), world, finds: [] });
  check("that no buffer names is nobody's matter", { judge: template({}, "400"), world: [namespaceObject()], finds: [] });
});

describe("a CapacityBuffer that keeps less than it says", () => {
  check("for a quota is told so", {
    judge: buffer({ ...ref, replicas: 4 }),
    world: [namespaceObject(), template(), quota("10")],
    finds: ['BUF-002 warn: 4 chunks asked for, but ResourceQuota "team" leaves requests.cpu for 2 of 4 more Pods'],
  });
  check("for a workload that does not exist is told so", {
    judge: buffer({ ...ofWeb, replicas: 1 }),
    world: [namespaceObject()],
    finds: ['BUF-003 warn: spec.scalableRef: Deployment "web" not found in namespace "shop"'],
  });
});

describe("the template of a CapacityBuffer", () => {
  const onPods = checkerOf("STOR-003", "PLACE", "CLASS-001");
  const hostPath = template({ volumes: [{ name: "data", hostPath: { path: "/var/data" } }] });
  const lost = 'volume "data" is hostPath; node replacement loses it';
  const world = [namespaceObject()];
  const one = buffer({ ...ref, replicas: 1 });
  onPods("is judged as a Pod's with the buffer", {
    judge: one,
    world: [...world, hostPath],
    finds: [`STOR-003 deny: PodTemplate chunk: ${lost}`],
  });
  onPods("is judged itself once a buffer names it", { judge: hostPath, world: [...world, one], finds: [`STOR-003 deny: ${lost}`] });
  onPods("may not ask for nodes of a class that is not granted", {
    judge: one,
    world: [...world, template({ tolerations: [{ key: "CriticalAddonsOnly", operator: "Exists" }] })],
    finds: ["PLACE-003 deny: PodTemplate chunk: toleration CriticalAddonsOnly is reserved for class system"],
  });
  onPods("may not ask for more than its class has", {
    judge: one,
    world: [...world, template({}, "12")],
    finds: ['CLASS-001 deny: PodTemplate chunk: class "general" allows cpuRequest 50m..8; got 12 in container "app"'],
  });
  onPods("is not judged again where a workload is its source", {
    judge: buffer({ ...ofWeb, replicas: 1 }),
    world: [...world, web],
    finds: [],
  });
});
