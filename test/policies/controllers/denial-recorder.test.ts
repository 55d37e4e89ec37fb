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
import { denialRecorder } from "../../../src/policies/controllers/denial-recorder.ts";
import { validate } from "../../../src/policies/evaluate.ts";
import { createVirtualClock } from "../../../src/sim/virtual-clock.ts";
import { startWorld } from "../../../src/sim/world.ts";
import { contextOf, policySet, requestFor, testNow, type RequestOptions } from "../../support/admission.ts";
import { budget, deployment, profile } from "../../support/objects.ts";

const policies = policySet();
const general = profile({ spec: { runtimeClass: "general", availability: { minReplicas: 2 }, scaling: { maxReplicas: 9 } } });
const below = { rule: "SCALE-001", message: "1 replica is below availability.minReplicas 2 of profile web" };
const single = {
  rule: "DRAIN-001",
  message: '1 replica in class "general" whose nodes are consolidated and replaced: every drain is an outage',
};

function recorderIn(world: readonly KubeObject[], fails = false) {
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
  return { recorder, deny, written, failures };
}

const statusOf = (lastDenials: readonly object[], name = "web") => [
  "WorkloadProfile",
  { metadata: { namespace: "shop", name }, status: { lastDenials } },
  "plimsoll-denials",
];

describe("a refused request is told on the profile that it concerns", () => {
  const user = "ann@example.com";
  const time = "2026-12-01T00:00:00Z";
  const rows: readonly (readonly [string, KubeObject, readonly KubeObject[], readonly object[]])[] = [
    ["of the workload", deployment({ replicas: 1 }), [general], [{ time, user, ...single }]],
    [
      "of the workload that a budget selects",
      budget({ maxUnavailable: 0 }),
      [general, deployment()],
      [{ time, user, rule: "DRAIN-004", message: 'PodDisruptionBudget "web" sets maxUnavailable: 0; it blocks every drain' }],
    ],
    [
      "that is refused itself and stands",
      { ...general, spec: { runtimeClass: "generl" } } as KubeObject,
      [general],
      [expect.objectContaining({ rule: "WP-001", user })],
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

  it("many at once by one write a profile, and no more requests than are kept", async () => {
    const { recorder, deny, written } = recorderIn([general]);
    for (let count = 0; count < 60; count += 1)
      deny(deployment({ replicas: 1 }), { userInfo: { username: `u${count}`, groups: [] }, at: testNow + count * 1000 });
    await recorder.record();
    expect(written).toMatchObject([statusOf([49, 48, 47, 46, 45].map((count) => ({ user: `u${count}` })))]);
  });

  it("and a write that fails is told, without harm to the next", async () => {
    const { recorder, deny, failures } = recorderIn([general], true);
    for (let round = 0; round < 2; round += 1) {
      deny(deployment({ replicas: 1 }));
      await recorder.record();
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
    snapshot: () => snapshotOf(standing),
    policySet: () => policies,
    instanceTypes: () => [],
    names: platformNames(),
    onFailed: (name, reason) => expect.unreachable(`${name}: ${reason}`),
  });
  const request = requestFor(deployment({ namespace: "default", replicas: 1 }));
  recorder.note({ request, findings: [{ ...below, action: "deny", path: "", fix: "" }], at: testNow });
  await recorder.record();
  const denials = [{ ...below, user: "ann@example.com", time: "2026-12-01T00:00:00Z" }];
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
