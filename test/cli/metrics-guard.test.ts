/**
 * Who may read /metrics: over a few lines of API server that keep the promises of TokenReview and SubjectAccessReview.
 */
import supertest from "supertest";
import { describe, expect, it } from "vitest";
import type { ApiAnswer, ApiRequest } from "../../src/api/ports.ts";
import { metricsRefusal } from "../../src/cli/metrics-guard.ts";
import { accessReviews } from "../../src/cluster/access-review.ts";
import { allowed } from "../../src/webhook/admission-review.ts";
import { webhookMetrics } from "../../src/webhook/metrics.ts";
import { webhookListener } from "../../src/webhook/server.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";

const accounts: Readonly<Record<string, { readonly username: string; readonly may: boolean }>> = {
  scraper: { username: "system:serviceaccount:monitoring:prometheus", may: true },
  stranger: { username: "system:serviceaccount:shop:default", may: false },
};

describe("/metrics", () => {
  const rows: readonly [string, string | undefined, number, RegExp][] = [
    ["nobody", undefined, 401, /send a bearer token, and bind the ClusterRole plimsoll-metrics-reader/],
    ["a password", "Basic c2NyYXBlcjo=", 401, /send a bearer token/],
    ["a token that has expired", "Bearer of-old", 401, /the API server does not accept this token/],
    [
      "an account without the right",
      "Bearer stranger",
      403,
      /^system:serviceaccount:shop:default may not get \/metrics: bind the ClusterRole/,
    ],
    ["an account with the right", "Bearer scraper", 200, /plimsoll_admission_requests_total/],
  ];
  it.each(rows)("answers %s", async (_who, authorization, status, words) => {
    const asked = supertest(listener(apiServer().request)).get("/metrics");
    const answer = await (authorization === undefined ? asked : asked.set("Authorization", authorization));
    expect([answer.status, answer.headers["www-authenticate"]]).toEqual([status, status === 401 ? "Bearer" : undefined]);
    expect(answer.text).toMatch(words);
  });

  it("are refused while the API server can't be asked, and probes answer all the same", async () => {
    const refusing = listener(() => Promise.resolve({ ok: false, status: 0, error: { code: 0, message: "no answer within 5000 ms" } }));
    const answer = await supertest(refusing).get("/metrics").set("Authorization", "Bearer scraper");
    expect([answer.status, answer.text]).toEqual([503, "the API server did not check the token: TokenReview: no answer within 5000 ms\n"]);
    for (const path of ["/healthz", "/readyz"]) expect((await supertest(refusing).get(path)).status).toBe(200);
  });
});

describe("an access review", () => {
  it("is asked once for a while, and again after it; what is refused is asked sooner", async () => {
    const server = apiServer();
    const clock = { at: 0, now: () => clock.at };
    const reviews = accessReviews({ transport: server, clock });
    const asks = async (token: string, at: number) => {
      clock.at = at;
      const before = server.asked();
      await metricsRefusal(reviews, `Bearer ${token}`);
      return server.asked() - before;
    };
    expect([await asks("scraper", 0), await asks("scraper", 59_000), await asks("scraper", 61_000)]).toEqual([2, 0, 2]);
    expect([await asks("of-old", 0), await asks("of-old", 9_000), await asks("of-old", 11_000)]).toEqual([1, 0, 1]);
  });

  it("is no way to make many requests at once", async () => {
    const server = apiServer();
    const reviews = accessReviews({ transport: server, clock: { now: () => 0 } });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => reviews.userOf(`guess-${index}`)));
    expect([server.asked(), answers.filter(({ ok }) => !ok).length]).toEqual([8, 92]);
  });

  it("of the same question under way is one", async () => {
    const server = apiServer();
    const reviews = accessReviews({ transport: server, clock: { now: () => 0 } });
    await Promise.all(Array.from({ length: 100 }, () => reviews.userOf("scraper")));
    expect(server.asked()).toBe(1);
  });
});

function listener(request: (asked: ApiRequest) => Promise<ApiAnswer>) {
  const reviews = accessReviews({ transport: { request }, clock: wallClock() });
  const metricsGuard = (authorization: string | undefined) => metricsRefusal(reviews, authorization);
  const rest = { notReady: () => [], metrics: webhookMetrics(), clock: wallClock(), onError: () => undefined };
  return webhookListener({ handler: () => allowed(), metricsGuard, ...rest });
}

function apiServer() {
  let asked = 0;
  const status = ({ path, body }: ApiRequest): object => {
    const { spec } = body as { readonly spec: { readonly token?: string; readonly user?: string } };
    if (path === "/apis/authentication.k8s.io/v1/tokenreviews") {
      const account = accounts[spec.token ?? ""];
      return account === undefined ? {} : { authenticated: true, user: { username: account.username, groups: ["system:authenticated"] } };
    }
    if (path !== "/apis/authorization.k8s.io/v1/subjectaccessreviews") throw new Error(path);
    return { allowed: Object.values(accounts).some(({ username, may }) => username === spec.user && may) };
  };
  return {
    asked: () => asked,
    request: async (request: ApiRequest): Promise<ApiAnswer> => {
      asked += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return { ok: true, status: 201, body: { status: status(request) } };
    },
  };
}
