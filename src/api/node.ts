/**
 * Node, as on the wire: what the scheduler, the provisioner and kubelets read and write.
 */
import type { Condition, KubeObject, ResourceList } from "./object.ts";
import type { Taint } from "./pod.ts";

export interface Node extends KubeObject {
  readonly spec?: { readonly providerID?: string; readonly taints?: readonly Taint[]; readonly unschedulable?: boolean };
  readonly status?: {
    readonly capacity?: ResourceList;
    readonly allocatable?: ResourceList;
    readonly conditions?: readonly Condition[];
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly nodeInfo?: Readonly<Record<string, string>>;
  };
}
