/**
 * `plimsoll review` on the NodePools and NodeClasses of the founding documents as they stand there, schema errors and all. The
 * answers are golden files: a change of one is a change of what a platform team is told.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { folderOf, runPlimsoll } from "../../cli/program-run.ts";

const folder = "test/policies/review";
const golden = (name: string): string => readFileSync(`${folder}/golden/${name}.txt`, "utf8");

/** The rules that deny or warn, by object. */
const rulesIn = (stdout: string): readonly string[] =>
  [...stdout.matchAll(/^ {2}(DENY |warn )\[(N[CP]-\d{3})\]/gm)].map(
    ([, action = "", rule = ""]) => `${rule}${action === "DENY " ? "!" : ""}`,
  );

describe("scenario 30: the founding documents' own YAML", () => {
  check("S056, S058: general-purpose and its EC2NodeClass", "general-purpose", {
    code: 1,
    rules: ["NP-003", "NP-004", "NP-004", "NP-005", "NP-017", "NP-020!", "NC-003!", "NC-006!"],
  });
  check("S079: batch-spot", "batch-spot", { code: 2, rules: ["NP-007!", "NP-008", "NP-017"] });
  check("S117, S116: regulated-on-demand and its Auto Mode NodeClass", "regulated", {
    code: 1,
    rules: ["NP-007!", "NP-009!", "NP-010", "NP-013!", "NC-002!", "NC-006!"],
  });
  check("S039: the system snippet", "system", { code: 2, rules: ["NP-007!", "NP-008", "NP-010", "NP-017"] });
  check("S273, S274: the default NodePool and EC2NodeClass", "default", {
    code: 2,
    rules: ["NP-002!", "NP-005", "NP-006", "NP-008", "NP-009!", "NP-017", "NC-006!", "NC-007"],
  });

  function check(title: string, name: string, expected: { readonly code: number; readonly rules: readonly string[] }): void {
    it(`${title}: reviewed in whole, never a crash`, async () => {
      const { code, stdout, stderr } = await runPlimsoll(["review", `${folder}/input/${name}.yaml`]);
      expect([code, rulesIn(stdout), stderr]).toEqual([expected.code, expected.rules, ""]);
      expect(stdout).toBe(golden(name));
    });
  }

  it("says what an API server would refuse, by field", async () => {
    const { stdout } = await runPlimsoll(["review", `${folder}/input/batch-spot.yaml`]);
    expect(stdout).toContain("the API server would refuse it: spec.template.spec.nodeClassRef: is required");
  });
});

it("lab A0 has nothing that is denied", async () => {
  const { code, stdout } = await runPlimsoll(["review", "examples/lab/a0-infrastructure.yaml"]);
  expect(code).toBe(0);
  expect(rulesIn(stdout)).toEqual([]);
  expect(stdout).toContain("4 reviewed, 0 denied");
});

describe("plimsoll review", () => {
  const one = (kind: string, apiVersion: string, spec: string): string =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: general-x}\nspec: ${spec}\n`;

  check(
    "of a part of the wrong type tells it, and judges no further",
    one("NodePool", "karpenter.sh/v1", "{template: {spec: {requirements: all}}}"),
    {
      code: 2,
      says: /the API server would refuse it: spec\.template\.spec\.requirements: must be a list, not "all"/,
    },
  );
  check("of a version that is not served tells the one that is", one("NodePool", "karpenter.sh/v1beta1", "{}"), {
    code: 2,
    says: /no matches for kind "NodePool" in version "karpenter\.sh\/v1beta1"; write apiVersion: karpenter\.sh\/v1/,
  });
  check("of nothing but a name asks for everything", "apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: {name: general-x}\n", {
    code: 2,
    says: /\[NP-007\]/,
  });
  check("of an Auto Mode class knows its fields", one("NodeClass", "eks.amazonaws.com/v1", "{role: r, snatPolicy: Always}"), {
    code: 2,
    says: /spec\.snatPolicy: must be one of Random, Disabled, not "Always"/,
  });
  check("of files without any of its kinds says so", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", {
    code: 0,
    says: /0 reviewed, 0 denied/,
  });
  check(
    "of an Auto Mode pool that leaves out its life gives it Auto Mode's own",
    one(
      "NodePool",
      "karpenter.sh/v1",
      "{template: {spec: {nodeClassRef: {group: eks.amazonaws.com, kind: NodeClass, name: a}, requirements: []}}}",
    ),
    {
      code: 1,
      says: /nodes expire after 336h; drain at most 24h/,
    },
  );

  function check(title: string, text: string, expected: { readonly code: number; readonly says: RegExp }): void {
    it(title, async () => {
      const { code, stdout } = await runPlimsoll(["review", "-"], text);
      expect(stdout).toMatch(expected.says);
      expect(code).toBe(expected.code);
    });
  }

  it("as JSON is the same in parts", async () => {
    const { code, stdout } = await runPlimsoll(["review", `${folder}/input/general-purpose.yaml`, "-o", "json"]);
    const { reviews, summary } = JSON.parse(stdout) as {
      readonly reviews: readonly { readonly rows: readonly unknown[]; readonly questions: readonly unknown[]; readonly name: string }[];
      readonly summary: unknown;
    };
    expect(code).toBe(1);
    expect(reviews.map(({ name, rows, questions }) => [name, rows.length, questions.length])).toEqual([
      ["general-purpose", 9, 10],
      ["default-private", 9, 0],
    ]);
    expect(summary).toEqual({ reviewed: 2, denied: 2, refused: 0 });
  });

  it("S160: judges a listed role policy", async () => {
    const policy = JSON.stringify({
      PolicyVersion: {
        Document: {
          Statement: [
            { Effect: "Allow", Action: ["ec2:DescribeInstances", "s3:*", "sqs:*"] },
            { Effect: "Allow", Action: "dynamodb:*" },
            { Effect: "Allow", Action: "secretsmanager:*" },
            { Effect: "Deny", Action: "kms:*" },
          ],
        },
      },
    });
    const file = `${folderOf({ "role.json": policy })}/role.json`;
    const { code, stdout } = await runPlimsoll(["review", "examples/lab/a0-infrastructure.yaml", "--role-policy", file]);
    expect(code).toBe(1);
    expect(stdout).toContain("DENY [NC-004] the node role allows dynamodb:*, s3:*, secretsmanager:*, sqs:*:");
  });

  it("refuses a role policy that allows nothing", async () => {
    const file = `${folderOf({ "role.json": "{}" })}/role.json`;
    const { code, stderr } = await runPlimsoll(["review", "examples/lab/a0-infrastructure.yaml", "--role-policy", file]);
    expect([code, stderr]).toEqual([2, `${file}: has no statement that allows an action\n`]);
  });
});
