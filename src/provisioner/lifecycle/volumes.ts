/**
 * Volumes of a node that is to end: the attachments that must be gone before its instance is.
 *
 * Reads VolumeAttachments, the Pods of the node and what they mount. Returns the volumes that are still attached for Pods that had to
 * leave. A volume that a Pod keeps which stays on the node, and one that several nodes may attach, is not waited for (Karpenter's
 * pkg/controllers/node/termination).
 */
import type { Pod } from "../../api/pod.ts";
import type { Instant } from "../../api/ports.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { isDrainable } from "./drain.ts";

const sharedModes: ReadonlySet<string> = new Set(["ReadWriteMany", "ReadOnlyMany"]);

/** Returns the names of the volumes to wait for, sorted. `pods` are all Pods of the node. */
export function awaitedVolumes(of: {
  readonly snapshot: ClusterSnapshot;
  readonly nodeName: string;
  readonly pods: readonly Pod[];
  readonly now: Instant;
}): readonly string[] {
  const { snapshot, nodeName, pods, now } = of;
  const kept = new Set(pods.filter((pod) => !isDrainable(pod, now)).flatMap((pod) => volumesOf(pod, snapshot)));
  const attached = snapshot.list("VolumeAttachment").flatMap(({ metadata, spec, status }) => {
    const volume = spec.source.persistentVolumeName ?? metadata.name ?? "";
    return spec.nodeName === nodeName && status?.attached !== false && !kept.has(volume) && !isShared(volume, snapshot) ? [volume] : [];
  });
  return [...new Set(attached)].sort();
}

function isShared(name: string, snapshot: ClusterSnapshot): boolean {
  const volume = snapshot.get("PersistentVolume", { namespace: "", name });
  return (volume?.spec.accessModes ?? []).some((mode) => sharedModes.has(mode));
}

function volumesOf({ metadata, spec }: Pod, snapshot: ClusterSnapshot): readonly string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    // The claim of an ephemeral volume is named after the Pod and the volume.
    const claim = persistentVolumeClaim?.claimName ?? (ephemeral === undefined ? undefined : `${metadata.name ?? ""}-${name}`);
    if (claim === undefined) return [];
    return snapshot.get("PersistentVolumeClaim", { namespace: metadata.namespace ?? "", name: claim })?.spec.volumeName ?? [];
  });
}
