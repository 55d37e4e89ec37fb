/**
 * What siblings say: probes and ports, Services and what they select, autoscalers and what they scale, selectors and templates.
 */
import { describe, expect, it } from "vitest";
import type { Container } from "../../../src/api/pod.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import type { Service } from "../../../src/api/service.ts";
import { auditedObjects } from "../../../src/policies/audit.ts";
import { contextOf } from "../../support/admission.ts";
import { autoscaler, deployment, pod, statefulSet } from "../../support/objects.ts";
import { checkerOf } from "./findings.ts";

const service = (spec: Service["spec"]): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "shop" },
  spec,
});
const withContainer = (container: Partial<Container>, sidecars: readonly Container[] = []): KubeObject =>
  deployment({ podSpec: { containers: [{ name: "app", ...container }], ...(sidecars.length === 0 ? {} : { initContainers: sidecars }) } });

describe("PROBE-001", () => {
  const check = checkerOf("PROBE-001");
  const ports = [{ name: "http", containerPort: 8080 }];
  const told = (probe: string, port: string, then = "the pod is never ready"): string =>
    `PROBE-001 warn: container "app": its ${probe} asks port "${port}", which the container does not have: ${then}`;
  check("a name that another container has is not this one's", {
    judge: deployment({
      podSpec: {
        containers: [
          { name: "app", readinessProbe: { httpGet: { port: "http" } } },
          { name: "proxy", ports },
        ],
      },
    }),
    finds: [told("readinessProbe", "http")],
  });
  check("a startupProbe by TCP", {
    judge: withContainer({ ports, startupProbe: { tcpSocket: { port: "web" } } }),
    finds: [told("startupProbe", "web")],
  });
  check("a livenessProbe is never asked", {
    judge: withContainer({ ports, livenessProbe: { httpGet: { port: "web" } } }),
    finds: [told("livenessProbe", "web", "it is never asked")],
  });
  check("a sidecar", {
    judge: withContainer({}, [{ name: "app", restartPolicy: "Always", readinessProbe: { httpGet: { port: "web" } } }]),
    finds: [told("readinessProbe", "web")],
  });
  for (const port of ["http", 8080, "9090"])
    check(`port ${port}`, { judge: withContainer({ ports, readinessProbe: { httpGet: { port } } }), finds: [] });
});

describe("SCALE-002", () => {
  const check = checkerOf("SCALE-002");
  const told = (target: string): string => `SCALE-002 warn: HorizontalPodAutoscaler "web" aims at ${target}: it scales nothing`;
  check("an autoscaler before its Deployment enters with a warning", {
    judge: autoscaler(),
    finds: [told('Deployment "web", which does not stand')],
  });
  check("a kind that is spelled right, of another name", {
    judge: autoscaler({ target: { kind: "StatefulSet", name: "web" } }),
    world: [deployment()],
    finds: [told('StatefulSet "web", which does not stand')],
  });
  check("a target without replicas", {
    judge: autoscaler({ target: { kind: "DaemonSet", name: "agent" } }),
    world: [
      {
        ...{ apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "agent", namespace: "shop" } },
        ...{ spec: { selector: { matchLabels: { app: "web" } }, template: deployment().spec.template } },
      },
    ],
    finds: [told('DaemonSet "agent", which has no scale')],
  });
  check("a kind that others define", { judge: autoscaler({ target: { kind: "LeaderWorkerSet", name: "web" } }), finds: [] });
  check("one that stands", { judge: autoscaler(), world: [deployment()], finds: [] });
});

