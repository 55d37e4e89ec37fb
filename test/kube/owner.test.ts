/** Owners are followed up to what a person wrote, and no further than that. */
import { describe, expect, it } from "vitest";
import type { KubeObject, OwnerReference } from "../../src/api/object.ts";
import { controllerOf, ownerHopsMax, topOwner } from "../../src/kube/owner.ts";

describe("the top owner", () => {
  it("of a bare Pod is the Pod", () => {
    const pod = made("Pod", "p");
    expect(top(pod)).toEqual({ owners: [], top: pod });
  });
  it("of a Deployment's Pod is the Deployment, through its ReplicaSet", () => {
    const [deployment, replicaSet] = [made("Deployment", "web"), made("ReplicaSet", "web-1", "Deployment/web")];
    const found = top(made("Pod", "web-1-x", "ReplicaSet/web-1"), deployment, replicaSet);
    expect(found).toEqual({ owners: [replicaSet, deployment], top: deployment });
  });
  it("that nobody knows is reported, and the chain ends below it", () => {
    const replicaSet = made("ReplicaSet", "web-1", "Rollout/web");
    expect(top(made("Pod", "x", "ReplicaSet/web-1"), replicaSet)).toMatchObject({
      top: replicaSet,
      unknown: { kind: "Rollout", name: "web" },
    });
  });
  it("of the same name made again is another object", () => {
    const again = { ...made("ReplicaSet", "web-1"), metadata: { name: "web-1", uid: "other" } };
    expect(top(made("Pod", "x", "ReplicaSet/web-1"), again)).toMatchObject({ owners: [], unknown: { name: "web-1" } });
  });
  it("is found without uids, as in files", () => {
    const job = { ...made("Job", "j"), metadata: { name: "j" } };
    expect(top(made("Pod", "x", "Job/j"), job).top).toBe(job);
  });
  it("of objects that own each other is reached after four hops", () => {
    const [a, b] = [made("A", "a", "B/b"), made("B", "b", "A/a")];
    expect(top(a, a, b).owners).toHaveLength(ownerHopsMax);
  });
  it("is only the controller, not another owner", () => {
    const reference = { apiVersion: "v1", kind: "Node", name: "n", uid: "u" };
    expect(controllerOf({ ...made("Pod", "p"), metadata: { name: "p", ownerReferences: [reference] } })).toBeUndefined();
  });
});

function top(object: KubeObject, ...known: readonly KubeObject[]): ReturnType<typeof topOwner> {
  const lookup = (reference: OwnerReference) => known.find((of) => of.kind === reference.kind && of.metadata.name === reference.name);
  return topOwner({ object, lookup });
}

function made(kind: string, name: string, controller?: string): KubeObject {
  const [ownerKind = "", ownerName = ""] = controller?.split("/") ?? [];
  const ownerReferences = [{ apiVersion: "v1", kind: ownerKind, name: ownerName, uid: `${ownerKind}/${ownerName}`, controller: true }];
  return {
    apiVersion: "v1",
    kind,
    metadata: { name, namespace: "shop", uid: `${kind}/${name}`, ...(controller === undefined ? {} : { ownerReferences }) },
  };
}
