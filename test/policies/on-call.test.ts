/**
 * The way in for those on call: an exemption for groups lets in their bare Pods alone, and each use makes an Event.
 */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { arrivalNotes } from "../../src/policies/arrival.ts";
import { refusalsOf, standingFindings } from "../../src/policies/audit.ts";
import { evaluate } from "../../src/policies/evaluate.ts";
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import { contextOf, policiesText, policySet, requestFor, testNow } from "../support/admission.ts";
import { deployment, pod } from "../support/objects.ts";

const entry = (match: string): string => `
exemptions:
  - id: ON-CALL
    rules: [BARE-001, PLACE-005, REQ-001, STOR-003]
    match: ${match}
    owner: sre@example.com
    reason: kubectl debug and kubectl run, while somebody is on call
    approved: "2026-11-01"
    expires: "2027-04-30"
`;
const policies = policySet(policiesText + entry('{namespace: "*", kind: Pod, groups: [sre-on-call, platform-admins]}'));

/** As `kubectl debug node/NAME` makes it. */
const nodeDebugger: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "node-debugger-node-1-x7k2p",
    namespace: "default",
    uid: "uid-debugger",
    labels: { "app.kubernetes.io/managed-by": "kubectl-debug" },
    creationTimestamp: new Date(testNow).toISOString(),
  },
  ...{
    spec: {
      nodeName: "node-1",
      ...{ hostIPC: true, hostNetwork: true, hostPID: true },
      restartPolicy: "Never",
      tolerations: [{ operator: "Exists" }],
      containers: [{ name: "debugger", image: "busybox", volumeMounts: [{ name: "host-root", mountPath: "/host" }] }],
      volumes: [{ name: "host-root", hostPath: { path: "/" } }],
    },
  },
};
/** As `kubectl run` makes it, and `kubectl debug POD --copy-to` of a Pod that has requests. */
const plain = pod({ name: "shell" });

function asked(object: KubeObject, groups: readonly string[], set = policies) {
  const request = { ...requestFor(object), userInfo: { username: "ada", groups } };
  return evaluate({ policySet: set, request, context: contextOf([]) });
}

describe("an exemption for groups", () => {
  it.each([
    ["kubectl debug node", nodeDebugger],
    ["kubectl run", plain],
  ])("lets %s in for who is in one of them, with a warning", (_what, object) => {
    const verdict = asked(object, ["system:authenticated", "sre-on-call"]);
    expect(verdict.allowed).toBe(true);
    expect(verdict.warnings.join("\n")).toContain("[BARE-001] exempted by ON-CALL, 150 days left, owner sre@example.com: bare Pod");
  });
  it.each([
    ["a group of others", ["system:authenticated"]],
    ["the administrator's, which no exemption names", ["system:masters"]],
    ["a group of nearly that name", ["sre-on-call-alumni"]],
  ])("refuses who is of %s", (_what, groups) => {
    expect(asked(plain, groups).allowed).toBe(false);
  });
  it("lifts what it names alone", () => {
    expect(asked(deployment({ name: "web", requests: {} }), ["sre-on-call"]).allowed).toBe(false);
  });
  it("makes an Event each time, and counts in the report as an exemption", () => {
    const world = { policySet: policies, context: contextOf([nodeDebugger]) };
    expect(arrivalNotes({ object: nodeDebugger }, world)).toEqual([
      {
        regarding: { apiVersion: "v1", kind: "Pod", namespace: "default", name: "node-debugger-node-1-x7k2p", uid: "uid-debugger" },
        type: "Warning",
        reason: "ExemptionUsed",
        message:
          "let in for sre-on-call, platform-admins by exemption ON-CALL of sre@example.com until 2027-04-30: BARE-001, PLACE-005, REQ-001, STOR-003",
      },
    ]);
    expect(refusalsOf({ object: nodeDebugger }, world)).toEqual([]);
    expect(standingFindings({ object: nodeDebugger }, world).filter(({ lifted }) => lifted?.kind === "exemption")).toHaveLength(4);
  });
  it("is refused by Events as ever where no exemption names the Pod", () => {
    const world = { policySet: policySet(), context: contextOf([plain]) };
    expect(arrivalNotes({ object: plain }, world).map(({ reason }) => reason)).toContain("PolicyViolation");
  });
});

describe("policies.yaml", () => {
  const problems = (match: string): readonly string[] => {
    const parsed = parsePolicySet({ text: policiesText + entry(match), fileName: "policies.yaml", now: testNow });
    return parsed.ok ? [] : parsed.error.map(({ message }) => message);
  };
  it.each([
    ["{namespace: default, groups: [sre]}", []],
    ["{namespace: default, groups: []}", ["must have at least one entry"]],
    [
      "{namespace: default, groups: [system:authenticated]}",
      [expect.stringContaining('"system:authenticated" is everybody; name the group of those who are on call')],
    ],
    ["{namespace: default, name: '*', groups: [sre]}", [expect.stringContaining('"*" names everything')]],
    ["{namespace: '*', name: web}", [expect.stringContaining('"*" names everything')]],
    ["{namespace: default, kind: Pod}", [expect.stringContaining("needs a namespace, and a name, labels or groups")]],
  ])("may exempt %s", (match, expected) => {
    expect(problems(match)).toEqual(expected);
  });
});
