/**
 * Launch groups: the offerings of one launch that can share a launch template.
 *
 * Reads offers and the images. Returns one group for each image, density of Pods, kubelet, set of EFA interfaces and capacity
 * reservation: what differs between two groups is what a template says, so that overrides need only name type, zone, subnet and image (as
 * karpenter-provider-aws pkg/providers/amifamily groups them).
 */
import type { InstanceType } from "../api/instance-type.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import { toResources } from "../kube/resources.ts";
import type { ImageOf } from "./launch-images.ts";
import type { LaunchOffers, ReservationKind } from "./launch-offers.ts";

export interface LaunchGroup {
  readonly imageID: string;
  /** What the kubelet is told; absent where the type does not say. */
  readonly maxPods?: number;
  /** The kubelet block of these types, where it is another for each; absent: the class's own. */
  readonly kubelet?: Readonly<Record<string, unknown>>;
  /** EFA interfaces that the claim asked for. */
  readonly efaCount: number;
  readonly reservation?: { readonly id: string; readonly kind: ReservationKind };
  /** With the offerings of this group alone. */
  readonly types: readonly InstanceType[];
}

const efaResource = "vpc.amazonaws.com/efa";

/** Returns the groups, each once, in the order of their cheapest type. */
export function launchGroups(input: {
  readonly nodeClaim: NodeClaim;
  readonly offers: LaunchOffers;
  readonly imageOf: ImageOf;
  /** The kubelet block of a type; default: the class's own. */
  readonly kubeletOf?: (type: InstanceType) => LaunchGroup["kubelet"];
}): readonly LaunchGroup[] {
  const { nodeClaim, offers, imageOf, kubeletOf = () => undefined } = input;
  const wantsEfa = (toResources(nodeClaim.spec.resources?.requests)[efaResource] ?? 0) > 0;
  const groups = new Map<string, { readonly head: Omit<LaunchGroup, "types">; readonly types: InstanceType[] }>();
  for (const type of offers.types) {
    const imageID = imageOf(type);
    if (imageID === undefined) continue;
    const maxPods = type.capacity["pods"];
    const kubelet = kubeletOf(type);
    const efaCount = wantsEfa ? (type.capacity[efaResource] ?? 0) : 0;
    for (const reservationID of new Set(type.offerings.map(({ reservation }) => reservation?.id))) {
      const key = JSON.stringify([imageID, maxPods, efaCount, reservationID, kubelet]);
      const group = groups.get(key) ?? {
        head: {
          imageID,
          efaCount,
          ...(maxPods === undefined ? {} : { maxPods }),
          ...(kubelet === undefined ? {} : { kubelet }),
          ...(reservationID === undefined ? {} : { reservation: { id: reservationID, kind: offers.reservationKind ?? "default" } }),
        },
        types: [],
      };
      group.types.push({ ...type, offerings: type.offerings.filter(({ reservation }) => reservation?.id === reservationID) });
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ head, types }) => ({ ...head, types }));
}
