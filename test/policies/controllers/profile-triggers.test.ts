import { describe, expect, it } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { KubeObject, ObjectKey } from "../../../src/api/object.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { profileTriggers } from "../../../src/policies/controllers/profile-triggers.ts";
import { autoscaler, budget, deployment, job, nodePool, pod, profile, replicaSet } from "../../support/objects.ts";

const names = platformNames();
const web = profile();
const targeting = profile({ name: "gold", spec: { bind: { targetRef: { kind: "Deployment", name: "api" } } } });
const snapshot = snapshotOf([web, targeting, profile({ name: "other" }), profile({ name: "far", namespace: "elsewhere" }), deployment()]);
const triggers: readonly { readonly watches: string; keysOf(change: never): readonly ObjectKey[] }[] = profileTriggers({
  snapshot: () => snapshot,
  names,
});

/** The object with other metadata. */
function having(object: KubeObject, metadata: Partial<KubeObject["metadata"]>): KubeObject {
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

describe("what makes a profile worth another look", () => {
  function check(name: string, object: KubeObject, expected: readonly string[], before?: KubeObject) {
    it(name, () => {
      const trigger = triggers.find(({ watches }) => watches === object.kind);
      const change = before === undefined ? { kind: "added", object } : { kind: "updated", object, before };
      expect([...new Set(trigger?.keysOf(change as never).map((key) => key.name))].sort()).toEqual(expected);
    });
  }
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-shop-web", controller: true };
  const second = (object: KubeObject) => having(object, { generation: 2 });
  const labelled = pod({ labels: { [names.profileLabel]: "gold" } });
  const resized = pod({ labels: { [names.profileLabel]: "gold" }, requests: { cpu: "2", memory: "128Mi" } });
  const { template } = deployment().spec;
  const rollout = (stableRS: string): KubeObject => ({
    ...{ ...deployment(), apiVersion: "argoproj.io/v1alpha1", kind: "Rollout" },
    ...{ spec: { replicas: 2, template }, status: { stableRS } },
  });

  check("a new workload concerns the profile that may bind it", deployment(), ["web"]);
  check("and the one that targets it", deployment({ name: "api" }), ["gold"]);
  check("and none where nobody claims it", deployment({ name: "lone" }), []);
  check("a scaled workload does", second(deployment()), ["web"], deployment());
  check("a workload's new status does not", deployment(), [], deployment());
  check(
    "a workload that lost its label concerns the profile that it named",
    deployment({ name: "lone" }),
    ["gold"],
    deployment({ name: "lone", labels: { [names.profileLabel]: "gold" } }),
  );
  check("a ReplicaSet of a Deployment is its Deployment's business", replicaSet({ owner }), []);
  check("a Job concerns the profile of its name", job({ name: "other" }), ["other"]);
  check("a profile's new word concerns all in its namespace", second(web), ["gold", "other", "web"], web);
  check("a profile's new status concerns only itself", web, ["web"], web);
  check("a budget of anybody's concerns the namespace", budget({ name: "x" }), ["gold", "other", "web"]);
  check("a budget's status does not", budget({ name: "x" }), [], budget({ name: "x" }));
  const compiled = (status: object): KubeObject => ({
    ...having(budget({ name: "web" }), {
      ownerReferences: [{ apiVersion: `${names.domain}/v1`, kind: "WorkloadProfile", name: "gold", uid: "u", controller: true }],
    }),
    ...{ status },
  });
  check(
    "a compiled budget concerns its profile once the disruption controller counts otherwise",
    compiled({ disruptionsAllowed: 1 }),
    ["gold"],
    compiled({ disruptionsAllowed: 0 }),
  );
  check(
    "and not while it counts the same",
    compiled({ disruptionsAllowed: 1, currentHealthy: 5 }),
    [],
    compiled({ disruptionsAllowed: 1 }),
  );
  check("a Pod concerns the profile that it carries", labelled, ["gold"]);
  check("and only when it comes, ends or goes", labelled, [], labelled);
  check("as when it fails", { ...labelled, ...{ status: { phase: "Failed" } } }, ["gold"], labelled);
  check("as when it is resized in place", resized, ["gold"], labelled);
  check("as when it is bound", { ...labelled, spec: { ...labelled.spec, nodeName: "n" } } as KubeObject, ["gold"], labelled);
  check("a Rollout's new stable revision concerns the profile that may bind it", rollout("b"), ["web"], rollout("a"));
  check("a Rollout's other status does not", rollout("a"), [], rollout("a"));
  check("an autoscaler of anybody's concerns the namespace", autoscaler({ name: "x" }), ["gold", "other", "web"]);
  check("an autoscaler's status does not", autoscaler({ name: "x" }), [], autoscaler({ name: "x" }));
  check("a Pod without our label concerns its owner's profile", pod({ name: "p", owner }), ["web"]);
  check("a NodePool's new word concerns every profile", second(nodePool()), ["far", "gold", "other", "web"], nodePool());
  check("a NodePool's status does not", nodePool(), [], nodePool());
});
