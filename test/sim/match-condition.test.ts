/**
 * Match conditions: what our registration writes is evaluated; what is not understood is refused, never skipped.
 */
import { expect, test } from "vitest";
import { parseMatchCondition } from "../../src/sim/match-condition.ts";

const request = {
  namespace: "team-a",
  operation: "CREATE",
  userInfo: { username: "system:serviceaccount:kube-system:x", groups: ["dev"] },
  kind: { kind: "Pod" },
};

function check(expression: string, expected: boolean): void {
  const parsed = parseMatchCondition(expression);
  expect([expression, parsed.ok ? parsed.value(request) : parsed.error]).toEqual([expression, expected]);
}

test("conditions over the request are evaluated", () => {
  check('request.namespace == "team-a"', true);
  check('!(request.namespace == "team-a")', false);
  check('request.namespace == "x" || request.namespace.matches("^team-[a-z0-9-]*$")', true);
  check('request.namespace != "team-a" && true', false);
  check("request.operation in ['CREATE', 'UPDATE']", true);
  check('request.userInfo.username.startsWith("system:serviceaccount:kube-system:")', true);
  check('"dev" in request.userInfo.groups', true);
  check('request.kind.kind == "Pod" && request.name == ""', true);
});

test("what the embedded world cannot evaluate is refused", () => {
  for (const expression of [
    "namespaceObject.metadata.name == 'x'",
    "object.spec.replicas > 1",
    "request.namespace ==",
    "has(object.x)",
    'request.namespace == "a" ; true',
  ])
    expect([expression, parseMatchCondition(expression).ok]).toEqual([expression, false]);
});
