/** An owner reference is a claim of whoever writes it: it takes nothing out of the rules that a person could put it on. */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { validate } from "../../src/policies/evaluate.ts";
import { contextOf, policySet, requestFor } from "../support/admission.ts";
import { deployment, pod } from "../support/objects.ts";

const policies = policySet();
const controller = { username: "system:serviceaccount:kube-system:replicaset-controller", groups: ["system:serviceaccounts:kube-system"] };

interface Row {
  readonly object: KubeObject;
  readonly world?: readonly KubeObject[];
  readonly userInfo?: typeof controller;
}

describe("an owner reference", () => {
  check("of a Node on a Deployment hides nothing", { object: owned(deployment(), { kind: "Node", apiVersion: "v1" }) }, true);
  check("of a ReplicaSet that is not there hides no Pod", { object: owned(pod(), { kind: "ReplicaSet", apiVersion: "apps/v1" }) }, true);
  check(
    "of a StatefulSet of another group hides no Pod",
    { object: owned(pod(), { kind: "StatefulSet", apiVersion: "apps.kruise.io/v1" }) },
    true,
  );
  const replicaSet = { ...named("ReplicaSet", "apps/v1"), spec: { replicas: 1, selector: {}, template: deployment().spec.template } };
  const own = owned(pod(), { kind: "ReplicaSet", apiVersion: "apps/v1" });
  check("of a ReplicaSet that stands leaves its Pod to it", { object: own, world: [replicaSet] }, false);
  check("by a controller needs no look: its owner may not have been seen yet", { object: own, userInfo: controller }, false);
});

function check(name: string, { object, world = [], userInfo }: Row, judged: boolean): void {
  it(name, () => {
    const request = { ...requestFor(object), ...(userInfo === undefined ? {} : { userInfo }) };
    const { findings } = validate({ policySet: policies, request, context: contextOf(world, []) });
    expect(findings.length > 0).toBe(judged);
  });
}

function named(kind: string, apiVersion: string): KubeObject {
  return { apiVersion, kind, metadata: { name: "owner", namespace: "shop", uid: "u1" } };
}

function owned(object: KubeObject, of: { readonly kind: string; readonly apiVersion: string }): KubeObject {
  const reference = { ...of, name: "owner", uid: "u1", controller: true };
  return { ...object, metadata: { ...object.metadata, ownerReferences: [reference] } };
}
