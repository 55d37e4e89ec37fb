/**
 * What a NodeClaim keeps of its launch: small, the same byte for byte when it is read again, and gone once no launch needs it.
 */
import type { FleetLaunchTemplateOverridesRequest } from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import type { ApiClient } from "../../src/api/api-client.ts";
import { platformNames } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import { ok } from "../../src/api/result.ts";
import type { FleetBase } from "../../src/ec2/fleet-request.ts";
import { encodeLaunchRecord, launchAttempt, launchRecordOf, memberOf, type LaunchAttempt } from "../../src/ec2/launch-attempt.ts";
import { launchRecordGarbage } from "../../src/ec2/launch-record-garbage.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";

const names = platformNames();
const zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"];
type Override = FleetLaunchTemplateOverridesRequest;

/** As many types and zones as a request has at most. */
const overrides = catalogInstanceTypes({ zones })
  .filter(({ offerings }) => offerings.length > 0)
  .slice(0, 60)
  .flatMap(({ name, offerings }) =>
    offerings
      .filter(({ capacityType }) => capacityType === "on-demand")
      .map(({ zone, pricePerHour }): Override => {
        const InstanceType = name as NonNullable<Override["InstanceType"]>;
        return {
          InstanceType,
          AvailabilityZone: zone,
          ImageId: "ami-05c2b717d1c760a21",
          SubnetId: `subnet-0${zone.slice(-1)}23456789abcdef0`,
          Priority: pricePerHour,
        };
      }),
  );
const base: FleetBase = {
  Type: "instant",
  LaunchTemplateConfigs: [
    { LaunchTemplateSpecification: { LaunchTemplateName: "test-0123456789abcdef", Version: "$Latest" }, Overrides: overrides },
  ],
  TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: "on-demand" },
  TagSpecifications: (["instance", "volume", "fleet"] as const).map((ResourceType) => ({
    ResourceType,
    Tags: [{ Key: "karpenter.sh/nodepool", Value: "general-flex" }],
  })),
};

function claim(
  name: string,
  over: { readonly isLaunched?: boolean; readonly isTagged?: boolean; readonly isGoing?: boolean } = {},
): NodeClaim {
  const { isLaunched = true, isTagged = isLaunched, isGoing = false } = over;
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: {
      name,
      uid: `uid-${name}`,
      ...(isTagged ? { annotations: { "karpenter.k8s.aws/tagged": "true" } } : {}),
      ...(isGoing ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
    ...(isLaunched ? { status: { providerID: `aws:///ap-southeast-1a/i-${name}` } } : {}),
  };
}

function attemptOf(claims: readonly NodeClaim[], at = 5): LaunchAttempt {
  return launchAttempt({ base, bought: { capacityType: "on-demand" }, members: claims.map(memberOf), at, names });
}

function keeping(nodeClaim: NodeClaim, attempt: LaunchAttempt): NodeClaim {
  const text = encodeLaunchRecord({ kind: "attempt", attempt });
  return {
    ...nodeClaim,
    metadata: { ...nodeClaim.metadata, annotations: { ...nodeClaim.metadata.annotations, [names.launchRequestAnnotation]: text } },
  };
}

describe("the record of a launch", () => {
  const attempt = attemptOf([claim("a")]);
  const kept = keeping(claim("a"), attempt);
  const text = kept.metadata.annotations?.[names.launchRequestAnnotation] ?? "";

  test("is a tenth of its request at most", () => {
    expect(overrides.length).toBeGreaterThan(150);
    expect(JSON.stringify(attempt).length).toBeGreaterThan(25_000);
    expect(text.length).toBeLessThan(JSON.stringify(attempt).length / 8);
    expect(text.length).toBeLessThan(4_000);
  });
  test("is read as what was kept, byte for byte, since EC2 answers only the same request alike", () => {
    const read = launchRecordOf(kept, names);
    expect(JSON.stringify(read)).toBe(JSON.stringify(ok({ kind: "attempt", attempt })));
  });
  test.each([
    ["cut short", text.slice(0, -40)],
    ["of another token", text.replace(/"token":"[^"]*"/, '"token":"other"')],
    ["packed wrongly", text.replace(/"packed":"[^"]*"/, '"packed":"AAAA"')],
    ["not packed", JSON.stringify({ at: 5, token: "t", members: [], bought: {} })],
  ])("is none where it is %s", (_what, wrong) => {
    const broken = { ...kept, metadata: { ...kept.metadata, annotations: { [names.launchRequestAnnotation]: wrong } } };
    expect(launchRecordOf(broken, names)).toMatchObject({ ok: false });
  });
});

describe("a record that no launch needs any more", () => {
  async function looked(nodeClaim: NodeClaim, others: readonly NodeClaim[] = []) {
    const patches: string[] = [];
    const client = {
      patch: (_kind: string, { name }: { readonly name: string }, { body }: { readonly body: { readonly patch: object } }) => {
        patches.push(`${name} ${JSON.stringify(body.patch)}`);
        return Promise.resolve(ok(nodeClaim));
      },
    } as unknown as ApiClient;
    const { controller } = launchRecordGarbage({ client, snapshot: () => snapshotOf([nodeClaim, ...others]), names });
    const observed = await controller.observe({ namespace: "", name: nodeClaim.metadata.name ?? "" });
    const requeue = observed === undefined ? undefined : await controller.act(controller.decide(observed, 0));
    return { patches, requeue: requeue?.kind };
  }
  const forgotten = {
    patches: [`a {"metadata":{"uid":"uid-a","annotations":{"${names.launchRequestAnnotation}":null}}}`],
    requeue: "done",
  };
  const left = { patches: [], requeue: undefined };
  const waiting = { patches: [], requeue: "after" };
  const pair = (lead: NodeClaim, other: NodeClaim) => keeping(lead, attemptOf([lead, other]));
  const [a, b] = [claim("a"), claim("b")];
  const bUnlaunched = claim("b", { isLaunched: false });

  test.each<[string, NodeClaim, readonly NodeClaim[], object]>([
    ["goes once its claim is launched and tagged", keeping(a, attemptOf([a])), [], forgotten],
    ["stays until the instance is tagged with its claim", keeping(claim("a", { isTagged: false }), attemptOf([a])), [], left],
    ["stays while there is no instance", keeping(claim("a", { isLaunched: false }), attemptOf([a])), [], left],
    ["stays on a claim that is to go", keeping(claim("a", { isGoing: true }), attemptOf([a])), [], left],
    ["goes once the other member has its instance too", pair(a, b), [b], forgotten],
    ["goes once the other member is gone", pair(a, b), [], forgotten],
    ["stays while the other member has none, and may send it again", pair(a, bUnlaunched), [bUnlaunched], waiting],
    ["stays while the other member goes without one", pair(a, bUnlaunched), [claim("b", { isLaunched: false, isGoing: true })], waiting],
    [
      "goes once the other member has gone on to another attempt",
      pair(a, bUnlaunched),
      [keeping(bUnlaunched, attemptOf([bUnlaunched], 6))],
      forgotten,
    ],
    ["is nothing where none is kept", a, [], left],
  ])("%s", async (_what, nodeClaim, others, expected) => {
    expect(await looked(nodeClaim, others)).toEqual(expected);
  });
});
