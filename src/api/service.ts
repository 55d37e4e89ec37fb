/**
 * Service, as on the wire: which Pods it sends traffic to.
 */
import type { KubeObject } from "./object.ts";

export interface Service extends KubeObject {
  readonly spec: {
    /** Labels that a Pod must all carry; absent on Services whose endpoints somebody else writes. */
    readonly selector?: Readonly<Record<string, string>>;
    readonly type?: string;
    readonly clusterIP?: string;
    readonly ports?: readonly ServicePort[];
  };
}

export interface ServicePort {
  /** May be absent where the Service has one port only. */
  readonly name?: string;
  readonly port: number;
  /** The container's port, by name or number; absent, it is `port`. */
  readonly targetPort?: number | string;
}
