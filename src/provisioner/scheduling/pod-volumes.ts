/**
 * Pod volumes: where a Pod's persistent volumes let it run.
 *
 * Reads the claims that a Pod mounts, with the PersistentVolumes and StorageClasses behind them. Returns alternatives of node
 * requirements, or the sentence that says why no node will do now (VolumeBinding of kube-scheduler). A bound claim asks for what
 * its volume's node affinity says; one that waits for its first Pod for what its class' allowedTopologies say; any other claim
 * keeps the Pod from every node. The alternatives say where a Pod may run and nothing about what its spread counts.
 */
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from "../../api/storage.ts";
import type { Pod, PodSpec } from "../../api/pod.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import type { VolumeClaimSpec } from "../../api/volume-claim.ts";
import { err, ok, type Result } from "../../api/result.ts";
import { podRequirements, termRequirements } from "../../kube/pod-requirements.ts";
import {
  formatRequirements,
  intersection,
  intersects,
  noRequirements,
  requirementsOf,
  type Requirements,
} from "../../kube/requirements.ts";

/** The cluster's volumes. */
export interface VolumeWorld {
  readonly claims: readonly PersistentVolumeClaim[];
  readonly volumes: readonly PersistentVolume[];
  readonly classes: readonly StorageClass[];
}

/** Returns what a snapshot knows of volumes. */
export function volumeWorld(snapshot: ClusterSnapshot): VolumeWorld {
  return {
    claims: snapshot.list("PersistentVolumeClaim"),
    volumes: snapshot.list("PersistentVolume"),
    classes: snapshot.list("StorageClass"),
  };
}

/**
 * Returns the same with claims that name their volume as bound to it: on paper no time passes, and files that people write lack the
 * annotation with which the API server's controller says that it is done. A claim to a volume of another claim stays as it is.
 */
export function boundOnPaper(world: VolumeWorld): VolumeWorld {
  const owners = new Map(world.volumes.map(({ metadata, spec }) => [metadata.name ?? "", spec.claimRef]));
  const claims = world.claims.map((claim) => {
    const { metadata, spec } = claim;
    const owner = owners.get(spec.volumeName ?? "");
    const isForeign = owner !== undefined && (owner.namespace !== metadata.namespace || owner.name !== metadata.name);
    if (!spec.volumeName || isForeign) return claim;
    return { ...claim, metadata: { ...metadata, annotations: { ...metadata.annotations, [bindCompleted]: "yes" } } };
  });
  return { ...world, claims };
}

/** Looks volumes up by name. */
export interface Shelf {
  readonly claims: ReadonlyMap<string, PersistentVolumeClaim>;
  readonly volumes: ReadonlyMap<string, PersistentVolume>;
  readonly classes: ReadonlyMap<string, StorageClass>;
}

export interface MountedClaim {
  /** Undefined where the claim will be made with the Pod. */
  readonly claim: PersistentVolumeClaim | undefined;
  readonly name: string;
  readonly spec: VolumeClaimSpec;
}

type Alternatives = readonly Requirements[];

/** Ways to combine the places of several volumes; beyond, the last are not tried. */
const alternativesMax = 64;
const anywhere: Alternatives = [noRequirements];
const bindCompleted = "pv.kubernetes.io/bind-completed";
const isDefaultClass = "storageclass.kubernetes.io/is-default-class";
const noProvisioner = "kubernetes.io/no-provisioner";

/** Says whether a Pod mounts any claim. */
export function mountsClaims({ volumes }: PodSpec): boolean {
  return volumes?.some(({ persistentVolumeClaim, ephemeral }) => (persistentVolumeClaim ?? ephemeral) != null) === true;
}

/** Returns the lookup of where a Pod's volumes let it run; undefined for a Pod without claims. */
export function volumePlaces(world: VolumeWorld): (pod: Pod) => Result<Alternatives, string> | undefined {
  const shelf = volumeShelf(world);
  return (pod) => (mountsClaims(pod.spec) ? placesOf(pod, shelf) : undefined);
}

/** Returns the cluster's volumes by name. */
export function volumeShelf(world: VolumeWorld): Shelf {
  return {
    claims: new Map(world.claims.map((one) => [`${one.metadata.namespace ?? ""}/${one.metadata.name ?? ""}`, one])),
    volumes: new Map(world.volumes.map((one) => [one.metadata.name ?? "", one])),
    classes: new Map(world.classes.map((one) => [one.metadata.name ?? "", one])),
  };
}

function placesOf(pod: Pod, shelf: Shelf): Result<Alternatives, string> {
  const asked = podRequirements(pod.spec);
  let all: Alternatives = anywhere;
  for (const mounted of mountedClaims(pod, shelf)) {
    if (!mounted.ok) return mounted;
    const own = placesOfClaim(mounted.value, shelf);
    if (!own.ok) return own;
    const both = combinedPlaces(all, own.value);
    if (both.length === 0) {
      return err(`its volumes are in different places: ${mounted.value.name} in ${said(own.value)}, others in ${said(all)}`);
    }
    all = both;
  }
  if (asked.length > 0 && combinedPlaces(asked, all).length === 0)
    return err(`its volumes are in ${said(all)}, and its node selector and affinity ask for ${said(asked)}`);
  return ok(all);
}

