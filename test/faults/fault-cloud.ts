/**
 * The cloud of a run, as our process meets it: its calls, service by service, with faults in them.
 */
import type { Ec2Services } from "../../src/cli/ec2-composition.ts";
import { faultyCalls, type FaultyDoors } from "./faulty-doors.ts";

/** The cluster's name in the tags of its instances. */
export const clusterName = "faults";

/** Returns the calls with faults in them; to wait for a message is no act. */
export function faultyCloud({ ec2, classes, ssm, eks, iam, sqs }: Ec2Services, doors: FaultyDoors): Ec2Services {
  return {
    ec2: faultyCalls(ec2, { ...doors, service: "ec2" }),
    classes: faultyCalls(classes, { ...doors, service: "ec2" }),
    ssm: faultyCalls(ssm, { ...doors, service: "ssm" }),
    eks: faultyCalls(eks, { ...doors, service: "eks" }),
    iam: faultyCalls(iam, { ...doors, service: "iam" }),
    ...(sqs === undefined ? {} : { sqs: faultyCalls(sqs, { ...doors, service: "sqs", free: ["receive"] }) }),
  };
}
