/**
 * Claims: the persistent volumes that a workload's Pods mount.
 *
 * Reads a workload's view and the snapshot. Returns each claim with the storage class and the volume that are known of it. A
 * StatefulSet's claim templates count too: the claims of its Pods that exist already say where its data is.
 */
import { zoneLabel } from "../api/labels.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import type { PersistentVolume, StorageClass } from "../api/storage.ts";
import type { VolumeClaimSpec } from "../api/volume-claim.ts";
import { termRequirements } from "../kube/pod-requirements.ts";
import { values } from "../kube/requirement.ts";
import { isObjectOf } from "./overlay-snapshot.ts";
import type { WorkloadView } from "./workload-view.ts";

/** One claim, as far as it is known. */
export interface VolumeClaim {
  /** Of the claim, or of the template that makes one for each Pod. */
  readonly name: string;
  /** Empty where neither the claim nor its template is known. */
  readonly accessModes: readonly string[];
  readonly storageClass: StorageClass | undefined;
  /** The bound volume; undefined while none is, or none is known. */
  readonly volume: PersistentVolume | undefined;
}

/** What claims are read from, besides the view. */
export interface ClaimWorld {
  readonly snapshot: ClusterSnapshot;
  readonly domain: string;
}

/** Returns the claims of a workload's Pods, in the order in which its Pod names them; none for most workloads, and quickly. */
export function claimsOf(view: WorkloadView, { snapshot, domain }: ClaimWorld): readonly VolumeClaim[] {
  const { object, namespace, name, replicas } = view.workload;
  const mounted = (view.pod.spec.volumes ?? []).flatMap((volume): readonly VolumeClaim[] => {
    if (volume.persistentVolumeClaim !== undefined)
      return [namedClaim(snapshot, { namespace, name: volume.persistentVolumeClaim.claimName })];
    const template = volume.ephemeral?.volumeClaimTemplate;
    return template === undefined ? [] : [knownClaim(snapshot, { name: volume.name, spec: template.spec })];
  });
  const templates = isObjectOf("StatefulSet", object, domain) ? (object.spec.volumeClaimTemplates ?? []) : [];
  const made = templates.flatMap(({ metadata, spec }): readonly VolumeClaim[] => {
    const template = metadata?.name ?? "";
    const existing = Array.from({ length: Math.min(replicas, claimsMax) }, (_, ordinal) => `${template}-${name}-${ordinal}`).filter(
      (claim) => snapshot.get("PersistentVolumeClaim", { namespace, name: claim }) !== undefined,
    );
    if (existing.length === 0) return [knownClaim(snapshot, { name: template, spec })];
    return existing.map((claim) => namedClaim(snapshot, { namespace, name: claim }));
  });
  return [...mounted, ...made];
}

/** Claims of one template that are looked at; the first ones tell the zones of all that matter. */
const claimsMax = 100;

function namedClaim(snapshot: ClusterSnapshot, key: { readonly namespace: string; readonly name: string }): VolumeClaim {
  return knownClaim(snapshot, { name: key.name, spec: snapshot.get("PersistentVolumeClaim", key)?.spec });
}

function knownClaim(snapshot: ClusterSnapshot, of: { readonly name: string; readonly spec: VolumeClaimSpec | undefined }): VolumeClaim {
  const { name, spec } = of;
  const volumeName = spec?.volumeName ?? "";
  return {
    name,
    accessModes: spec?.accessModes ?? [],
    storageClass: spec === undefined ? undefined : storageClassOf(snapshot, spec.storageClassName),
    volume: volumeName === "" ? undefined : snapshot.get("PersistentVolume", { namespace: "", name: volumeName }),
  };
}

const defaultClassAnnotation = "storageclass.kubernetes.io/is-default-class";

/** A claim that names no class gets the default one; of several the newest, as the API server has it. */
function storageClassOf(snapshot: ClusterSnapshot, name: string | undefined): StorageClass | undefined {
  if (name !== undefined) return name === "" ? undefined : snapshot.get("StorageClass", { namespace: "", name });
  const created = ({ metadata }: StorageClass): string => metadata.creationTimestamp ?? "";
  const [newest] = snapshot
    .list("StorageClass")
    .filter(({ metadata }) => metadata.annotations?.[defaultClassAnnotation] === "true")
    .toSorted((a, b) => (created(a) < created(b) ? 1 : -1));
  return newest;
}

/** Returns the zones that a volume can be reached from, sorted; empty where it can be reached from everywhere, or nothing says. */
export function zonesOfVolume({ spec }: PersistentVolume): readonly string[] {
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const zones = terms.map((term) => {
    const requirement = termRequirements(term).get(zoneLabel);
    return requirement === undefined ? undefined : values(requirement);
  });
  if (zones.some((listed) => listed === undefined)) return [];
  return [...new Set(zones.flatMap((listed) => listed ?? []))].sort();
}

/** Is true where Pods on several nodes may mount the claim at once: such a volume is no disk of one zone. */
export function isShared({ accessModes }: VolumeClaim): boolean {
  return accessModes.some((mode) => mode === "ReadWriteMany" || mode === "ReadOnlyMany");
}
