/**
 * `plimsoll advise provider`: the answer in words, and its exit codes.
 */
import { expect, it } from "vitest";
import { infrastructureFile } from "./manifest-texts.ts";
import { runPlimsoll } from "./program-run.ts";

const ownImage = `apiVersion: karpenter.k8s.aws/v1
kind: EC2NodeClass
metadata: {name: hardened}
spec:
  role: nodes
  amiFamily: AL2023
  amiSelectorTerms: [{id: ami-0123456789abcdef0}]
  subnetSelectorTerms: [{tags: {a: b}}]
  securityGroupSelectorTerms: [{tags: {a: b}}]
`;

it("S043: the lab's NodePools have six reasons each way, and an image of AWS's leaves Auto Mode possible", async () => {
  const { code, stdout, stderr } = await runPlimsoll(["advise", "provider", infrastructureFile]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout.split("\n").filter((line) => /^ {2}(yes|no |\? {2}) /.test(line)).length).toBe(12);
  expect(stdout).toContain("\n  no  images or start-up are one's own\n");
  expect(stdout).toContain("EKS Auto Mode is possible: nothing in the files rules it out\n");
});

it("S042: an image of one's own says Karpenter, and what stands in the way of Auto Mode", async () => {
  const { code, stdout, stderr } = await runPlimsoll(["advise", "provider", "-"], ownImage);
  expect([code, stderr]).toEqual([0, "note: no NodePool among the files\n"]);
  expect(stdout.split("\n").slice(0, 2)).toEqual([
    "Karpenter of your own",
    "  EKS Auto Mode is not possible as it stands: EC2NodeClass hardened selects images of its own",
  ]);
});

it("exits 2 where a file holds something else", async () => {
  expect((await runPlimsoll(["advise", "provider", "-"], "hello")).code).toBe(2);
});
