/**
 * Attachments: how many volumes of each CSI driver Pods take of a node, and how many a node has left.
 *
 * Reads the volumes that Pods mount, and what nodes and instance types can attach. Returns counts by driver, which are amounts of a run
 * like any other: a node has so many of them, and one more Pod takes its own. A volume that several Pods mount is attached to their node
 * once (CSILimits of kube-scheduler): it counts with the first of them. What is attached still though its Pod has gone is not counted, as
 * it is detached within seconds. Where no Pod that waits mounts a volume of a driver with a known limit, nothing is asked.
 */
import type { InstanceType } from "../../api/instance-type.ts";
import type { Resources } from "../../api/object.ts";
import type { Pod } from "../../api/pod.ts";
import { formatRequirements, type Requirements } from "../../kube/requirements.ts";
import { classOfClaim, mountedClaims, mountsClaims, volumeShelf, type MountedClaim, type Shelf, type VolumeWorld } from "./pod-volumes.ts";

/** A volume as a node attaches it. */
export interface AttachedVolume {
  readonly driver: string;
  /** The same for all Pods that mount it, and of no other volume. */
  readonly id: string;
  /** True where its claim will be made with the Pod: no other has it, whatever the Pods to come are called. */
  readonly isOwn: boolean;
}

/** A node with what it can attach. */
interface AttachingNode {
  readonly pods: readonly Pod[];
  readonly attachable?: Readonly<Record<string, number>>;
}

/** What a Pod takes of a node. */
export interface PodAttachments {
  /** How many volumes, by the name of their amount. */
  readonly counts: Resources;
  /** Those of them that other Pods mount too. */
  readonly shared: readonly AttachedVolume[];
}

/** Where the volumes of a Pod let it run, and what it has attached. */
export interface PodVolumes extends PodAttachments {
  readonly places: readonly Requirements[];
}

/** Returns the volumes of a Pod; undefined for a Pod that has none. */
export type VolumesOf = (pod: Pod) => PodVolumes | undefined;

/** The volumes of one run. */
export interface Attachments {
  /** Drivers that Pods wait for and that some node or type has a limit of, in the order of their names. */
  readonly drivers: readonly string[];
  readonly of: (pod: Pod) => PodAttachments;
  /** What Pods together have attached, each volume once; of the run's drivers alone. */
  readonly heldBy: (pods: readonly Pod[]) => readonly AttachedVolume[];
}

/** What a node or type attaches of a driver without a known limit; finite, since shares are made of it. */
const withoutLimit = 2 ** 31;
/** CSI drivers that serve the volumes of provisioners that Kubernetes once had itself. */
const movedProvisioners: ReadonlyMap<string, string> = new Map([
  ["kubernetes.io/aws-ebs", "ebs.csi.aws.com"],
  ["kubernetes.io/azure-disk", "disk.csi.azure.com"],
  ["kubernetes.io/azure-file", "file.csi.azure.com"],
  ["kubernetes.io/cinder", "cinder.csi.openstack.org"],
  ["kubernetes.io/gce-pd", "pd.csi.storage.gke.io"],
  ["kubernetes.io/vsphere-volume", "csi.vsphere.vmware.com"],
]);
const ownProvisioners = "kubernetes.io/";
const nothing: PodAttachments = { counts: {}, shared: [] };

/** Returns the volumes of a run; none where the cluster's volumes are not given. */
export function attachmentsOf(input: {
  readonly volumes?: VolumeWorld;
  /** Those that wait. */
  readonly pods: readonly Pod[];
  readonly nodes: readonly AttachingNode[];
  readonly instanceTypes: ReadonlyMap<string, readonly InstanceType[]>;
}): Attachments {
  const waiting = input.pods.filter(({ spec }) => mountsClaims(spec));
  if (input.volumes === undefined || waiting.length === 0) return { drivers: [], of: () => nothing, heldBy: () => [] };
  const shelf = volumeShelf(input.volumes);
  const drivers = limitedDrivers(new Set(waiting.flatMap((pod) => attachedVolumes(pod, shelf).map(({ driver }) => driver))), input);
  const known = new Set(drivers);
  const attached = (pod: Pod) => attachedVolumes(pod, shelf).filter(({ driver }) => known.has(driver));
  const heldBy = (pods: readonly Pod[]): readonly AttachedVolume[] => {
    if (drivers.length === 0) return [];
    const mounting = pods.filter(({ spec }) => mountsClaims(spec));
    return [...new Map(mounting.flatMap(attached).map((one) => [one.id, one])).values()];
  };
  const shared = sharedIds(
    waiting.map(attached),
    input.nodes.map(({ pods }) => heldBy(pods)),
  );
  return {
    drivers,
    heldBy,
    of: (pod) => {
      if (drivers.length === 0 || !mountsClaims(pod.spec)) return nothing;
      const own = attached(pod);
      const counts: Record<string, number> = {};
      for (const { driver } of own) counts[attachmentName(driver)] = (counts[attachmentName(driver)] ?? 0) + 1;
      return { counts, shared: own.filter(({ id }) => shared.has(id)) };
    },
  };
}

