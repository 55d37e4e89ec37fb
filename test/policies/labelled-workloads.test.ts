/** Labelled workloads: the index finds what a walk through the namespace finds, whatever a request puts over it. */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { labelledWorkloads } from "../../src/policies/labelled-workloads.ts";
import { overlaySnapshot } from "../../src/policies/overlay-snapshot.ts";
import { workloadsOf } from "../../src/policies/workload-view.ts";
import fc from "../support/properties.ts";

const domain = "platform.example.com";
const kinds = ["Deployment", "StatefulSet", "CronJob", "Pod", "ReplicaSet"] as const;
const drawn = fc.record({
  kind: fc.constantFrom(...kinds),
  name: fc.constantFrom("a", "b", "c"),
  namespace: fc.constantFrom("shop", "other"),
  app: fc.constantFrom("web", "api", undefined),
  isOwned: fc.boolean(),
  isEnding: fc.boolean(),
});

describe("labelled workloads", () => {
  it("are those of all workloads of the namespace whose template has the label, in the same order, with or without the one that asks", () => {
    fc.assert(
      fc.property(fc.array(drawn, { maxLength: 12 }), fc.option(drawn, { nil: undefined }), fc.boolean(), (objects, change, isPut) => {
        const base = snapshotOf(objects.map(objectOf));
        const changed = change === undefined ? undefined : objectOf(change);
        const snapshot =
          changed === undefined ? base : overlaySnapshot(base, { ...(isPut ? { put: changed } : { remove: changed }), domain });
        const all = workloadsOf(snapshot, "shop");
        for (const value of ["web", "api"]) {
          for (const asking of [undefined, ...all]) {
            const walked = all.filter((one) => one !== asking && one.template.metadata?.labels?.["app"] === value);
            const found = labelledWorkloads(snapshot, "shop", { key: "app", value, ...(asking === undefined ? {} : { but: asking }) });
            expect(found.map(({ kind, name, object }) => [kind, name, object])).toEqual(
              walked.map(({ kind, name, object }) => [kind, name, object]),
            );
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

function objectOf({ kind, name, namespace, app, isOwned, isEnding }: typeof drawn extends fc.Arbitrary<infer T> ? T : never): KubeObject {
  const labels = app === undefined ? {} : { app };
  const spec = { containers: [{ name: "app", image: "a" }] };
  const template = { metadata: { labels }, spec };
  const job = { schedule: "0 4 * * *", jobTemplate: { spec: { template } } };
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "owner", uid: "u", controller: true };
  const made: KubeObject & { readonly spec: object } = {
    apiVersion: kind === "Pod" ? "v1" : kind === "CronJob" ? "batch/v1" : "apps/v1",
    kind,
    metadata: {
      ...{ name, namespace, labels, uid: `${kind}-${namespace}-${name}` },
      ...(isOwned && (kind === "ReplicaSet" || kind === "Pod") ? { ownerReferences: [owner] } : {}),
      ...(isEnding ? { deletionTimestamp: "2026-11-01T08:00:00Z" } : {}),
    },
    spec: kind === "Pod" ? spec : kind === "CronJob" ? job : { selector: { matchLabels: labels }, template },
  };
  return made;
}
