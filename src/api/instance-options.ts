/**
 * Options of EC2NodeClass that go to each instance: network interfaces, metadata service, connection tracking, CPU.
 *
 * Returns their schemas. The bounds are EC2's.
 */
import { choice, flag, list, object, optional, whole } from "./schema-field.ts";

export const networkInterfaces = list(
  "Network interfaces of the nodes; without it, one.",
  object("One network interface.", {
    networkCardIndex: whole("The network card.", { format: "int32", minimum: 0 }),
    deviceIndex: whole("The place on the card.", { format: "int32", minimum: 0 }),
    interfaceType: choice("An ordinary interface, or one for EFA traffic only.", ["interface", "efa-only"]),
  }),
  {
    maxItems: 150,
    "x-kubernetes-validations": [
      {
        rule: "self.size() == 0 || self.exists(x, x.deviceIndex == 0 && x.networkCardIndex == 0 && x.interfaceType == 'interface')",
        message: "card 0, device 0 must be there, with interfaceType interface",
      },
      {
        rule: "self.all(x, self.filter(y, x.networkCardIndex == y.networkCardIndex && x.deviceIndex == y.deviceIndex).size() == 1 && (x.interfaceType != 'efa-only' || self.filter(y, x.networkCardIndex == y.networkCardIndex && y.interfaceType == 'efa-only').size() == 1))",
        message: "each pair of card and device may be there once, and each card takes one efa-only interface",
      },
    ],
  },
);

export const metadataOptions = object(
  "How the instance metadata service answers.",
  {
    httpEndpoint: optional(choice("Whether it answers at all.", ["enabled", "disabled"], { default: "enabled" })),
    httpProtocolIPv6: optional(choice("Whether it answers over IPv6.", ["enabled", "disabled"], { default: "disabled" })),
    httpPutResponseHopLimit: optional(
      whole("Hops that an answer may travel; 1 keeps Pods out.", { default: 1, format: "int64", minimum: 1, maximum: 64 }),
    ),
    httpTokens: optional(choice("Whether a session token is needed (IMDSv2).", ["required", "optional"], { default: "required" })),
  },
  { default: { httpEndpoint: "enabled", httpProtocolIPv6: "disabled", httpPutResponseHopLimit: 1, httpTokens: "required" } },
);

export const connectionTracking = object(
  "How long idle connections are tracked; Nitro instances only.",
  {
    tcpEstablishedTimeout: optional(whole("Seconds for established TCP connections.", { format: "int32", minimum: 60, maximum: 432000 })),
    udpStreamTimeout: optional(whole("Seconds for UDP streams.", { format: "int32", minimum: 60, maximum: 180 })),
    udpTimeout: optional(whole("Seconds for single UDP requests.", { format: "int32", minimum: 30, maximum: 60 })),
  },
  {
    "x-kubernetes-validations": [
      {
        rule: "has(self.tcpEstablishedTimeout) || has(self.udpStreamTimeout) || has(self.udpTimeout)",
        message: "at least one of tcpEstablishedTimeout, udpStreamTimeout and udpTimeout must be set",
      },
    ],
  },
);

export const cpuOptions = object("Options of the processor.", {
  nestedVirtualization: optional(choice("Whether instances may run virtual machines.", ["enabled", "disabled"])),
});

export const enclaveOptions = object("Nitro Enclaves.", { enabled: flag("Whether instances may run enclaves.") });
