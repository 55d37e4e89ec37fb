/**
 * Network interfaces of a launch template.
 *
 * Reads an EC2NodeClass's spec, the EFA interfaces that a launch needs and the security groups. Returns what EC2 is asked for: the
 * interfaces of the class where it names them, one for each EFA where the claim asks for those, else a single one. Prefixes, the public
 * address, and the IPv6 address of a node whose cluster speaks IPv6, are the primary interface's alone.
 */
import type { LaunchTemplateInstanceNetworkInterfaceSpecificationRequest } from "@aws-sdk/client-ec2";
import type { EC2NodeClassSpec } from "../api/ec2-node-class.ts";

type InterfaceRequest = LaunchTemplateInstanceNetworkInterfaceSpecificationRequest;
type Place = Pick<InterfaceRequest, "DeviceIndex" | "NetworkCardIndex" | "InterfaceType">;

/** Returns the interfaces, the primary one first. */
export function networkInterfaces(
  spec: EC2NodeClassSpec,
  of: { readonly efaCount: number; readonly securityGroupIDs: readonly string[]; readonly isIPv6: boolean },
): InterfaceRequest[] {
  return placesOf(spec, of.efaCount).map((place, index) => ({
    ...place,
    Groups: [...of.securityGroupIDs],
    ...(index === 0 ? primary(spec, of.isIPv6) : {}),
    ...tracking(spec),
  }));
}

function placesOf({ networkInterfaces: named = [] }: EC2NodeClassSpec, efaCount: number): readonly Place[] {
  if (named.length > 0) {
    return named
      .toSorted((a, b) => a.networkCardIndex - b.networkCardIndex || a.deviceIndex - b.deviceIndex)
      .map(({ networkCardIndex, deviceIndex, interfaceType }) => ({
        NetworkCardIndex: networkCardIndex,
        DeviceIndex: deviceIndex,
        InterfaceType: interfaceType,
      }));
  }
  if (efaCount === 0) return [{ DeviceIndex: 0 }];
  return Array.from({ length: efaCount }, (_unused, card) => ({
    NetworkCardIndex: card,
    DeviceIndex: card === 0 ? 0 : 1,
    InterfaceType: "efa",
  }));
}

function primary({ associatePublicIPAddress, ipPrefixCount }: EC2NodeClassSpec, isIPv6: boolean): Partial<InterfaceRequest> {
  return {
    ...(associatePublicIPAddress === undefined ? {} : { AssociatePublicIpAddress: associatePublicIPAddress }),
    ...(ipPrefixCount === undefined ? {} : isIPv6 ? { Ipv6PrefixCount: ipPrefixCount } : { Ipv4PrefixCount: ipPrefixCount }),
    ...(isIPv6 ? { PrimaryIpv6: true, Ipv6AddressCount: 1 } : {}),
  };
}

function tracking({ connectionTracking }: EC2NodeClassSpec): Partial<InterfaceRequest> {
  if (connectionTracking === undefined) return {};
  const { tcpEstablishedTimeout, udpStreamTimeout, udpTimeout } = connectionTracking;
  return {
    ConnectionTrackingSpecification: {
      ...(tcpEstablishedTimeout === undefined ? {} : { TcpEstablishedTimeout: tcpEstablishedTimeout }),
      ...(udpStreamTimeout === undefined ? {} : { UdpStreamTimeout: udpStreamTimeout }),
      ...(udpTimeout === undefined ? {} : { UdpTimeout: udpTimeout }),
    },
  };
}
