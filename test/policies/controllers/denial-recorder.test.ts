/**
 * The denial recorder: which profiles are told of a refused request, in which words, and how often.
 */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../src/api/object.ts";
import { crdOf } from "../../../src/api/crd.ts";
import { compilerFieldManager, platformNames } from "../../../src/api/labels.ts";
import { err, ok } from "../../../src/api/result.ts";
import { apiClient } from "../../../src/cluster/api-client.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { withDenials, type DenialNote } from "../../../src/policies/denial-record.ts";
import { allRules } from "../../../src/policies/rules/all-rules.ts";
import { denialRecorder } from "../../../src/policies/controllers/denial-recorder.ts";
import { validate } from "../../../src/policies/evaluate.ts";
import { createVirtualClock } from "../../../src/sim/virtual-clock.ts";
import { startWorld } from "../../../src/sim/world.ts";
import { contextOf, policySet, requestFor, testNow, type RequestOptions } from "../../support/admission.ts";
import { budget, deployment, profile } from "../../support/objects.ts";

const policies = policySet();
const general = profile({ spec: { runtimeClass: "general", availability: { minReplicas: 2 }, scaling: { maxReplicas: 9 } } });
const below = { rule: "SCALE-001", message: "1 replica is below availability.minReplicas 2 of profile web" };

const wordsOf = (rule: string): string => allRules.find(({ id }) => id === rule)?.summary ?? "";

function recorderIn(world: readonly KubeObject[], fails = false) {
  const clock = { now: testNow };
  const written: unknown[] = [];
  const failures: string[] = [];
  const snapshot = snapshotOf(world);
  const recorder = denialRecorder({
    client: {
      applyStatus: (kind, object, { fieldManager }) => {
        written.push([kind, object, fieldManager]);
        return Promise.resolve(fails ? err({ code: 404, message: "not found" }) : ok(object as never));
      },
    },
    clock: { now: () => clock.now },
    snapshot: () => snapshot,
    policySet: () => policies,
    instanceTypes: () => [],
    names: platformNames(),
    onFailed: (name, reason) => failures.push(`${name}: ${reason}`),
  });
  const deny = (object: KubeObject, options: RequestOptions & { readonly at?: number; readonly dryRun?: boolean } = {}) => {
    const request = { ...requestFor(object, options), dryRun: options.dryRun === true };
    const { findings } = validate({ policySet: policies, request, context: contextOf(world) });
    recorder.note({ request, findings, at: options.at ?? testNow });
  };
  return { clock, recorder, deny, written, failures };
}

const statusOf = (lastDenials: readonly object[], name = "web") => [
  "WorkloadProfile",
  { metadata: { namespace: "shop", name }, status: { lastDenials } },
  "plimsoll-denials",
];

