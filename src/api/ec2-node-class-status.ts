/**
 * EC2NodeClass status: what the selectors found.
 *
 * One schema. Times are RFC 3339 text.
 */
import { plainConditionList } from "./condition-list.ts";
import { choice, flag, list, object, optional, text } from "./schema-field.ts";

const image = object("One image.", {
  id: text("The image's id."),
  name: optional(text("The image's name.")),
  deprecated: optional(flag("Whether its owner has deprecated it.")),
  requirements: list(
    "The nodes that the image is for.",
    object("One condition on a label of the node.", {
      key: text("The label."),
      operator: text("How the label's value is compared."),
      values: optional(list("The values.", text("A value."), { "x-kubernetes-list-type": "atomic" })),
    }),
  ),
});

const capacityReservation = object("One capacity reservation.", {
  id: text("The reservation's id.", { pattern: "capacityReservationId" }),
  instanceType: text("The reserved instance type."),
  availabilityZone: text("The zone of the reservation."),
  ownerID: text("The account that owns it.", { pattern: "accountId" }),
  instanceMatchCriteria: choice("Whether instances use it by themselves or only when told.", ["open", "targeted"]),
  interruptible: optional(flag("Whether its owner may take it back.")),
  reservationType: optional(choice("An ordinary reservation or a capacity block.", ["default", "capacity-block"], { default: "default" })),
  state: optional(choice("Whether it is usable.", ["active", "expiring"], { default: "active" })),
  endTime: optional(text("When it ends.", { format: "date-time" })),
});

export const ec2NodeClassStatusSchema = object("What the selectors found.", {
  conditions: optional(plainConditionList),
  subnets: optional(
    list(
      "The subnets.",
      object("One subnet.", {
        id: text("The subnet's id."),
        zone: text("The zone by name, such as ap-southeast-1a."),
        zoneID: optional(text("The zone by id, such as apse1-az1.")),
      }),
    ),
  ),
  securityGroups: optional(
    list("The security groups.", object("One security group.", { id: text("The group's id."), name: optional(text("The group's name.")) })),
  ),
  amis: optional(list("The images, preferred first.", image)),
  capacityReservations: optional(list("The capacity reservations.", capacityReservation)),
  instanceProfile: optional(text("The instance profile that nodes get.")),
});
