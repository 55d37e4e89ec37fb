/** Which volumes the end of a node waits for. */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../src/api/object.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { PersistentVolume, PersistentVolumeClaim, VolumeAttachment } from "../../../src/api/storage.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { awaitedVolumes } from "../../../src/provisioner/lifecycle/volumes.ts";
import { pod } from "../../support/objects.ts";

const now = Date.parse("2026-07-01T00:00:00Z");

describe("the end of a node waits", () => {
  check("for a disk that is attached to it", { objects: [attachment("pv-1"), volume("pv-1")] }, ["pv-1"]);
  check("for one that is about to be", { objects: [attachment("pv-1", { attached: undefined }), volume("pv-1")] }, ["pv-1"]);
  check("not for one of another node", { objects: [attachment("pv-1", { nodeName: "other" }), volume("pv-1")] }, []);
  check("not for one that is detached", { objects: [attachment("pv-1", { attached: false }), volume("pv-1")] }, []);
  check("not for one that several nodes may attach", { objects: [attachment("pv-1"), volume("pv-1", ["ReadWriteMany"])] }, []);
  check(
    "not for one that a Pod keeps which stays",
    { objects: [attachment("pv-1"), volume("pv-1"), boundClaim("data", "pv-1")], pods: [agent("data")] },
    [],
  );
  check(
    "for one that a Pod still has which must go",
    { objects: [attachment("pv-1"), volume("pv-1"), boundClaim("data", "pv-1")], pods: [mounting("data")] },
    ["pv-1"],
  );
  check("once for each, in order", { objects: [attachment("pv-2"), attachment("pv-1"), volume("pv-1"), volume("pv-2")] }, ["pv-1", "pv-2"]);
});

function check(
  what: string,
  given: { readonly objects: readonly KubeObject[]; readonly pods?: readonly Pod[] },
  expected: readonly string[],
): void {
  it(what, () => {
    expect(awaitedVolumes({ snapshot: snapshotOf(given.objects), nodeName: "general-1", pods: given.pods ?? [], now })).toEqual(expected);
  });
}

function attachment(
  volumeName: string,
  of: { readonly nodeName?: string; readonly attached?: boolean | undefined } = {},
): VolumeAttachment {
  const { nodeName = "general-1" } = of;
  const attached = "attached" in of ? of.attached : true;
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "VolumeAttachment",
    metadata: { name: `csi-${volumeName}-${nodeName}` },
    spec: { attacher: "ebs.csi.aws.com", nodeName, source: { persistentVolumeName: volumeName } },
    ...(attached === undefined ? {} : { status: { attached } }),
  };
}

function volume(name: string, accessModes: readonly string[] = ["ReadWriteOnce"]): PersistentVolume {
  return { apiVersion: "v1", kind: "PersistentVolume", metadata: { name }, spec: { accessModes } };
}

function boundClaim(name: string, volumeName: string): PersistentVolumeClaim {
  return { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name, namespace: "shop" }, spec: { volumeName } };
}

function mounting(claimName: string): Pod {
  return pod({ spec: { volumes: [{ name: "data", persistentVolumeClaim: { claimName } }] } });
}

/** Tolerates everything, and so outlives the drain. */
function agent(claimName: string): Pod {
  const made = mounting(claimName);
  return { ...made, spec: { ...made.spec, tolerations: [{ operator: "Exists" }] } };
}
