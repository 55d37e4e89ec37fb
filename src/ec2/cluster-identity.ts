/**
 * ClusterIdentity: what nodes need to know of the cluster that they join.
 *
 * Reads what was set and what EKS tells. Returns both as one: what was set wins.
 */
export interface ClusterIdentity {
  readonly name: string;
  /** URL of the API server, its certificate authority in base64 and the service addresses: for families that configure the kubelet. */
  readonly endpoint?: string;
  readonly certificateAuthority?: string;
  readonly serviceCIDR?: string;
  /** Address of the cluster's DNS Service. */
  readonly dnsAddress?: string;
}

/** What is known of a cluster now, and why more may be known later. */
export interface ToldIdentity {
  readonly identity: ClusterIdentity;
  /** Why EKS has not told the rest; absent where it has, or where nothing lacks. */
  readonly unanswered?: string;
}

/** Says whether everything is there that images with user data of ours can need. */
export function isWholeIdentity({ endpoint, certificateAuthority, serviceCIDR }: ClusterIdentity): boolean {
  return endpoint !== undefined && certificateAuthority !== undefined && serviceCIDR !== undefined;
}

/** Returns an identity with its gaps filled from another. */
export function withIdentity(set: ClusterIdentity, told: Partial<ClusterIdentity> | undefined): ClusterIdentity {
  return told === undefined ? set : { ...told, ...set };
}

/** Says whether the cluster's Pods and Services have IPv6 addresses: its DNS has one then (Karpenter tells by it, too). */
export function isIPv6({ dnsAddress }: ClusterIdentity): boolean {
  return dnsAddress?.includes(":") === true;
}
