/** Every built-in workload kind is seen in one shape. */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { workloadOf } from "../../src/kube/workload.ts";
import { cronJob, deployment, job, pod, replicaSet, statefulSet } from "../support/objects.ts";

describe("a workload", () => {
  const selector = { matchLabels: { app: "web" } };
  check("of a Deployment", deployment({ replicas: 5 }), {
    kind: "Deployment",
    name: "web",
    namespace: "shop",
    replicas: 5,
    selector,
    hasScale: true,
  });
  check("of a StatefulSet", statefulSet({ replicas: 3 }), { kind: "StatefulSet", replicas: 3, hasScale: true });
  check("of a ReplicaSet", replicaSet({ replicas: 2 }), { kind: "ReplicaSet", replicas: 2, hasScale: true });
  check("of a Job counts parallelism", withSpec(job(), { parallelism: 10 }), { kind: "Job", replicas: 10, hasScale: false });
  check("of a Job counts no more than its completions", withSpec(job(), { parallelism: 5, completions: 3 }), {
    kind: "Job",
    replicas: 3,
    hasScale: false,
  });
  check("of a Job alone is one Pod", withoutParallelism(job()), { replicas: 1 });
  check("of a CronJob is what one run starts", cronJob(), { kind: "CronJob", hasScale: false });
  check("of a bare Pod is the Pod", pod({ name: "debug" }), {
    kind: "Pod",
    replicas: 1,
    hasScale: false,
    template: { metadata: { name: "debug" } },
  });
  check("of a DaemonSet counts its Nodes", { ...deployment(), kind: "DaemonSet", status: { desiredNumberScheduled: 7 } } as KubeObject, {
    kind: "DaemonSet",
    replicas: 7,
  });
  check("of a Deployment without a count is one Pod", withoutReplicas(), { replicas: 1 });

  function check(title: string, object: KubeObject, expected: object): void {
    it(title, () => {
      expect(workloadOf(object)).toMatchObject({ ...expected, object });
    });
  }
});

it("of a Rollout is the same with nulls, which its CRD lets stand, as without them", () => {
  const { spec, ...rest } = deployment() as KubeObject & { readonly spec: { readonly template: { readonly spec: object } } };
  const rollout = { ...rest, apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", spec } as KubeObject;
  const podSpec = { ...spec.template.spec, volumes: null, nodeSelector: null, initContainers: null, affinity: { podAffinity: null } };
  const written = withSpec(rollout as typeof rollout & { spec: object }, {
    replicas: null,
    template: { ...spec.template, metadata: { labels: { app: "web" }, annotations: null }, spec: podSpec },
  });
  const { template, replicas } = workloadOf(written) ?? {};
  expect(replicas).toBe(1);
  expect(template).toEqual({ ...spec.template, metadata: { labels: { app: "web" } }, spec: { ...spec.template.spec, affinity: {} } });
  // Nothing is copied where there is nothing to drop.
  expect(workloadOf(rollout)?.template).toBe((rollout as typeof rollout & { spec: typeof spec }).spec.template);
});

describe("no workload", () => {
  check("is another kind", { apiVersion: "v1", kind: "Service", metadata: {} });
  check("is a kind of the same name in another group", { ...deployment(), apiVersion: "example.com/v1" });
  check("is an inherited name", { apiVersion: "v1", kind: "constructor", metadata: {} });
  check("is a Deployment without a spec", { apiVersion: "apps/v1", kind: "Deployment", metadata: {} });
  check("is a Deployment without containers", withSpec(deployment(), { template: { spec: {} } }));
  check("is a CronJob without a template", { apiVersion: "batch/v1", kind: "CronJob", metadata: {}, spec: {} } as KubeObject);

  function check(title: string, object: KubeObject): void {
    it(title, () => {
      expect(workloadOf(object)).toBeUndefined();
    });
  }
});

function withSpec(object: KubeObject & { readonly spec: object }, more: object): KubeObject {
  return { ...object, spec: { ...object.spec, ...more } } as KubeObject;
}

function withoutReplicas(): KubeObject {
  return withSpec(deployment(), { replicas: undefined });
}

function withoutParallelism(object: KubeObject & { readonly spec: object }): KubeObject {
  return withSpec(object, { parallelism: undefined });
}
