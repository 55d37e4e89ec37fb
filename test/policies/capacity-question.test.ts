/**
 * Capacity question: which requests are told what they need and cost.
 */
import { expect, test } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import type { AdmissionRequest } from "../../src/policies/admission-request.ts";
import { capacityQuestion } from "../../src/policies/capacity-question.ts";
import { deployment, job, pod, replicaSet } from "../support/objects.ts";

const person = { username: "ana", groups: ["team"] };
const standing = deployment({ name: "web", replicas: 2 });
const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "u", controller: true };

function request(over: Partial<AdmissionRequest> & { readonly object?: KubeObject }): AdmissionRequest {
  return {
    ...{ uid: "u", operation: "CREATE", kind: { group: "apps", version: "v1", kind: "Deployment" }, name: "web", namespace: "shop" },
    ...{ resource: { group: "apps", version: "v1", resource: "deployments" }, userInfo: person, dryRun: false },
    ...over,
  };
}

function scaleTo(replicas: number): AdmissionRequest {
  const object: KubeObject & { readonly spec: object } = {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: { name: "web" },
    spec: { replicas },
  };
  return request({ operation: "UPDATE", subResource: "scale", object });
}

const check = (name: string, asked: AdmissionRequest, replicas: number | undefined, capacityAdvice: "off" | "warn" = "warn"): void => {
  test(name, () => {
    const object = capacityQuestion({ request: asked, snapshot: snapshotOf([standing]), settings: { capacityAdvice } });
    const spec = object !== undefined && "spec" in object ? object.spec : undefined;
    expect(spec).toEqual(replicas === undefined ? undefined : expect.objectContaining({ replicas }));
  });
};

const five = deployment({ name: "web", replicas: 5 });
check("a new Deployment is asked about", request({ object: five }), 5);
check("where the policies don't say so nobody is asked about", request({ object: five }), undefined, "off");
check("a dry run is asked about as the real thing", request({ object: five, dryRun: true }), 5);
check("one that grows is asked about", request({ operation: "UPDATE", object: five, oldObject: standing }), 5);
check("one that shrinks is not", request({ operation: "UPDATE", object: standing, oldObject: five }), undefined);
check("one that stays as large is not", request({ operation: "UPDATE", object: five, oldObject: five }), undefined);
check("one that is deleted is not", request({ operation: "DELETE", oldObject: five }), undefined);
check("a scale upwards is asked about as the workload will be", scaleTo(7), 7);
check("a scale downwards is not", scaleTo(1), undefined);
check("a scale of what is not known is not", { ...scaleTo(7), name: "other" }, undefined);
check(
  "an autoscaler's scale is not",
  { ...scaleTo(7), userInfo: { username: "system:serviceaccount:kube-system:hpa", groups: [] } },
  undefined,
);
check("a Deployment's ReplicaSet is its Deployment's matter", request({ object: replicaSet({ replicas: 3, owner }) }), undefined);
check("a bare ReplicaSet is asked about", request({ object: replicaSet({ replicas: 3 }) }), 3);
check("a Pod is not", request({ object: pod() }), undefined);

test("a Job is asked about", () => {
  const settings = { capacityAdvice: "warn" } as const;
  expect(capacityQuestion({ request: request({ object: job({ name: "run" }) }), snapshot: snapshotOf([]), settings })).toBeDefined();
});