describe("SCALE-003", () => {
  const check = checkerOf("SCALE-003");
  const told =
    'SCALE-003 warn: the manifest of Deployment web sets 4 replicas beside HorizontalPodAutoscaler "web": each apply sets back what that has decided';
  const stored = (annotations: Readonly<Record<string, string>>): KubeObject => {
    const web = deployment({ replicas: 4 });
    return { ...web, metadata: { ...web.metadata, uid: "u", annotations } };
  };
  const applied = (spec: object): Readonly<Record<string, string>> => ({
    "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({ spec }),
  });
  const web = deployment({ replicas: 4 });
  const written: KubeObject = { ...web, metadata: { name: "web", namespace: "shop" } };
  check("in a file", { judge: written, world: [autoscaler()], finds: [told] });
  check("of the workload alone, which is the object to mend", { judge: autoscaler(), world: [written], finds: [] });
  check("by kubectl apply", { judge: stored(applied({ replicas: 4 })), world: [autoscaler()], finds: [told] });
  check("what the autoscaler itself has set is no manifest's", { judge: stored(applied({})), world: [autoscaler()], finds: [] });
  check("replicas of an unknown author are no finding", { judge: stored({}), world: [autoscaler()], finds: [] });
  check("without an autoscaler", { judge: written, finds: [] });
});

describe("SVC-001 and SVC-002", () => {
  const check = checkerOf("SVC-");
  const unanswered = 'Service "web" selects no pod of any workload in namespace shop: it has no endpoints';
  check("a label that no Pod has", {
    judge: service({ selector: { app: "wbe" } }),
    world: [deployment()],
    finds: [`SVC-001 warn: ${unanswered}`],
  });
  check("one label too many", {
    judge: service({ selector: { app: "web", tier: "front" } }),
    world: [deployment()],
    finds: [`SVC-001 warn: ${unanswered}`],
  });
  check("before its Deployment it is only recorded", {
    judge: service({ selector: { app: "web" } }),
    finds: [`SVC-001 audit: ${unanswered}`],
  });
  check("one Pod of a StatefulSet", {
    judge: service({ selector: { "statefulset.kubernetes.io/pod-name": "web-0" } }),
    world: [statefulSet()],
    finds: [],
  });
  check("a label that running Pods got later", {
    judge: service({ selector: { app: "web", role: "primary" } }),
    world: [statefulSet(), { ...pod({ name: "web-0", labels: { app: "web", role: "primary" } }) }],
    finds: [],
  });
  check("no selector, an empty one, or a name outside", { judge: service({ type: "ExternalName", selector: { app: "x" } }), finds: [] });
  check("no selector", { judge: service({}), finds: [] });
  check("a port by a name that no container has", {
    judge: service({ selector: { app: "web" }, ports: [{ port: 80, targetPort: "http" }] }),
    world: [withContainer({ ports: [{ name: "web", containerPort: 8080 }] })],
    finds: ['SVC-002 warn: Service "web": no container of Deployment web has a port named "http"'],
  });
  check("a port that a sidecar has", {
    judge: service({ selector: { app: "web" }, ports: [{ port: 80, targetPort: "http" }] }),
    world: [withContainer({}, [{ name: "proxy", restartPolicy: "Always", ports: [{ name: "http", containerPort: 8080 }] }])],
    finds: [],
  });
  it("are what the audit asks of Services that stand", () => {
    const stands = service({ selector: { app: "web" } });
    expect(auditedObjects(contextOf([stands]), "shop")).toEqual([stands]);
  });
});

describe("SEL-001", () => {
  const check = checkerOf("SEL-001");
  const told = (kind: string): string =>
    `SEL-001 deny: the selector of ${kind} web misses its own pods: it asks for app: web, and they have none`;
  const missing = (kind: string, apiVersion: string): KubeObject => {
    const web = deployment();
    const { spec } = web.spec.template;
    return { ...web, kind, apiVersion, spec: { ...web.spec, template: { metadata: { labels: { tier: "front" } }, spec } } } as KubeObject;
  };
  check("a Deployment", { judge: missing("Deployment", "apps/v1"), finds: [told("Deployment")] });
  check("a Rollout, which the API server lets in", { judge: missing("Rollout", "argoproj.io/v1alpha1"), finds: [told("Rollout")] });
  check("a label that its controller adds", {
    judge: {
      ...statefulSet(),
      spec: { ...statefulSet().spec, selector: { matchLabels: { app: "web", "apps.kubernetes.io/pod-index": "0" } } },
    } as KubeObject,
    finds: [],
  });
  check("its own labels", { judge: deployment(), finds: [] });
});
