/**
 * Volumes of the cluster, as on the wire: claims, volumes, storage classes and the drivers of nodes, by the fields that decide where a
 * Pod can go.
 */
import type { KubeObject } from "./object.ts";
import type { NodeSelectorTerm } from "./pod.ts";
import type { VolumeClaimSpec } from "./volume-claim.ts";

export interface PersistentVolumeClaim extends KubeObject {
  readonly spec: VolumeClaimSpec;
  readonly status?: { readonly phase?: string };
}

export interface PersistentVolume extends KubeObject {
  readonly spec: {
    readonly storageClassName?: string;
    readonly accessModes?: readonly string[];
    readonly claimRef?: { readonly namespace?: string; readonly name?: string };
    readonly nodeAffinity?: { readonly required?: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] } };
    readonly csi?: { readonly driver: string; readonly volumeHandle?: string };
    readonly awsElasticBlockStore?: { readonly volumeID: string };
    readonly local?: { readonly path: string };
    readonly hostPath?: { readonly path: string };
  };
}

/** Its provisioner and binding mode stand beside metadata, not in a spec. */
export interface StorageClass extends KubeObject {
  readonly provisioner: string;
  readonly volumeBindingMode?: "Immediate" | "WaitForFirstConsumer";
  readonly allowedTopologies?: readonly {
    readonly matchLabelExpressions?: readonly { readonly key: string; readonly values: readonly string[] }[];
  }[];
}

/** That a volume is attached to a node, or is about to be. */
export interface VolumeAttachment extends KubeObject {
  readonly spec: {
    readonly attacher: string;
    readonly nodeName: string;
    /** Of a volume that only its Pod knows, the name is absent. */
    readonly source: { readonly persistentVolumeName?: string };
  };
  readonly status?: { readonly attached?: boolean };
}

/** The CSI drivers of the Node of the same name. A driver without a count has no limit. */
export interface CSINode extends KubeObject {
  readonly spec: {
    readonly drivers?: readonly { readonly name: string; readonly allocatable?: { readonly count?: number } }[];
  };
}
