/**
 * Quota room: how many more Pods the quotas of a namespace let in.
 */
import { expect, test } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import type { ResourceQuota } from "../../src/api/resource-quota.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { quotaRoom } from "../../src/kube/quota-room.ts";
import { pod } from "../support/objects.ts";

function quota(spec: ResourceQuota["spec"], name = "team"): ResourceQuota {
  return { apiVersion: "v1", kind: "ResourceQuota", metadata: { name, namespace: "shop" }, ...(spec === undefined ? {} : { spec }) };
}

const wanted = pod({ name: "next", requests: { cpu: "500m", memory: "1Gi" }, limits: { memory: "2Gi" } });
const running = (name: string): Pod => pod({ name, requests: { cpu: "1", memory: "1Gi" }, spec: { nodeName: "n" } });

const check = (
  name: string,
  { objects, next = wanted, count = 50 }: { readonly objects: readonly KubeObject[]; readonly next?: Pod; readonly count?: number },
  expected: { readonly count: number; readonly refusal?: string },
): void => {
  test(name, () => {
    expect(quotaRoom(snapshotOf(objects), 0).take(next, count)).toEqual(expected);
  });
};

const leaves = (name: string, count: number, of = 50) => ({
  count,
  refusal: `ResourceQuota "team" leaves ${name} for ${count} of ${of} more Pods`,
});

check("without a quota all may enter", { objects: [running("a")] }, { count: 50 });
check(
  "a quota of another namespace is none",
  { objects: [{ ...quota({ hard: { pods: "1" } }), metadata: { name: "x", namespace: "y" } }] },
  { count: 50 },
);
check("a quota of 20 Pods lets in 20 of 50", { objects: [quota({ hard: { pods: "20" } })] }, leaves("pods", 20));
check("Pods that are there are counted", { objects: [quota({ hard: { pods: "20" } }), running("a"), running("b")] }, leaves("pods", 18));
check("Pods are counted as objects, too", { objects: [quota({ hard: { "count/pods": "3" } })] }, leaves("count/pods", 3));
check("requests are counted", { objects: [quota({ hard: { "requests.cpu": "4" } }), running("a")] }, leaves("requests.cpu", 6));
check("requests are counted by their short names", { objects: [quota({ hard: { cpu: "4", memory: "3Gi" } })] }, leaves("memory", 3));
check("limits are counted", { objects: [quota({ hard: { "limits.memory": "4Gi" } })] }, leaves("limits.memory", 2));
check("a quota that is full lets none in", { objects: [quota({ hard: { pods: "1" } }), running("a"), running("b")] }, leaves("pods", 0));
check("a quota with room for all refuses none", { objects: [quota({ hard: { pods: "50" } })] }, { count: 50 });
check("objects that are no Pods are not ours", { objects: [quota({ hard: { services: "0", secrets: "0" } })] }, { count: 50 });
check(
  "a Pod that has ended counts no more",
  { objects: [quota({ hard: { pods: "1" } }), { ...running("a"), status: { phase: "Succeeded" } } as Pod] },
  leaves("pods", 1),
);
const ended: Pod = { ...running("a"), status: { phase: "Succeeded" } };
check("a Pod that has ended is an object still", { objects: [quota({ hard: { "count/pods": "3" } }), ended] }, leaves("count/pods", 2));
const leaving = (deletionTimestamp: string, deletionGracePeriodSeconds?: number): Pod => ({
  ...running("a"),
  metadata: {
    ...running("a").metadata,
    deletionTimestamp,
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
  },
});
const [minuteAgo, halfMinuteAgo] = ["1969-12-31T23:59:00Z", "1969-12-31T23:59:30Z"];
const single = quota({ hard: { pods: "1" } });
check("a Pod that should be gone counts no more", { objects: [single, leaving(minuteAgo, 30)] }, leaves("pods", 1));
check(
  "a Pod that should be gone is an object still",
  { objects: [quota({ hard: { "count/pods": "1" } }), leaving(minuteAgo, 30)] },
  leaves("count/pods", 0),
);
check(
  "a Pod on its way out counts until its grace has passed once more",
  { objects: [single, leaving(halfMinuteAgo, 60)] },
  leaves("pods", 0),
);
check("a Pod on its way out whose grace nobody tells counts", { objects: [single, leaving(minuteAgo)] }, leaves("pods", 0));
check(
  "a quota of limits refuses Pods that state none",
  { objects: [quota({ hard: { "limits.cpu": "100" } })] },
  { count: 0, refusal: 'ResourceQuota "team" refuses Pods that don\'t state limits.cpu' },
);
check(
  "of two quotas the tighter one holds",
  { objects: [quota({ hard: { pods: "30" } }, "a"), quota({ hard: { cpu: "5" } }, "team")] },
  leaves("cpu", 10),
);
check(
  "an extended resource is counted under requests",
  {
    objects: [quota({ hard: { "requests.nvidia.com/gpu": "2" } })],
    next: pod({ requests: { cpu: "1", "nvidia.com/gpu": "1" } }),
  },
  leaves("requests.nvidia.com/gpu", 2),
);

const hardOne = { hard: { pods: "1" } };
const one = leaves("pods", 1);
const all = { count: 50 };
const deadline = pod({ spec: { activeDeadlineSeconds: 60 } });
const idle = pod({ requests: {} });
const urgent = pod({ spec: { priorityClassName: "urgent" } });
const byPriority = (operator: "In" | "NotIn" | "Exists" | "DoesNotExist", values?: readonly string[]) =>
  quota({
    ...hardOne,
    scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator, ...(values === undefined ? {} : { values }) }] },
  });
const scoped = (scope: string, inside: Pod, outside: Pod): void => {
  check(`the scope ${scope} takes in its Pods`, { objects: [quota({ ...hardOne, scopes: [scope] })], next: inside }, one);
  check(`the scope ${scope} leaves out the others`, { objects: [quota({ ...hardOne, scopes: [scope] })], next: outside }, all);
};
scoped("Terminating", deadline, wanted);
scoped("NotTerminating", wanted, deadline);
scoped("BestEffort", idle, wanted);
scoped("NotBestEffort", wanted, idle);
check("a quota of a priority counts its Pods", { objects: [byPriority("In", ["urgent"])], next: urgent }, one);
check("a quota of a priority leaves out the others", { objects: [byPriority("In", ["urgent"])], next: wanted }, all);
check("a quota of all priorities but one leaves that out", { objects: [byPriority("NotIn", ["urgent"])], next: urgent }, all);
check("a quota of any priority counts what has one", { objects: [byPriority("Exists")], next: urgent }, one);

test("workloads of one namespace share its quota", () => {
  const room = quotaRoom(snapshotOf([quota({ hard: { pods: "20", "requests.cpu": "100" } })]), 0);
  expect([12, 12, 12].map((count) => room.take(wanted, count).count)).toEqual([12, 8, 0]);
});
