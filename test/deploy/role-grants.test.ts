/**
 * The proof of the roles is whole: every right has a suite that uses it, every suite proves its part, and whoever starts the real process
 * asks at the end what it was forbidden.
 */
import { describe, expect, it } from "vitest";
import type { AuditEvent } from "../support/control-plane.ts";
import { sourceTree } from "../support/source-tree.ts";
import { grantsOf, grantTroubles, lifeSuite, otherWitnesses, unused, usedGrants } from "./grant-witnesses.ts";
import { deployedGrants, serviceAccount } from "./role-grants.ts";

const tests = sourceTree("test");
const clusterRole = 'RBAC: allowed by ClusterRoleBinding "plimsoll" of ClusterRole "plimsoll" to ServiceAccount "plimsoll/plimsoll-system"';

/** A request of ours that was allowed. */
function event(verb: string, objectRef: NonNullable<AuditEvent["objectRef"]>, of: Partial<AuditEvent> = {}): AuditEvent {
  return {
    auditID: "1",
    stage: "ResponseComplete",
    verb,
    requestURI: "/",
    user: { username: serviceAccount },
    objectRef,
    responseStatus: { code: 200 },
    requestReceivedTimestamp: "",
    stageTimestamp: "",
    annotations: { "authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": clusterRole },
    ...of,
  };
}

describe("a request uses", () => {
  const [nodes, node] = [{ resource: "nodes" }, { resource: "nodes", name: "one" }];
  const lease = { resource: "leases", apiGroup: "coordination.k8s.io", name: "plimsoll", namespace: "plimsoll-system" };
  const ownRole = 'RBAC: allowed by RoleBinding "plimsoll/plimsoll-system" of Role "plimsoll" to ServiceAccount "plimsoll/plimsoll-system"';
  const by = (reason: string) => ({ annotations: { "authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": reason } });
  const rows: readonly [string, AuditEvent, readonly string[]][] = [
    ["the right that it names", event("list", nodes), ["list nodes"]],
    ["that of a subresource", event("create", { resource: "pods", subresource: "eviction", name: "a" }), ["create pods/eviction"]],
    ["two, where it applies what was not there", event("patch", node, { responseStatus: { code: 201 } }), ["create nodes", "patch nodes"]],
    ["one, where it applies what was there", event("patch", node), ["patch nodes"]],
    ["that of its own namespace", event("get", lease, by(ownRole)), ["get leases.coordination.k8s.io plimsoll (own namespace)"]],
    ["none of another name", event("get", lease), []],
    ["none that another role gave", event("list", nodes, by('RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "y" to User "z"')), []],
    ["none of another account", event("list", nodes, { user: { username: "system:admin" } }), []],
    ["none when it was refused", event("list", nodes, { annotations: { "authorization.k8s.io/decision": "forbid" } }), []],
  ];
  it.each(rows)("%s", async (_what, one, used) => {
    expect([...(await usedGrants({ auditEvents: () => Promise.resolve([one]) }))].sort()).toEqual(used);
  });
});

describe("the proof", () => {
  it("names no right that is not granted, and none twice", () => {
    const granted = new Set(deployedGrants().map(({ name }) => name));
    const named = [...Object.values(otherWitnesses).flat(), ...Object.keys(unused)];
    expect(named.filter((name) => !granted.has(name))).toEqual([]);
    expect(named.filter((name, index) => named.indexOf(name) !== index)).toEqual([]);
  });

  it("gives every right to one suite, or a reason", () => {
    const given = [lifeSuite, ...Object.keys(otherWitnesses)].flatMap((suite) => grantsOf(suite));
    const granted = [...new Set(deployedGrants().map(({ name }) => name))];
    expect([...given, ...Object.keys(unused)].sort()).toEqual(granted.sort());
  });

  it("fails a suite that does not use what it has to", async () => {
    const [suite = "", rights = []] = Object.entries(otherWitnesses)[0] ?? [];
    expect(rights.length).toBeGreaterThan(0);
    const troubles = await grantTroubles({ auditEvents: () => Promise.resolve([]) }, suite);
    expect(troubles).toEqual(rights.map((right) => `granted, and not used: ${right}`).sort());
  });

  it.each([lifeSuite, ...Object.keys(otherWitnesses)])("is done in %s", (suite) => {
    const [found] = tests.filter(({ path }) => path === suite);
    expect(found?.text).toContain("grantTroubles(");
    expect(found?.text).toContain(`"${suite}"`);
  });
});

it.each(starters())("%s asks at its end what it was forbidden", (_path, text) => {
  expect(text).toMatch(/forbiddenRequests\(|refusedByRoles\(/);
});

/** Test files that start the real process, and the support that does it for others and asks for them. */
function starters(): readonly (readonly [string, string])[] {
  const starting = /\b(startServe|startReplicas)\(/;
  return tests
    .filter(
      ({ path, text }) =>
        starting.test(text) && (path.endsWith(".real.test.ts") || path.endsWith("-suite.ts") || path.endsWith("-cluster.ts")),
    )
    .map(({ path, text }) => [path, text] as const);
}
