/**
 * Direct reads: what the API server has shown counts until a watch brings it, and no longer than that may take.
 */
import { expect, test } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { readLifeMaxMs, unseenReads, withDirectReads } from "../../src/provisioner/direct-reads.ts";
import { deployment, namespaceObject } from "../support/objects.ts";

const names = platformNames();
const stored = (version: number, more: object = {}): KubeObject => {
  const object = deployment({ name: "web", replicas: 3 });
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version), ...more } };
};

test("what was read is in the world before any watch brings it, over an older state too", () => {
  const reads = [{ object: stored(7), at: 0 }];
  const versions = (seen: readonly KubeObject[]) =>
    withDirectReads(snapshotOf([namespaceObject(), ...seen]), reads, names.domain)
      .list("Deployment")
      .map(({ metadata }) => metadata.resourceVersion);
  expect(versions([])).toEqual(["7"]);
  expect(versions([stored(5)])).toEqual(["7"]);
});

const rows: readonly (readonly [string, readonly KubeObject[], number, number])[] = [
  ["the watch has not brought it", [], 0, 1],
  ["the watch has an older state", [stored(5)], 0, 1],
  ["it is late", [], readLifeMaxMs, 0],
  ["the watch has brought it", [stored(7)], 0, 0],
  ["the watch has brought a later state", [stored(12)], 0, 0],
  ["another of its name came later", [stored(12, { uid: "another" })], 0, 0],
];
test.each(rows)("a read is held or forgotten where %s", (_name, seen, now, held) => {
  expect(unseenReads([{ object: stored(7), at: 0 }], { snapshot: snapshotOf(seen), now })).toHaveLength(held);
});