function said(alternatives: Alternatives): string {
  return alternatives.map(formatRequirements).join(" or ");
}

/** Returns every way to meet one of each; none where they exclude each other. */
export function combinedPlaces(a: Alternatives, b: Alternatives): Alternatives {
  const all = a.flatMap((one) => b.flatMap((other) => (intersects(one, other) === undefined ? [intersection(one, other)] : [])));
  const byText = new Map(all.map((one) => [formatRequirements(one), one]));
  return [...byText.values()].slice(0, alternativesMax);
}

/** Returns the claims that a Pod mounts, those included that will be made with it; or the sentence that one is missing. */
export function mountedClaims({ metadata, spec }: Pod, { claims }: Shelf): readonly Result<MountedClaim, string>[] {
  const namespace = metadata.namespace ?? "";
  const found = (name: string): MountedClaim | undefined => {
    const claim = claims.get(`${namespace}/${name}`);
    return claim === undefined ? undefined : { claim, name, spec: claim.spec };
  };
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }): readonly Result<MountedClaim, string>[] => {
    if (persistentVolumeClaim != null) {
      const mounted = found(persistentVolumeClaim.claimName);
      const missing = `PersistentVolumeClaim ${namespace}/${persistentVolumeClaim.claimName}, which it mounts, does not exist; create it`;
      return [mounted === undefined ? err(missing) : ok(mounted)];
    }
    if (ephemeral == null) return [];
    const own = `${metadata.name ?? ""}-${name}`;
    return [ok(found(own) ?? { claim: undefined, name: own, spec: ephemeral.volumeClaimTemplate?.spec ?? {} })];
  });
}

function placesOfClaim(mounted: MountedClaim, shelf: Shelf): Result<Alternatives, string> {
  const { claim, name, spec } = mounted;
  const about = `PersistentVolumeClaim ${name}`;
  if (claim?.metadata.deletionTimestamp !== undefined) return err(`${about} is being deleted; wait until it is gone and create it again`);
  if (claim?.status?.phase === "Lost") return err(`${about} has lost its volume; restore the volume or create the claim again`);
  if (claim === undefined || !spec.volumeName) return placesOfClass(mounted, shelf);
  if (claim.metadata.annotations?.[bindCompleted] === undefined)
    return err(`${about} is being bound to ${spec.volumeName}; nothing is bought before it is`);
  const volume = shelf.volumes.get(spec.volumeName);
  if (volume === undefined) return err(`PersistentVolume ${spec.volumeName} of ${about} does not exist; restore it`);
  return ok(volume.spec.nodeAffinity?.required?.nodeSelectorTerms.map(termRequirements) ?? anywhere);
}

/** An unbound claim gets its volume where its Pod comes to run, if its class waits for that. */
function placesOfClass({ name, spec }: MountedClaim, shelf: Shelf): Result<Alternatives, string> {
  const about = `PersistentVolumeClaim ${name}`;
  const named = spec.storageClassName;
  if (named === "") return err(`${about} has no storage class and waits for a volume; create a PersistentVolume for it`);
  const found = classOfClaim(spec, shelf);
  if (found === undefined)
    return err(
      named === undefined
        ? `${about} names no storage class, and no StorageClass is the default; name one`
        : `StorageClass ${named} of ${about} does not exist; create it or name another`,
    );
  const className = found.metadata.name ?? "";
  if (found.volumeBindingMode !== "WaitForFirstConsumer")
    return err(`${about} waits for its volume, as StorageClass ${className} binds at once (volumeBindingMode Immediate)`);
  if (found.provisioner === noProvisioner) return placesOfStatic({ about, className }, shelf);
  const topologies = found.allowedTopologies ?? [];
  if (topologies.length === 0) return ok(anywhere);
  return ok(
    topologies.map(({ matchLabelExpressions = [] }) =>
      requirementsOf(matchLabelExpressions.map(({ key, values }) => ({ key, operator: "In", values }))),
    ),
  );
}

/** Returns the StorageClass that a claim names, or the default one where it names none. */
export function classOfClaim({ storageClassName }: VolumeClaimSpec, { classes }: Shelf): StorageClass | undefined {
  if (storageClassName !== undefined) return classes.get(storageClassName);
  return newest([...classes.values()].filter(({ metadata }) => metadata.annotations?.[isDefaultClass] === "true"));
}

/** Volumes that somebody made by hand: the Pod may go where one of them still is free. */
function placesOfStatic(
  { about, className }: { readonly about: string; readonly className: string },
  { volumes }: Shelf,
): Result<Alternatives, string> {
  const free = [...volumes.values()].filter(({ spec }) => spec.storageClassName === className && spec.claimRef === undefined);
  if (free.length === 0) return err(`${about} finds no free PersistentVolume of StorageClass ${className}; create one`);
  return ok(
    free.flatMap(({ spec }) => spec.nodeAffinity?.required?.nodeSelectorTerms.map(termRequirements) ?? anywhere).slice(0, alternativesMax),
  );
}

/** Of several defaults the API server takes the newest. */
function newest(classes: readonly StorageClass[]): StorageClass | undefined {
  const age = ({ metadata }: StorageClass) => metadata.creationTimestamp ?? "";
  return [...classes].sort((a, b) =>
    age(a) < age(b) ? 1 : age(a) > age(b) ? -1 : (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1,
  )[0];
}
