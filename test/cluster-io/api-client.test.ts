/**
 * The client: what each call sends, and what it makes of each answer.
 */
import { describe, expect, test } from "vitest";
import type { ApiClient } from "../../src/api/api-client.ts";
import type { ApiAnswer, ApiRequest } from "../../src/api/ports.ts";
import { apiClient } from "../../src/cluster/api-client.ts";
import { pod } from "../support/objects.ts";

const done: ApiAnswer = { ok: true, status: 200, body: {} };
const refused = (status: number, reason = ""): ApiAnswer => ({ ok: false, status, error: { code: status, reason } });
const key = { namespace: "shop", name: "web" };
const podPath = "/api/v1/namespaces/shop/pods/web";

/** Makes one call against a server that gives these answers in turn; returns what was sent and what came back. */
async function check(call: (client: ApiClient) => Promise<unknown>, ...answers: ApiAnswer[]) {
  const sent: ApiRequest[] = [];
  const transport = {
    request: (request: ApiRequest) => {
      sent.push(request);
      return Promise.resolve(answers[sent.length - 1] ?? done);
    },
    watch: () => {
      throw new Error("no watch here");
    },
  };
  const answer = await call(apiClient({ transport, domain: "acme.example" }));
  return { sent, answer };
}

describe("what is sent", () => {
  test.each<[string, (client: ApiClient) => Promise<unknown>, Partial<ApiRequest>]>([
    ["get of a namespaced kind", (c) => c.get("Pod", key), { method: "GET", path: podPath }],
    ["get of a cluster-scoped kind", (c) => c.get("Node", { namespace: "", name: "n1" }), { path: "/api/v1/nodes/n1" }],
    [
      "a kind of ours, under the domain",
      (c) => c.get("WorkloadProfile", key),
      { path: "/apis/acme.example/v1/namespaces/shop/workloadprofiles/web" },
    ],
    [
      "a name that would leave its segment",
      (c) => c.get("Pod", { namespace: "shop", name: "../x?y" }),
      { path: "/api/v1/namespaces/shop/pods/..%2Fx%3Fy" },
    ],
    ["create", (c) => c.create("Pod", pod({ name: "web" })), { method: "POST", path: "/api/v1/namespaces/shop/pods" }],
    ["a dry run", (c) => c.create("Pod", pod({ name: "web" }), { dryRun: true }), { query: { dryRun: "All" } }],
    ["replace", (c) => c.replace("Pod", pod({ name: "web" })), { method: "PUT", path: podPath }],
    [
      "apply, by force, with the kind filled in",
      (c) => c.apply("PodDisruptionBudget", { metadata: key, spec: { minAvailable: 1 } }, { fieldManager: "plimsoll" }),
      {
        method: "PATCH",
        path: "/apis/policy/v1/namespaces/shop/poddisruptionbudgets/web",
        query: { fieldManager: "plimsoll", force: "true" },
        contentType: "application/apply-patch+yaml",
        body: { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: key, spec: { minAvailable: 1 } },
      },
    ],
    [
      "apply of a status",
      (c) => c.applyStatus("Node", { metadata: { name: "n1" }, status: {} }, { fieldManager: "p" }),
      { path: "/api/v1/nodes/n1/status" },
    ],
    [
      "a JSON patch",
      (c) => c.patch("Pod", key, { body: { kind: "json", operations: [{ op: "remove", path: "/x" }] } }),
      { method: "PATCH", contentType: "application/json-patch+json", body: [{ op: "remove", path: "/x" }] },
    ],
    [
      "a merge patch of a subresource",
      (c) => c.patch("Deployment", key, { body: { kind: "merge", patch: { spec: { replicas: 2 } } }, subresource: "scale" }),
      { path: "/apis/apps/v1/namespaces/shop/deployments/web/scale", contentType: "application/merge-patch+json" },
    ],
    [
      "delete with preconditions and grace",
      (c) => c.delete("Pod", key, { uid: "u1", resourceVersion: "7", gracePeriodSeconds: 0 }),
      {
        method: "DELETE",
        body: { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid: "u1", resourceVersion: "7" }, gracePeriodSeconds: 0 },
      },
    ],
    [
      "an eviction",
      (c) => c.evict({ ...key, uid: "u1" }),
      {
        method: "POST",
        path: `${podPath}/eviction`,
        body: {
          apiVersion: "policy/v1",
          kind: "Eviction",
          metadata: key,
          deleteOptions: { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid: "u1" } },
        },
      },
    ],
  ])("%s", async (_name, call, request) => {
    const { sent } = await check(call);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject(request);
  });

  test("a list follows the continue token and carries its selectors on every page", async () => {
    const page = (names: string[], token = ""): ApiAnswer => ({
      ok: true,
      status: 200,
      body: { metadata: { resourceVersion: "9", continue: token }, items: names.map((name) => ({ metadata: { name } })) },
    });
    const { sent, answer } = await check(
      (c) => c.list("Pod", { namespace: "shop", labelSelector: "app=web" }),
      page(["a", "b"], "t1"),
      page(["c"]),
    );
    expect(sent.map(({ path, query }) => ({ path, query }))).toEqual([
      { path: "/api/v1/namespaces/shop/pods", query: { labelSelector: "app=web", limit: "16" } },
      { path: "/api/v1/namespaces/shop/pods", query: { labelSelector: "app=web", limit: "64", continue: "t1" } },
    ]);
    expect(answer).toMatchObject({
      ok: true,
      value: [{ kind: "Pod", metadata: { name: "a" } }, { metadata: { name: "b" } }, { metadata: { name: "c" } }],
    });
  });
});