describe("a refused request is told on the profile that it concerns", () => {
  const [user, time] = ["a client", "2026-12-01T00:00:00Z"];
  const told = (rule: string, words: string) => [{ time, user, rule, message: `${words}: ${wordsOf(rule)}`.slice(0, 200) }];
  const rows: readonly (readonly [string, KubeObject, readonly KubeObject[], readonly object[]])[] = [
    ["of the workload", deployment({ replicas: 1 }), [general], told("DRAIN-001", "a new Deployment")],
    [
      "of a workload that stands, by its name",
      deployment({ replicas: 1 }),
      [general, deployment()],
      told("DRAIN-001", "a new Deployment web"),
    ],
    [
      "of the workload that a budget selects",
      budget({ maxUnavailable: 0 }),
      [general, deployment()],
      told("DRAIN-004", "a new PodDisruptionBudget"),
    ],
    [
      "that is refused itself and stands",
      { ...general, spec: { runtimeClass: "generl" } } as KubeObject,
      [general],
      told("WP-001", "a new WorkloadProfile web"),
    ],
  ];
  it.each(rows)("%s", async (_what, object, world, denials) => {
    const { recorder, deny, written } = recorderIn(world);
    deny(object);
    await recorder.record();
    expect(written).toEqual([statusOf(denials)]);
    await recorder.record();
    expect(written).toHaveLength(1);
  });

  it("and nowhere where there is none, or in a dry run", async () => {
    const { recorder, deny, written } = recorderIn([general]);
    deny(deployment({ name: "other", replicas: 1 }));
    deny({ ...profile({ name: "new" }), spec: { runtimeClass: "generl" } } as KubeObject);
    deny(deployment({ replicas: 1 }), { dryRun: true });
    await recorder.record();
    expect(written).toEqual([]);
  });

  it("in no word of whoever asked", async () => {
    const { recorder, deny, written } = recorderIn([general]);
    const asked = deployment({ name: "send-money-to-bob", replicas: 1, labels: { [platformNames().profileLabel]: "web" } });
    deny(asked, { userInfo: { username: "send-money-to-bob", groups: ["send-money-to-bob"] } });
    await recorder.record();
    expect(written).toHaveLength(1);
    expect(JSON.stringify(written)).not.toContain("send-money-to-bob");
  });

  it("at most once a minute, and what was refused meanwhile with the next", async () => {
    const { clock, recorder, deny, written } = recorderIn([general]);
    const refuse = async (object: KubeObject) => {
      deny(object, { at: clock.now });
      await recorder.record();
    };
    await refuse(deployment({ replicas: 1 }));
    clock.now += 30_000;
    await refuse({ ...general, spec: { runtimeClass: "generl" } } as KubeObject);
    expect(written).toHaveLength(1);
    clock.now += 30_000;
    await recorder.record();
    expect(written).toMatchObject([{}, statusOf([{ rule: "WP-001" }])]);
  });

  it("on ten profiles a minute in all, and a storm of refusals is looked at in part", async () => {
    const profiles = Array.from({ length: 30 }, (_unused, index) => ({
      ...general,
      metadata: { ...general.metadata, name: `p${index}`, uid: `p${index}` },
    }));
    const { clock, recorder, deny, written } = recorderIn(profiles);
    for (const one of profiles) deny({ ...one, spec: { runtimeClass: "generl" } } as KubeObject);
    await recorder.record();
    expect(written).toHaveLength(10);
    clock.now += 60_000;
    await recorder.record();
    clock.now += 60_000;
    await recorder.record();
    expect(written).toHaveLength(20);
  });

  it("and a write that fails is told, without harm to the next", async () => {
    const { clock, recorder, deny, failures } = recorderIn([general], true);
    for (let round = 0; round < 2; round += 1) {
      deny(deployment({ replicas: 1 }));
      await recorder.record();
      clock.now += 60_000;
    }
    expect(failures).toEqual(["shop/web: not found", "shop/web: not found"]);
  });
});

it("stands beside the rest of the status, which the profile's controller goes on writing", async () => {
  const transport = startWorld({ clock: createVirtualClock(), seed: 1 }).transport();
  const client = apiClient({ transport, domain: platformNames().domain });
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  expect(await transport.request({ method: "POST", path, body: crdOf("WorkloadProfile") })).toMatchObject({ ok: true });
  const made = await client.create("WorkloadProfile", profile({ namespace: "default", spec: { runtimeClass: "general" } }));
  expect(made).toMatchObject({ ok: true });
  const told = async (targetCount: number) => {
    const status = { targetCount, targets: [] };
    const object = { metadata: { namespace: "default", name: "web" }, status };
    return await client.applyStatus("WorkloadProfile", object, { fieldManager: compilerFieldManager });
  };
  await told(1);
  const standing = made.ok ? [made.value] : [];
  const recorder = denialRecorder({
    client,
    clock: { now: () => testNow },
    snapshot: () => snapshotOf(standing),
    policySet: () => policies,
    instanceTypes: () => [],
    names: platformNames(),
    onFailed: (name, reason) => expect.unreachable(`${name}: ${reason}`),
  });
  const request = requestFor(deployment({ namespace: "default", replicas: 1 }));
  recorder.note({ request, findings: [{ ...below, action: "deny", path: "", fix: "" }], at: testNow });
  await recorder.record();
  const message = `a new Deployment: ${wordsOf("SCALE-001")}`;
  const denials = [{ rule: "SCALE-001", message, user: "a client", time: "2026-12-01T00:00:00Z" }];
  expect(await told(2)).toMatchObject({ ok: true, value: { status: { targetCount: 2, lastDenials: denials } } });
});

describe("the list of denials", () => {
  const note = (at: string, over: Partial<DenialNote> = {}): DenialNote => ({ time: `2026-12-01T${at}Z`, user: "ann", ...below, ...over });

  it("is newest first, holds each refusal once, and five at most", () => {
    const known = [note("10:00:00"), note("09:00:00", { user: "bob" })];
    expect(withDenials(known, [note("11:00:00", { user: "bob" })])).toEqual([note("11:00:00", { user: "bob" }), note("10:00:00")]);
    const many = Array.from({ length: 9 }, (_, index) => note(`12:00:0${index}`, { user: `u${index}` }));
    expect(withDenials(known, many)?.map(({ user }) => user)).toEqual(["u8", "u7", "u6", "u5", "u4"]);
  });

  it("is written again for the same refusal once a minute", () => {
    expect(withDenials([note("10:00:00")], [note("10:00:59")])).toBeUndefined();
    expect(withDenials([note("10:00:00")], [note("10:01:00")])).toEqual([note("10:01:00")]);
  });
});
