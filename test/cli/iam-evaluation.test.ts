/**
 * Policies are evaluated as AWS does: row by row, an authorization against one statement.
 */
import { describe, expect, test } from "vitest";
import { evaluate, type Authorization, type Decision } from "../../src/cli/iam-evaluation.ts";
import { parsePolicyDocuments } from "../../src/cli/iam-policy-document.ts";

const instance = "arn:aws:ec2:eu-west-1:123456789012:instance/i-1";
const asked: Authorization = {
  action: "ec2:TerminateInstances",
  resource: instance,
  context: { "aws:ResourceTag/team": ["web"], "aws:TagKeys": ["a", "b"] },
};

function decide(statements: object | readonly object[], of: Partial<Authorization> = {}): Decision {
  const parsed = parsePolicyDocuments(JSON.stringify({ Version: "2012-10-17", Statement: statements }));
  if (!parsed.ok) throw new Error(parsed.error);
  return evaluate(parsed.value, { ...asked, ...of });
}

const allow = { Sid: "End", Effect: "Allow", Action: "ec2:TerminateInstances", Resource: "*" };

describe("a statement is about an action on a resource", () => {
  test.each([
    ["by its name", {}, true],
    ["in other letters", { Action: "EC2:terminateInstances" }, true],
    ["by a pattern", { Action: ["s3:*", "ec2:Term*"] }, true],
    ["not by another's", { Action: "ec2:RunInstances" }, false],
    ["by its ARN", { Resource: instance }, true],
    ["by a pattern of ARNs", { Resource: "arn:aws:ec2:*:*:instance/i-?" }, true],
    ["not by an ARN in other letters", { Resource: instance.toUpperCase() }, false],
    ["not by another's ARN", { Resource: "arn:aws:ec2:eu-west-1:123456789012:volume/*" }, false],
    ["by all actions but one", { Action: undefined, NotAction: "ec2:RunInstances" }, true],
    ["not by all actions but this one", { Action: undefined, NotAction: "ec2:Terminate*" }, false],
    ["not by all resources but such", { Resource: undefined, NotResource: "arn:aws:ec2:*:*:instance/*" }, false],
  ])("%s", (_how, own, isAllowed) => {
    expect(decide({ ...allow, ...own }).kind).toBe(isAllowed ? "allowed" : "denied");
  });
});

describe("a condition", () => {
  const check = (Condition: object, kind: Decision["kind"]): void => {
    test(`${JSON.stringify(Condition)} is ${kind}`, () => {
      expect(decide({ ...allow, Condition }).kind).toBe(kind);
    });
  };
  check({ StringEquals: { "aws:ResourceTag/team": "web" } }, "allowed");
  check({ StringEquals: { "aws:resourcetag/team": ["shop", "web"] } }, "allowed");
  check({ StringEquals: { "aws:ResourceTag/team": "w*" } }, "denied");
  check({ StringLike: { "aws:ResourceTag/team": "w*" } }, "allowed");
  check({ StringEqualsIgnoreCase: { "aws:ResourceTag/team": "WEB" } }, "allowed");
  check({ StringNotEquals: { "aws:ResourceTag/team": "web" } }, "denied");
  check({ StringNotEquals: { "aws:ResourceTag/none": "web" } }, "allowed");
  check({ StringEquals: { "aws:ResourceTag/none": "web" } }, "denied");
  check({ StringEqualsIfExists: { "aws:ResourceTag/none": "web" } }, "allowed");
  check({ StringEqualsIfExists: { "aws:ResourceTag/team": "shop" } }, "denied");
  check({ Null: { "aws:ResourceTag/none": "true" } }, "allowed");
  check({ Null: { "aws:ResourceTag/team": "true" } }, "denied");
  check({ "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b", "c"] } }, "allowed");
  check({ "ForAllValues:StringEquals": { "aws:TagKeys": ["a"] } }, "denied");
  check({ "ForAllValues:StringEquals": { "aws:None": ["a"] } }, "allowed");
  check({ "ForAnyValue:StringEquals": { "aws:TagKeys": ["a"] } }, "allowed");
  check({ "ForAnyValue:StringEquals": { "aws:None": ["a"] } }, "denied");
  check({ StringEquals: { "aws:ResourceTag/team": "web" }, StringLike: { "aws:ResourceTag/none": "*" } }, "denied");
  check({ IpAddress: { "aws:SourceIp": "10.0.0.0/8" } }, "unknown");
});

test("a Deny wins, and one that can't be judged leaves the answer open", () => {
  const deny = { Sid: "Never", Effect: "Deny", Action: "*", Resource: "*" };
  expect(decide([allow, deny])).toEqual({ kind: "denied", why: "statement Never denies it" });
  expect(decide([allow, { ...deny, Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }]).kind).toBe("unknown");
  expect(decide([allow, { ...deny, Condition: { StringEquals: { "aws:ResourceTag/team": "shop" } } }])).toEqual({
    kind: "allowed",
    by: "End",
  });
});

test("a denial tells the nearest statement, and the condition that is missed", () => {
  const Condition = { StringEquals: { "aws:ResourceTag/kubernetes.io/cluster/prod": "owned" } };
  expect(decide({ ...allow, Condition })).toEqual({
    kind: "denied",
    why: 'statement End: StringEquals wants aws:ResourceTag/kubernetes.io/cluster/prod "owned", and there is none',
  });
  expect(decide({ ...allow, Action: "ec2:RunInstances" })).toEqual({ kind: "denied", why: "no statement allows it" });
});

describe("a policy that can't be read is refused in words", () => {
  test.each([
    ["{", /^is not JSON: /],
    ["{}", 'has no "Statement": a policy document is an object with "Version" and "Statement"'],
    ['{"Statement": [{"Sid": "A", "Effect": "allow"}]}', 'A: Effect is "allow"; it is Allow or Deny'],
    ['{"Statement": {"Effect": "Allow"}}', "Statement[0]: Action is missing, or neither a text nor a list of texts"],
    ['{"Statement": {"Effect": "Allow", "Action": "*"}}', "Statement[0]: Resource is missing, or neither a text nor a list of texts"],
    [
      '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": "x"}}}',
      "Statement[0]: Condition is not an object of operators, keys and values",
    ],
  ])("%s", (text, message) => {
    const parsed = parsePolicyDocuments(text);
    expect(parsed.ok ? "no error" : parsed.error).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
  });
});

test("a policy is read as AWS' command line prints it, and several together", () => {
  const document = { Version: "2012-10-17", Statement: allow };
  for (const printed of [document, { PolicyDocument: document }, { PolicyVersion: { Document: document } }, [document]]) {
    expect(parsePolicyDocuments(JSON.stringify(printed))).toMatchObject({ ok: true, value: [{ name: "End" }] });
  }
});
