/**
 * The labels that only a launch decides.
 */
import { expect, test } from "vitest";
import type { LaunchedInstance } from "../../src/ec2/fleet-answer.ts";
import { launchedOutcome } from "../../src/ec2/launch-outcome.ts";

const instance: LaunchedInstance = {
  instanceID: "i-0a",
  instanceType: "m7i.large",
  zone: "ap-southeast-1a",
  imageID: "ami-1",
  capacityType: "on-demand",
};

function labelsOf(change: Partial<LaunchedInstance>): Readonly<Record<string, string>> {
  const outcome = launchedOutcome({ ...instance, ...change }, []);
  const labels = outcome.kind === "launched" ? outcome.labels : {};
  return Object.fromEntries(Object.entries(labels).filter(([key]) => /tenancy|reservation|capacity-type/.test(key)));
}

const aws = (name: string): string => `karpenter.k8s.aws/${name}`;

test("tell on whose hardware a node stands", () => {
  expect(labelsOf({})).toEqual({ "karpenter.sh/capacity-type": "on-demand", [aws("instance-tenancy")]: "default" });
  expect(labelsOf({ tenancy: "dedicated" })).toMatchObject({ [aws("instance-tenancy")]: "dedicated" });
});

test("tell the reservation that it was bought from, and of which kind that is", () => {
  const reserved = (reservationKind: LaunchedInstance["reservationKind"] & string) => {
    const { "karpenter.sh/capacity-type": capacityType, ...labels } = labelsOf({
      capacityType: "reserved",
      reservation: "cr-1",
      reservationKind,
    });
    expect(capacityType).toBe("reserved");
    return ["id", "type", "interruptible"].map((name) => labels[aws(`capacity-reservation-${name}`)]);
  };
  expect(reserved("default")).toEqual(["cr-1", "default", "false"]);
  expect(reserved("capacity-block")).toEqual(["cr-1", "capacity-block", "false"]);
  expect(reserved("interruptible")).toEqual(["cr-1", "default", "true"]);
});

test("tell no reservation of an instance that was not bought from one, wherever EC2 put it", () => {
  expect(labelsOf({ reservation: "cr-1" })).not.toHaveProperty([aws("capacity-reservation-id")]);
});
