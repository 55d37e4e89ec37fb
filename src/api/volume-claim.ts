/**
 * What a claim for a volume asks, as on the wire: the spec of a PersistentVolumeClaim, and of the templates that make one for each Pod.
 */
import type { ObjectMeta } from "./object.ts";

export interface VolumeClaimSpec {
  readonly accessModes?: readonly string[];
  /** Absent means the cluster's default class, "" none at all. */
  readonly storageClassName?: string;
  readonly volumeName?: string;
}

/** The claim that a StatefulSet or an ephemeral volume makes for each Pod. */
export interface VolumeClaimTemplate {
  readonly metadata?: ObjectMeta;
  readonly spec?: VolumeClaimSpec;
}
