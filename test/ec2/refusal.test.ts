/**
 * What AWS says of a missing permission, told with the action and the fix: rows of its own sentences.
 */
import { describe, expect, test } from "vitest";
import { failureKindOf, failureText } from "../../src/ec2/errors.ts";
import { missingAction } from "../../src/ec2/refusal.ts";
import { refusedCallLogger, type RefusedCall } from "../../src/ec2/refused-call.ts";

const who = "User: arn:aws:sts::123456789012:assumed-role/plimsoll/pod";
const asked = "You are not authorized to perform this operation.";
const appendix = "Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm-abcdefghijklmn_0123456789";
const passRole = `${who} is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/nodes because no identity-based policy allows the iam:PassRole action`;
const grant = (action: string) =>
  `fix: let the provisioner's role have ${action}, as "plimsoll iam policy" prints it; where it has, a condition is missed`;

const text = (code: string, message: string) => failureText({ kind: failureKindOf(code), code, message });

describe("a refusal names what is missing, and the fix", () => {
  const check = (what: string, of: { code: string; message: string; action: string | undefined; text: string }): void => {
    test(what, () => {
      expect(missingAction(of)).toBe(of.action);
      expect(text(of.code, of.message)).toBe(of.text);
    });
  };
  check("of another action than the call, without the appendix that nobody can read", {
    code: "UnauthorizedOperation",
    message: `${asked} ${passRole}. ${appendix}`,
    action: "iam:PassRole",
    text: `UnauthorizedOperation: ${passRole}; ${grant("iam:PassRole")}`,
  });
  check("of a service that says it in one sentence", {
    code: "AccessDenied",
    message: `${who} is not authorized to perform: iam:CreateInstanceProfile on resource: instance profile prod_1 because no identity-based policy allows the iam:CreateInstanceProfile action`,
    action: "iam:CreateInstanceProfile",
    text: `AccessDenied: ${who} is not authorized to perform: iam:CreateInstanceProfile on resource: instance profile prod_1 because no identity-based policy allows the iam:CreateInstanceProfile action; ${grant("iam:CreateInstanceProfile")}`,
  });
  check("where something denies it, that no grant lifts that", {
    code: "UnauthorizedOperation",
    message: `${asked} ${who} is not authorized to perform: ec2:RunInstances on resource: * with an explicit deny in a service control policy. ${appendix}`,
    action: "ec2:RunInstances",
    text: `UnauthorizedOperation: ${who} is not authorized to perform: ec2:RunInstances on resource: * with an explicit deny in a service control policy; fix: take ec2:RunInstances out of what a service control policy denies; no grant of ours lifts that`,
  });
  check("where a boundary leaves it out, the boundary", {
    code: "UnauthorizedOperation",
    message: `${asked} ${who} is not authorized to perform: ec2:CreateFleet because no permissions boundary allows the ec2:CreateFleet action`,
    action: "ec2:CreateFleet",
    text: `UnauthorizedOperation: ${who} is not authorized to perform: ec2:CreateFleet because no permissions boundary allows the ec2:CreateFleet action; fix: let the permissions boundary allow ec2:CreateFleet too`,
  });
  check("of an account's first Spot instance", {
    code: "AuthFailure.ServiceLinkedRoleCreationNotPermitted",
    message: "The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.",
    action: "iam:CreateServiceLinkedRole",
    text: "AuthFailure.ServiceLinkedRoleCreationNotPermitted: The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances; fix: run once for the account: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com",
  });
  check("as far as AWS says it", {
    code: "UnauthorizedOperation",
    message: `${asked} ${appendix}`,
    action: undefined,
    text: "UnauthorizedOperation: You are not authorized to perform this operation",
  });
});

test("other failures are told as they are", () => {
  expect(text("RequestLimitExceeded", `Request limit exceeded. ${passRole}`)).toBe(
    `RequestLimitExceeded: Request limit exceeded. ${passRole}`,
  );
});

describe("a refused call is heard of", () => {
  const heard = (content: object): readonly RefusedCall[] => {
    const calls: RefusedCall[] = [];
    const logger = refusedCallLogger((call) => calls.push(call));
    logger.error(content);
    return calls;
  };
  const fleet = { clientName: "EC2Client", commandName: "CreateFleetCommand", input: {} };
  const error = (name: string, message: string) => Object.assign(new Error(message), { name });

  test("with the action that is missing", () => {
    expect(heard({ ...fleet, error: error("UnauthorizedOperation", `${asked} ${passRole}`) })).toEqual([
      { service: "ec2", call: "CreateFleet", action: "iam:PassRole", text: `UnauthorizedOperation: ${passRole}; ${grant("iam:PassRole")}` },
    ]);
  });

  test("where a fleet's answer holds it, once for each action", () => {
    const one = { ErrorCode: "UnauthorizedOperation", ErrorMessage: passRole };
    const lacking = { ErrorCode: "InsufficientInstanceCapacity", ErrorMessage: "none" };
    expect(heard({ ...fleet, output: { Errors: [one, one, lacking] } }).map(({ action }) => action)).toEqual(["iam:PassRole"]);
  });

  test("by its own name where AWS says no more", () => {
    const quotas = { clientName: "ServiceQuotasClient", commandName: "ListServiceQuotasCommand" };
    expect(heard({ ...quotas, error: error("AccessDeniedException", "no") })).toEqual([
      { service: "servicequotas", call: "ListServiceQuotas", action: "servicequotas:ListServiceQuotas", text: "AccessDeniedException: no" },
    ]);
  });

  test("and no call that failed otherwise, or did not", () => {
    expect(heard({ ...fleet, error: error("RequestLimitExceeded", "slow down") })).toEqual([]);
    expect(heard({ ...fleet, error: error("DryRunOperation", "would have") })).toEqual([]);
    expect(heard({ ...fleet, output: { Instances: [] } })).toEqual([]);
    expect(heard({ message: "a word of the SDK's" })).toEqual([]);
  });
});
