/** Which workloads a profile claims: found once for a whole namespace, equal to asking about each of them, and never older than the snapshot. */
import { describe, expect, it } from "vitest";
import { platformNames, type PlatformNames } from "../../../src/api/labels.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import type { ClusterSnapshot } from "../../../src/api/snapshot.ts";
import type { WorkloadProfile } from "../../../src/api/workload-profile.ts";
import { objectTree, snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { claimedTargets } from "../../../src/policies/profile/profile-targets.ts";
import { claimsWorkload } from "../../../src/policies/profile/workload-contract.ts";
import { workloadsOf } from "../../../src/policies/workload-view.ts";
import { deployment, pod, profile, replicaSet, statefulSet } from "../../support/objects.ts";

const names = platformNames();
const label = names.profileLabel;
const objects: readonly KubeObject[] = [
  deployment({ name: "web" }),
  statefulSet({ name: "web" }),
  deployment({ name: "api", podLabels: { app: "api", [label]: "web" } }),
  deployment({ name: "batch", podLabels: { app: "batch", [label]: "nobody" } }),
  deployment({ name: "tagged", labels: { [label]: "web" } }),
  deployment({ name: "db" }),
  replicaSet({ name: "db-1", owner: { apiVersion: "apps/v1", kind: "Deployment", name: "db", uid: "uid-shop-db", controller: true } }),
  pod({ name: "db-1-x", owner: { apiVersion: "apps/v1", kind: "ReplicaSet", name: "db-1", uid: "uid-shop-db-1", controller: true } }),
  pod({ name: "lone" }),
];
const snapshot = snapshotOf(objects);

describe("a profile claims", () => {
  check("workloads of its name, and those whose own or Pods' label names it", profile({ name: "web" }), [
    "Deployment/api",
    "Deployment/tagged",
    "Deployment/web",
    "StatefulSet/web",
  ]);
  check("a Pod of nobody's, by its name", profile({ name: "lone" }), ["Pod/lone"]);
  check("no workload of its name that a label gives to another", profile({ name: "nobody" }), ["Deployment/batch"]);
  check(
    "what it targets, whatever that is called",
    profile({ name: "other", spec: { bind: { targetRef: { kind: "Deployment", name: "db" } } } }),
    ["Deployment/db"],
  );
  check("what it selects", profile({ name: "other", spec: { bind: { selector: { matchLabels: { app: "api" } } } } }), ["Deployment/api"]);
  check("nothing where nothing is called so", profile({ name: "gone" }), []);

  it("what stands now: with the same Pods, another Deployment is found, and one that is gone is not", () => {
    const tree = objectTree();
    tree.put("Deployment", deployment({ name: "web" }));
    tree.put("Pod", pod({ name: "lone" }));
    const before = tree.snapshot();
    tree.put("StatefulSet", statefulSet({ name: "web" }));
    const more = tree.snapshot();
    tree.remove("Deployment", { namespace: "shop", name: "web" });
    expect(more.list("Pod", "shop")).toBe(before.list("Pod", "shop"));
    const claimed = [before, more, tree.snapshot(), before].map((of) => claimedBy(profile({ name: "web" }), of));
    expect(claimed).toEqual([["Deployment/web"], ["Deployment/web", "StatefulSet/web"], ["StatefulSet/web"], ["Deployment/web"]]);
  });

  it("by the label of its own domain", () => {
    const elsewhere = platformNames("platform.example.org");
    const one = snapshotOf([deployment({ name: "api", labels: { [label]: "web", [elsewhere.profileLabel]: "other" } })]);
    expect(claimedBy(profile({ name: "web" }), one)).toEqual(["Deployment/api"]);
    expect(claimedBy(profile({ name: "other" }), one, elsewhere)).toEqual(["Deployment/api"]);
    expect(claimedBy(profile({ name: "web" }), one, elsewhere)).toEqual([]);
  });
});

/** The same by hand: each workload of the namespace is asked about. */
function check(what: string, one: WorkloadProfile, expected: readonly string[]): void {
  it(what, () => {
    const asked = workloadsOf(snapshot, "shop").filter((workload) => claimsWorkload({ workload, profile: one, names }));
    expect(claimedBy(one, snapshot)).toEqual(expected);
    expect(asked.map(({ kind, name }) => `${kind}/${name}`).sort()).toEqual(expected);
  });
}

function claimedBy(one: WorkloadProfile, of: ClusterSnapshot, by: PlatformNames = names): readonly string[] {
  return claimedTargets({ snapshot: of, profile: one, names: by }).map(({ workload: { kind, name } }) => `${kind}/${name}`);
}
