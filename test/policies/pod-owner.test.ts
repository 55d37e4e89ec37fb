import { describe, expect, it } from "vitest";
import type { KubeObject, OwnerReference } from "../../src/api/object.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { workloadOfPod } from "../../src/policies/pod-owner.ts";
import { cronJob, deployment, job, pod, replicaSet, testNamespace } from "../support/objects.ts";

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
});
