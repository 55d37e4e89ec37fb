/**
 * The denial recorder: which profiles are told of a refused request, in which words, and how often.
 */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../src/api/object.ts";
import { platformNames } from "../../../src/api/labels.ts";
import { err, ok } from "../../../src/api/result.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { withDenials, type DenialNote } from "../../../src/policies/denial-record.ts";
import { denialRecorder } from "../../../src/policies/controllers/denial-recorder.ts";
import { validate } from "../../../src/policies/evaluate.ts";
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
