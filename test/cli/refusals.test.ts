/**
 * What AWS and the API server forbid is counted each time, and told once in a while.
 */
import { pino } from "pino";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import type { ApiStatus } from "../../src/api/api-status.ts";
import type { ApiTransport } from "../../src/api/ports.ts";
import { refusalMetrics } from "../../src/cli/process-metrics.ts";
import { refusals } from "../../src/cli/refusals.ts";
import type { RefusedCall } from "../../src/ec2/refused-call.ts";

const passRole: RefusedCall = {
  service: "ec2",
  call: "CreateFleet",
  action: "iam:PassRole",
  text: "UnauthorizedOperation: no; fix: grant it",
};
const listNodes =
  'nodes is forbidden: User "system:serviceaccount:plimsoll-system:plimsoll" cannot list resource "nodes" in API group "" at the cluster scope';
const patchClaim =
  'nodeclaims.karpenter.sh "a" is forbidden: User "x" cannot patch resource "nodeclaims/status" in API group "karpenter.sh" at the cluster scope';

function opened() {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  const registry = new Registry();
  const clock = { at: 0, now: () => clock.at };
  const desk = refusals({ metrics: refusalMetrics(registry), log, clock });
  const counted = async () => (await registry.metrics()).split("\n").filter((line) => /^plimsoll_\w+\{/.test(line));
  const ask = (error: ApiStatus) => desk.heardOver(answering(error)).request({ method: "GET", path: "/api/v1/nodes" });
  return { desk, lines, clock, counted, ask };
}

function answering(error: ApiStatus): ApiTransport {
  return {
    request: () => Promise.resolve({ ok: false, status: error.code, error }),
    watch: () => {
      throw new Error("nobody watches here");
    },
  };
}

test("a call to AWS is counted by what is missing, and told with the fix, again while it lasts", async () => {
  const { desk, lines, clock, counted } = opened();
  desk.onCall(passRole);
  desk.onCall(passRole);
  expect(await counted()).toEqual(['plimsoll_cloud_refused_calls_total{service="ec2",call="CreateFleet",action="iam:PassRole"} 2']);
  expect(lines).toMatchObject([{ action: "iam:PassRole", problem: passRole.text, msg: "AWS refused a call: a permission is missing" }]);
  clock.at = 10 * 60_000;
  desk.onCall(passRole);
  expect(lines).toHaveLength(2);
});

test("a request that RBAC refuses is counted by verb and resource, told with the fix, and answered as it was", async () => {
  const { lines, counted, ask } = opened();
  const error = { code: 403, reason: "Forbidden", message: listNodes };
  expect(await ask(error)).toEqual({ ok: false, status: 403, error });
  await ask({ code: 403, message: patchClaim });
  await ask({ code: 403, message: patchClaim });
  expect(await counted()).toEqual([
    'plimsoll_api_refused_requests_total{verb="list",resource="nodes"} 1',
    'plimsoll_api_refused_requests_total{verb="patch",resource="nodeclaims/status.karpenter.sh"} 2',
  ]);
  expect(lines).toMatchObject([
    { verb: "list", resource: "nodes", problem: listNodes, fix: expect.stringContaining("deploy/base") as unknown },
    { verb: "patch", resource: "nodeclaims/status.karpenter.sh" },
  ]);
});

test("what a webhook denies, and any other answer, is no matter of rights", async () => {
  const { lines, counted, ask } = opened();
  await ask({ code: 403, reason: "Forbidden", message: 'admission webhook "x" denied the request: no' });
  await ask({ code: 404, message: listNodes });
  expect([lines, await counted()]).toEqual([[], []]);
});