describe("what an answer means", () => {
  test.each<[string, (client: ApiClient) => Promise<unknown>, ApiAnswer, unknown]>([
    ["a refusal is a value", (c) => c.get("Pod", key), refused(404, "NotFound"), { ok: false, error: { code: 404, reason: "NotFound" } }],
    ["a delete of what is not there", (c) => c.delete("Pod", key), refused(404), { ok: true, value: "gone" }],
    ["a delete of a uid whose name another has", (c) => c.delete("Pod", key, { uid: "u1" }), refused(409), { ok: true, value: "gone" }],
    [
      "a delete of a version that is past",
      (c) => c.delete("Pod", key, { resourceVersion: "7" }),
      refused(409),
      { ok: false, error: { code: 409, reason: "" } },
    ],
    ["a delete that was accepted", (c) => c.delete("Pod", key), done, { ok: true, value: "deleted" }],
    ["an eviction", (c) => c.evict({ ...key, uid: "u" }), done, { kind: "evicted" }],
    ["an eviction of a Pod that is gone", (c) => c.evict({ ...key, uid: "u" }), refused(404), { kind: "gone" }],
    ["an eviction of another Pod of that name", (c) => c.evict({ ...key, uid: "u" }), refused(409), { kind: "gone" }],
    [
      "an eviction that a budget blocks, with the server's hint",
      (c) => c.evict({ ...key, uid: "u" }),
      { ok: false, status: 429, error: { code: 429, details: { retryAfterSeconds: 3 } } },
      { kind: "blocked", retryAfterMs: 3_000, status: { code: 429, details: { retryAfterSeconds: 3 } } },
    ],
    [
      "an eviction that a budget blocks, without one",
      (c) => c.evict({ ...key, uid: "u" }),
      refused(429),
      { kind: "blocked", retryAfterMs: 10_000, status: { code: 429, reason: "" } },
    ],
    [
      "an eviction with two budgets",
      (c) => c.evict({ ...key, uid: "u" }),
      refused(500),
      { kind: "refused", status: { code: 500, reason: "" } },
    ],
    [
      "an eviction without an answer",
      (c) => c.evict({ ...key, uid: "u" }),
      refused(0),
      { kind: "unanswered", status: { code: 0, reason: "" } },
    ],
  ])("%s", async (_name, call, answer, meaning) => {
    expect((await check(call, answer)).answer).toEqual(meaning);
  });
});
