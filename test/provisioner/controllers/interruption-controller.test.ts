/**
 * The interruption controller: a notice is done once its replacement was asked for, and not before.
 */
import { describe, expect, test } from "vitest";
import type { CloudNotice, CloudNotices, UnreadableNotice } from "../../../src/api/cloud-notices.ts";
import type { DisruptionRequest } from "../../../src/api/disruption.ts";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { ObjectKey } from "../../../src/api/object.ts";
import { err, ok } from "../../../src/api/result.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { parsePolicySet } from "../../../src/policies/parse-policy-set.ts";
import type { PolicySet, PolicySettings } from "../../../src/policies/policy-set.ts";
import { interruptionController } from "../../../src/provisioner/controllers/interruption-controller.ts";
import type { ProvisionerShell } from "../../../src/provisioner/controllers/shell.ts";
import { yamlText } from "../../support/yaml-objects.ts";

const nodeClaim: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: { name: "general-1", uid: "uid-1" },
  spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
  status: { providerID: "aws:///ap-southeast-1a/i-0a" },
};
const spot: CloudNotice = { id: "m-1", kind: "spot-interruption", instances: ["i-0a"], saidAt: 0, endsAt: 120_000 };

const shipped = policiesOf("");

/** The policies that come with the product, with a line more in their settings. */
function policiesOf(line: string): PolicySet {
  const text = yamlText("policies.yaml").replace("\nsettings:\n", `\nsettings:\n${line}`);
  const parsed = parsePolicySet({ text, fileName: "policies.yaml" });
  if (!parsed.ok) throw new Error("the policies do not parse");
  return parsed.value;
}

function world(of: {
  readonly notices?: readonly (CloudNotice | UnreadableNotice)[];
  readonly trouble?: string;
  readonly refuses?: { replace?: boolean; done?: boolean };
  readonly settings?: Partial<PolicySettings>;
  /** Beside the one that the notice names. */
  readonly claims?: readonly NodeClaim[];
}) {
  const { refuses = {} } = of;
  const waiting = new Map((of.notices ?? [spot]).map((notice) => [notice.id, notice]));
  const done: string[] = [];
  const asked: (readonly [string | undefined, DisruptionRequest])[] = [];
  const listeners: Parameters<CloudNotices["listen"]>[0][] = [];
  const notices: CloudNotices = {
    listen: (listener) => {
      listeners.push(listener);
      return () => {
        listeners.length = 0;
      };
    },
    get: (id) => waiting.get(id),
    trouble: () => of.trouble,
    done: (id) => {
      if (refuses.done === true) return Promise.resolve(err("the queue does not answer"));
      done.push(id);
      return Promise.resolve(ok(undefined));
    },
  };
  const policySet = { ...shipped, settings: { ...shipped.settings, ...of.settings } };
  const snapshot = () => snapshotOf([nodeClaim, ...(of.claims ?? [])]);
  const shell = {
    snapshot,
    names: platformNames(),
    provider: { serves: () => true },
    world: () => ({ policySet, snapshot: snapshot(), names: platformNames(), instanceTypes: [] }),
  } as unknown as ProvisionerShell;
  const { controller, wake } = interruptionController(shell, {
    notices,
    replace: (claim, request) => {
      if (refuses.replace === true) return Promise.resolve(err("the API server does not answer"));
      asked.push([claim.metadata.name, request]);
      return Promise.resolve(ok("asked" as const));
    },
  });
  const look = async (name = "m-1", now = 1_000) => {
    const observed = await controller.observe({ namespace: "", name });
    if (observed === undefined) return undefined;
    const step = controller.decide(observed, now);
    return { step, requeue: await controller.act(step) };
  };
  return { look, done, asked, listeners, wake };
}