/** What a Pod without volumes has. */
export const noVolumes: PodAttachments & { readonly places?: undefined } = { counts: {}, shared: [] };

/** Returns places as text. */
export function placesText(places: readonly Requirements[] = []): string {
  return places.map(formatRequirements).join(" or ");
}

/** Returns all that tells the volumes of Pods apart; what is attached stands there only where it has a limit. */
export function volumesText({ places, counts, shared }: PodVolumes): string {
  const attached = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return attached.length === 0 ? placesText(places) : JSON.stringify([placesText(places), attached, shared.map(({ id }) => id).sort()]);
}

/** Returns the name of a driver's volumes among the amounts of a run; no resource has a space in its name. */
export function attachmentName(driver: string): string {
  return `${driver} volumes`;
}

/** Returns what a node or a type can attach, less what is attached already. */
export function attachable(
  drivers: readonly string[],
  { limits = {}, held = [] }: { readonly limits?: Readonly<Record<string, number>> | undefined; readonly held?: readonly AttachedVolume[] },
): Resources {
  return Object.fromEntries(
    drivers.map((driver) => [
      attachmentName(driver),
      (limits[driver] ?? withoutLimit) - held.filter((one) => one.driver === driver).length,
    ]),
  );
}

/** Returns the lookup of the CSI drivers that attach the volumes of a Pod, in the order of their names. */
export function driversOf(volumes: VolumeWorld): (pod: Pod) => readonly string[] {
  const shelf = volumeShelf(volumes);
  return (pod) => (mountsClaims(pod.spec) ? [...new Set(attachedVolumes(pod, shelf).map(({ driver }) => driver))].sort() : []);
}

function limitedDrivers(
  asked: ReadonlySet<string>,
  { nodes, instanceTypes }: Pick<Parameters<typeof attachmentsOf>[0], "nodes" | "instanceTypes">,
): readonly string[] {
  const isLimited = (driver: string): boolean =>
    nodes.some((node) => node.attachable?.[driver] !== undefined) ||
    [...instanceTypes.values()].some((types) => types.some((type) => type.attachable?.[driver] !== undefined));
  return [...asked].filter(isLimited).sort();
}

/** Volumes that two Pods that wait mount, or one of them and one that runs. */
function sharedIds(waiting: readonly (readonly AttachedVolume[])[], held: readonly (readonly AttachedVolume[])[]): ReadonlySet<string> {
  const seen = new Set(held.flatMap((volumes) => volumes.map(({ id }) => id)));
  const shared = new Set<string>();
  for (const { id, isOwn } of waiting.flat()) {
    if (isOwn) continue;
    if (seen.has(id)) shared.add(id);
    seen.add(id);
  }
  return shared;
}

/** The volumes that a Pod mounts, each once; a claim that is missing has none yet. */
function attachedVolumes(pod: Pod, shelf: Shelf): readonly AttachedVolume[] {
  const found = mountedClaims(pod, shelf).flatMap((mounted) => (mounted.ok ? (attachedAs(mounted.value, { pod, shelf }) ?? []) : []));
  return [...new Map(found.map((one) => [one.id, one])).values()];
}

/** By what a volume is attached; undefined for one that is not attached, as a directory of the node. */
function attachedAs(
  { claim, spec, name }: MountedClaim,
  { pod, shelf }: { readonly pod: Pod; readonly shelf: Shelf },
): AttachedVolume | undefined {
  const volume = spec.volumeName ? shelf.volumes.get(spec.volumeName) : undefined;
  if (volume !== undefined) {
    const { csi, awsElasticBlockStore } = volume.spec;
    const driver = csi?.driver ?? (awsElasticBlockStore === undefined ? undefined : "ebs.csi.aws.com");
    // The API server keeps "aws://ap-southeast-1a/vol-1" where the driver says vol-1.
    const handle = csi?.volumeHandle ?? awsElasticBlockStore?.volumeID.split("/").at(-1) ?? volume.metadata.name ?? "";
    return driver === undefined ? undefined : { driver, id: `${driver}/${handle}`, isOwn: false };
  }
  const provisioner = classOfClaim(spec, shelf)?.provisioner ?? ownProvisioners;
  const driver = movedProvisioners.get(provisioner) ?? provisioner;
  if (driver.startsWith(ownProvisioners)) return undefined;
  return { driver, id: `claim ${pod.metadata.namespace ?? ""}/${name}`, isOwn: claim === undefined };
}
