/**
 * The capacity block controller: nodes are replaced ten minutes before EC2 takes their instances, once, and for no other reason.
 */
import { describe, expect, test } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import { err, ok, type Result } from "../../../src/api/result.ts";
import { timeText } from "../../../src/kube/time-text.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { capacityBlockController } from "../../../src/provisioner/controllers/capacity-block-controller.ts";
import type { ProvisionerShell } from "../../../src/provisioner/controllers/shell.ts";

const minute = 60_000;
const endsAt = Date.parse("2026-03-01T12:00:00Z");
const names = platformNames();
const aws = (name: string) => `karpenter.k8s.aws/capacity-reservation-${name}`;

function claim(
  name: string,
  of: { readonly kind?: string; readonly id?: string; readonly deadline?: number; readonly isDeleting?: boolean } = {},
): NodeClaim {
  const { kind = "capacity-block", id = "cr-1", deadline, isDeleting = false } = of;
  const request = { reason: "Drifted", message: "", requestedAt: timeText(0), deadline: timeText(deadline ?? 0) };
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: {
      name,
      labels: { [aws("id")]: id, [aws("type")]: kind },
      ...(deadline === undefined ? {} : { annotations: { [names.disruptionAnnotation]: JSON.stringify(request) } }),
      ...(isDeleting ? { deletionTimestamp: timeText(0) } : {}),
    },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
    status: { providerID: `aws:///ap-southeast-1a/${name}` },
  };
}

async function look(
  nodeClaims: readonly NodeClaim[],
  of: {
    readonly before?: number;
    readonly ends?: Result<ReadonlyMap<string, number>, string>;
    readonly refuses?: true;
  } = {},
) {
  const { before = 40 * minute, ends = ok(new Map([["cr-1", endsAt]])) } = of;
  const asked: string[] = [];
  const replaced: string[] = [];
  const shell = {
    names,
    provider: { serves: () => true },
    snapshot: () => snapshotOf([...nodeClaims]),
  } as unknown as ProvisionerShell;
  const { controller } = capacityBlockController(shell, {
    reservations: {
      endsOf: (ids) => {
        asked.push(...ids);
        return Promise.resolve(ends);
      },
    },
    replace: ({ metadata }, { reason, deadline }) => {
      if (of.refuses) return Promise.resolve(err("changed meanwhile"));
      replaced.push(`${metadata.name ?? ""} ${reason} ${deadline === undefined ? "" : timeText(deadline)}`);
      return Promise.resolve(ok("asked" as const));
    },
  });
  const step = controller.decide(await controller.observe({ namespace: "", name: "cluster" }), endsAt - before);
  const requeue = await controller.act(step);
  const events = step.events?.map(({ regarding, reason, message }) => `${regarding.name}: ${reason}: ${message}`) ?? [];
  return { asked, replaced, requeue, events };
}

describe("a node on a capacity block", () => {
  const asked = "i-0a ReservationInterrupted 2026-03-01T11:30:00Z";

  test("is replaced from 40 minutes before the end of its block on, with half an hour before that end as its deadline", async () => {
    expect(await look([claim("i-0a"), claim("i-0b", { kind: "default", id: "cr-2" })])).toEqual({
      asked: ["cr-1"],
      replaced: [asked],
      requeue: { kind: "after", delayMs: minute },
      events: [
        "i-0a: CapacityReservationInstanceInterrupted: " +
          "Capacity block cr-1 ends at 2026-03-01T12:00:00Z; the instance ends at 2026-03-01T11:30:00Z",
      ],
    });
  });

  test("stays until then, and is looked at when it is time", async () => {
    const early = await look([claim("i-0a")], { before: 40 * minute + 7_000 });
    expect([early.replaced, early.requeue]).toEqual([[], { kind: "after", delayMs: 7_000 }]);
    const earlier = await look([claim("i-0a")], { before: 90 * minute });
    expect([earlier.replaced, earlier.requeue]).toEqual([[], { kind: "after", delayMs: minute }]);
  });

  test("is asked away once, and again where what stands on it leaves it more time", async () => {
    expect((await look([claim("i-0a", { deadline: endsAt - 30 * minute })])).replaced).toEqual([]);
    expect((await look([claim("i-0a", { deadline: endsAt })])).replaced).toEqual([asked]);
  });

  test("has its deadline on its way out too, without another Event", async () => {
    const { replaced, events } = await look([claim("i-0a", { isDeleting: true })]);
    expect([replaced, events]).toEqual([[asked], []]);
  });

  test("stays where its block has no end that the cloud knows", async () => {
    expect((await look([claim("i-0a")], { ends: ok(new Map()) })).replaced).toEqual([]);
  });
});

test("a cloud that does not answer, and a request that was not taken, are asked again", async () => {
  expect((await look([claim("i-0a")], { ends: err("no ec2:DescribeCapacityReservations") })).requeue).toEqual({
    kind: "retry",
    reason: "no ec2:DescribeCapacityReservations",
  });
  expect((await look([claim("i-0a")], { refuses: true })).requeue).toEqual({ kind: "retry", reason: "changed meanwhile" });
});

test("nobody is asked where nothing stands on a block", async () => {
  expect((await look([claim("i-0a", { kind: "default" })])).asked).toEqual([]);
});
