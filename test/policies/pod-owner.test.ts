import { describe, expect, it } from "vitest";
import type { KubeObject, OwnerReference } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { workloadOfPod } from "../../src/policies/pod-owner.ts";
import { cronJob, deployment, job, pod, replicaSet, statefulSet, testNamespace } from "../support/objects.ts";

function owner(kind: string, name: string, apiVersion = "apps/v1"): OwnerReference {
  return { apiVersion, kind, name, uid: `uid-${testNamespace}-${name}`, controller: true };
}

describe("the workload of a Pod that comes", () => {
  const labels = { app: "web", "pod-template-hash": "5d4f" };
  function check(name: string, owned: OwnerReference | undefined, world: readonly KubeObject[], expected: string) {
    it(name, () => {
      const made = pod({ name: "p", labels, ...(owned === undefined ? {} : { owner: owned }) });
      const found = workloadOfPod({ pod: made, namespace: testNamespace, snapshot: snapshotOf(world) });
      expect(`${found?.kind}/${found?.name}`).toBe(expected);
    });
  }
  const web = deployment();
  const rs = replicaSet({ name: "web-5d4f", owner: owner("Deployment", "web") });

  check("is itself where nobody made it", undefined, [], "Pod/p");
  check("is the Deployment above its ReplicaSet", owner("ReplicaSet", "web-5d4f"), [web, rs], "Deployment/web");
  check(
    "is the Deployment that the names imply while the ReplicaSet is not known",
    owner("ReplicaSet", "web-5d4f"),
    [web],
    "Deployment/web",
  );
  check("is that Deployment even before it is known itself", owner("ReplicaSet", "web-5d4f"), [], "Deployment/web");
  check(
    "is a ReplicaSet of its own name where that has no template hash",
    owner("ReplicaSet", "lone"),
    [replicaSet({ name: "lone" })],
    "ReplicaSet/lone",
  );
  check("is the CronJob that a Job's name implies", owner("Job", "nightly-29384720", "batch/v1"), [cronJob()], "CronJob/nightly");
  check("is that CronJob even before it is known itself", owner("Job", "nightly-29384720", "batch/v1"), [], "CronJob/nightly");
  check(
    "is the Job itself where its name is a person's",
    owner("Job", "report-1", "batch/v1"),
    [job({ name: "report-1" })],
    "Job/report-1",
  );

  const rollout: KubeObject & { readonly spec: object } = {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Rollout",
    metadata: { name: "web", namespace: testNamespace, uid: `uid-${testNamespace}-web` },
    spec: { replicas: 4, selector: { matchLabels: { app: "web" } }, template: web.spec.template },
  };
  const ofRollout = replicaSet({ name: "web-7c9", owner: owner("Rollout", "web", "argoproj.io/v1alpha1") });
  const canary = { app: "web", "rollouts-pod-template-hash": "7c9" };
  function checkKind(name: string, made: KubeObject, world: readonly KubeObject[], expected: object) {
    it(name, () => {
      const found = workloadOfPod({ pod: made as Pod, namespace: testNamespace, snapshot: snapshotOf(world) });
      const { kind, name: called, replicas, hasScale, selector } = found ?? {};
      expect({ kind, name: called, replicas, hasScale, selector }).toEqual({ selector: { matchLabels: { app: "web" } }, ...expected });
    });
  }
  const ofReplicaSet = pod({ name: "p", labels: canary, owner: owner("ReplicaSet", "web-7c9") });
  const seen = { kind: "Rollout", name: "web", hasScale: true };
  checkKind("is the Rollout above its ReplicaSet", ofReplicaSet, [rollout, ofRollout], { ...seen, replicas: 4 });
  checkKind("is the Rollout that the names imply while the ReplicaSet is not known", ofReplicaSet, [rollout], { ...seen, replicas: 4 });
  checkKind("is a Rollout that is not known itself, as its ReplicaSet shows it", ofReplicaSet, [ofRollout], {
    ...seen,
    replicas: 2,
    selector: undefined,
  });
  checkKind(
    "is a Rollout that takes its template from a Deployment, as the Pod shows it",
    ofReplicaSet,
    [
      {
        ...rollout,
        spec: { replicas: 4, selector: { matchLabels: { app: "web" } }, workloadRef: { kind: "Deployment", name: "web" } },
      } as KubeObject,
      ofRollout,
    ],
    { ...seen, replicas: 4 },
  );
  checkKind("is the owner of a kind that nobody knows", pod({ name: "p", owner: owner("Farm", "f", "example.com/v1") }), [], {
    ...{ kind: "Farm", name: "f", replicas: 1, hasScale: false, selector: undefined },
  });
  checkKind("is a StatefulSet that is not known yet", pod({ name: "db-0", owner: owner("StatefulSet", "db") }), [], {
    ...{ kind: "StatefulSet", name: "db", replicas: 1, hasScale: true, selector: undefined },
  });
  checkKind(
    "is the workload itself where an operator made it",
    pod({ name: "db-0", owner: owner("StatefulSet", "web") }),
    [{ ...statefulSet(), metadata: { ...statefulSet().metadata, ownerReferences: [owner("Kafka", "k", "example.com/v1")] } }],
    { kind: "StatefulSet", name: "web", replicas: 2, hasScale: true },
  );
  it("is found four owners up: a worker of a LeaderWorkerSet belongs to the leaders' StatefulSet", () => {
    const leaders = {
      ...statefulSet({ name: "lws" }),
      metadata: { ...statefulSet({ name: "lws" }).metadata, ownerReferences: [owner("LeaderWorkerSet", "lws")] },
    };
    const leader = pod({ name: "lws-0", owner: owner("StatefulSet", "lws") });
    const workers = {
      ...statefulSet({ name: "lws-0-w" }),
      metadata: { ...statefulSet({ name: "lws-0-w" }).metadata, ownerReferences: [owner("Pod", "lws-0", "v1")] },
    };
    const worker = pod({ name: "lws-0-w-0", owner: owner("StatefulSet", "lws-0-w") });
    const found = workloadOfPod({ pod: worker, namespace: testNamespace, snapshot: snapshotOf([leaders, leader, workers]) });
    expect(`${found?.kind}/${found?.name}`).toBe("StatefulSet/lws");
  });
});
