/**
 * The EKS call that tells what nodes must know of their cluster, over the AWS SDK.
 *
 * Reads the cluster's name. Returns endpoint, certificate authority and addresses of Services; a cluster that EKS does not know
 * is an answer, not a failure: clusters exist that are not EKS'.
 */
import { ok } from "../api/result.ts";
import { awsClient, clientSettings, type AwsAnswer, type Ec2Endpoint } from "./aws-client.ts";
import type { ClusterIdentity } from "./cluster-identity.ts";

export interface EksCalls {
  /** What EKS tells of a cluster; undefined where it has none of this name. */
  cluster(name: string): AwsAnswer<ClusterIdentity | undefined>;
}

/** Makes the calls; credentials come from where the SDK looks for them. */
export function eksCalls(endpoint: Ec2Endpoint): EksCalls {
  const send = awsClient(async () => {
    const sdk = await import("@aws-sdk/client-eks");
    return { sdk, client: new sdk.EKSClient(clientSettings(endpoint)) };
  });
  return {
    cluster: async (name) => {
      const answer = await send(async ({ client, sdk }): Promise<ClusterIdentity> => {
        const { cluster } = await client.send(new sdk.DescribeClusterCommand({ name }));
        const { serviceIpv4Cidr, serviceIpv6Cidr } = cluster?.kubernetesNetworkConfig ?? {};
        const serviceCIDR = serviceIpv4Cidr ?? serviceIpv6Cidr;
        const certificateAuthority = cluster?.certificateAuthority?.data;
        return {
          name,
          ...(cluster?.endpoint === undefined ? {} : { endpoint: cluster.endpoint }),
          ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
          ...(serviceCIDR === undefined ? {} : { serviceCIDR }),
        };
      });
      return !answer.ok && answer.error.kind === "not-found" ? ok(undefined) : answer;
    },
  };
}
