/**
 * Admission in a world without sockets: webhooks as functions, matching, failurePolicy, and what is left unenforced.
 */
import { expect, test } from "vitest";
import { ok } from "../../src/api/result.ts";
import type { JsonValue } from "../../src/sim/json.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";
import type { WebhookCaller } from "../../src/sim/webhook-call.ts";
import { startWorld } from "../../src/sim/world.ts";

const configurations = "/apis/admissionregistration.k8s.io/v1";
const hook = (more: object = {}) => ({
  name: "a.example.com",
  clientConfig: { url: "https://webhook.invalid/x" },
  rules: [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] }],
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  ...more,
});

function worldWith(callWebhook: WebhookCaller) {
  const api = startWorld({ clock: createVirtualClock(), seed: 1, callWebhook }).transport();
  return {
    register: (kind: "Mutating" | "Validating", webhook: object) =>
      api.request({
        method: "POST",
        path: `${configurations}/${kind.toLowerCase()}webhookconfigurations`,
        body: {
          apiVersion: "admissionregistration.k8s.io/v1",
          kind: `${kind}WebhookConfiguration`,
          metadata: { name: kind.toLowerCase() },
          webhooks: [webhook],
        },
      }),
    create: (name: string) =>
      api.request({
        method: "POST",
        path: "/api/v1/namespaces/default/configmaps",
        body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name } },
      }),
  };
}

const answer = (uid: JsonValue | undefined, response: object): JsonValue =>
  JSON.parse(JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: { uid, ...response } })) as JsonValue;
const uidOf = (review: unknown): JsonValue | undefined => (review as { request: { uid: string } }).request.uid;

test("a denial keeps its code and reason, and gets the real server's prefix", async () => {
  const { register, create } = worldWith(({ review }) =>
    Promise.resolve(ok(answer(uidOf(review), { allowed: false, status: { code: 403, reason: "Forbidden", message: "no" } }))),
  );
  await register("Validating", hook());
  expect(await create("x")).toMatchObject({
    ok: false,
    status: 403,
    error: { reason: "Forbidden", message: 'admission webhook "a.example.com" denied the request: no' },
  });
});

test("a patch is applied, and an object that it breaks is refused", async () => {
  const patch = Buffer.from(JSON.stringify([{ op: "add", path: "/data", value: { a: "b" } }])).toString("base64");
  const { register, create } = worldWith(({ review }) =>
    Promise.resolve(ok(answer(uidOf(review), { allowed: true, patchType: "JSONPatch", patch }))),
  );
  await register("Mutating", hook());
  expect(await create("x")).toMatchObject({ ok: true, body: { data: { a: "b" } } });
});

test("an answer to another request fails the call, as the failurePolicy says", async () => {
  const { register, create } = worldWith(() => Promise.resolve(ok(answer("another", { allowed: true }))));
  await register("Validating", hook({ failurePolicy: "Ignore" }));
  expect(await create("x")).toMatchObject({ ok: true });
  await register("Mutating", hook());
  expect(await create("y")).toMatchObject({ ok: false, status: 500, error: { reason: "InternalError" } });
});

test("a configuration with a match condition that can't be evaluated is refused", async () => {
  const { register } = worldWith(() => Promise.reject(new Error("not called")));
  const refused = await register("Validating", hook({ matchConditions: [{ name: "x", expression: "object.spec.x == 1" }] }));
  expect(refused).toMatchObject({ ok: false, status: 422 });
});

test("the CEL rules of a CRD are told as not enforced", async () => {
  const world = startWorld({ clock: createVirtualClock(), seed: 1 });
  const rule = { rule: "self.size > 1", message: "too small" };
  const spec = {
    type: "object",
    "x-kubernetes-validations": [rule],
    properties: { size: { type: "integer", "x-kubernetes-validations": [rule] } },
  };
  const version = { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object", properties: { spec } } } };
  const body = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com" },
    spec: { group: "example.com", scope: "Cluster", names: { plural: "widgets", kind: "Widget" }, versions: [version] },
  };
  await world.transport().request({ method: "POST", path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body });
  expect(world.unenforcedRules()).toEqual(["widgets.example.com v1 spec", "widgets.example.com v1 spec.size"]);
});