describe("a notice", () => {
  test("is done once the replacement was asked for, with its deadline", async () => {
    const { look, done, asked } = world({});
    expect((await look())?.requeue).toEqual({ kind: "done" });
    expect(asked).toMatchObject([["general-1", { reason: "SpotInterrupted", deadline: 120_000 }]]);
    expect(done).toEqual(["m-1"]);
  });

  test("is heard again where the request was not taken", async () => {
    const { look, done } = world({ refuses: { replace: true } });
    expect((await look())?.requeue).toEqual({ kind: "retry", reason: "the API server does not answer" });
    expect(done).toEqual([]);
  });

  test("is tried again where the queue does not let it go", async () => {
    expect((await world({ refuses: { done: true } }).look())?.requeue).toEqual({ kind: "retry", reason: "the queue does not answer" });
  });

  test("of other people's instances is done without a word", async () => {
    const { look, done, asked } = world({ notices: [{ ...spot, instances: ["i-0f"] }] });
    const found = await look();
    expect([found?.step.kind, found?.step.events, asked, done]).toEqual(["forget", undefined, [], ["m-1"]]);
  });

  test("of an instance that nobody knows is kept for a minute while a launch is unanswered: it may be of that", async () => {
    const names = platformNames();
    const launching: NodeClaim = {
      ...nodeClaim,
      metadata: { name: "general-2", annotations: { [names.launchRequestAnnotation]: "{}" } },
      status: {},
    };
    const { look, done } = world({ notices: [{ ...spot, instances: ["i-0f"] }], claims: [launching] });
    expect((await look())?.requeue).toEqual({ kind: "after", delayMs: 5_000 });
    expect(done).toEqual([]);
    expect((await look("m-1", 60_000))?.requeue).toEqual({ kind: "done" });
    expect(done).toEqual(["m-1"]);
  });

  test("that is no longer there is nothing to decide", async () => {
    expect(await world({ notices: [] }).look()).toBeUndefined();
  });

  test("that can't be read is recorded as such and forgotten", async () => {
    const { look, done } = world({ notices: [{ id: "m-1", kind: "unreadable", message: "not JSON" }] });
    expect((await look())?.step.decision?.rejected).toEqual([
      { subject: "m-1", reason: { reason: "UnreadableNotice", message: "not JSON" } },
    ]);
    expect(done).toEqual(["m-1"]);
  });
});

describe("a rebalance recommendation", () => {
  const rebalance: CloudNotice = { id: "m-1", kind: "rebalance-recommendation", instances: ["i-0a"], saidAt: 0 };

  test("is an Event, and a decision that says why nothing more", async () => {
    const { look, asked, done } = world({ notices: [rebalance] });
    const found = await look();
    expect([asked, done, found?.step.events?.map(({ reason }) => reason)]).toEqual([[], ["m-1"], ["SpotRebalanceRecommendation"]]);
    expect(found?.step.decision?.rejected).toMatchObject([{ subject: "general-1", reason: { reason: "EventOnly" } }]);
  });

  test("is a replacement where policies.yaml says so", async () => {
    const { look, asked } = world({ notices: [rebalance], settings: policiesOf("  rebalanceRecommendation: replace\n").settings });
    await look();
    expect(asked).toMatchObject([["general-1", { reason: "RebalanceRecommended" }]]);
  });
});

describe("the queue", () => {
  test("is listened to while the controller runs, and wakes it by each notice", () => {
    const { wake, listeners } = world({});
    const keys: ObjectKey[] = [];
    const stop = wake?.((key) => keys.push(key));
    listeners[0]?.heard("m-1");
    listeners[0]?.failed();
    expect(keys.map(({ name }) => name)).toEqual(["m-1", "queue"]);
    stop?.();
    expect(listeners).toEqual([]);
  });

  test("that can't be read is told until it can be", async () => {
    expect((await world({ trouble: "no sqs:ReceiveMessage" }).look("queue"))?.requeue).toEqual({
      kind: "retry",
      reason: "no sqs:ReceiveMessage",
    });
    expect(await world({}).look("queue")).toBeUndefined();
  });
});
