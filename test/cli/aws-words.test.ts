/** Words of AWS on the command line: a wrong one is told before anything is asked with it. */
import { describe, expect, it } from "vitest";
import * as words from "../../src/cli/aws-words.ts";
import { issueServingCertificate } from "../../src/webhook/certificate.ts";
import { runPlimsoll } from "./program-run.ts";

type Word = Exclude<keyof typeof words, "certificateAuthority">;

const taken: readonly [Word, string][] = [
  ["clusterName", "prod"],
  ["clusterName", "Team_1-prod"],
  ["region", "eu-west-1"],
  ["region", "us-gov-west-1"],
  ["region", "us-iso-east-1"],
  ["region", "mx-central-1"],
  ["account", "123456789012"],
  ["roleName", "prod-nodes.eu@x"],
  ["queueName", "prod"],
  ["queueName", "prod.fifo"],
  ["apiServerUrl", "https://ABC.gr7.eu-west-1.eks.amazonaws.com"],
  ["endpointUrl", "http://127.0.0.1:5000"],
  ["cidr", "10.100.0.0/16"],
  ["cidr", "fd00::/108"],
];
const refused: readonly [Word, string][] = [
  ["clusterName", "pr/od"],
  ["clusterName", ""],
  ["region", "europe"],
  ["region", "eu-west-1a"],
  ["account", "abc"],
  ["account", "12345"],
  ["roleName", "a/b"],
  ["roleName", "arn:aws:iam::123456789012:role/x"],
  ["queueName", "https://sqs.eu-west-1.amazonaws.com/1/q"],
  ["apiServerUrl", "foo"],
  ["apiServerUrl", "http://10.0.0.1"],
  ["endpointUrl", "127.0.0.1:5000"],
  ["cidr", "foo"],
  ["cidr", "10.100.0.0"],
  ["cidr", "10.100.0.0/33"],
  ["cidr", "10.100.0.0/16/2"],
];

describe("an option's text", () => {
  it.each(taken)("%s may be %s", (word, text) => {
    expect(words[word](text)).toBe(text);
  });

  it.each(refused)("%s may not be %s", (word, text) => {
    expect(() => words[word](text)).toThrow(/such as|written as|named as|twelve digits|give the name/);
  });
});

it("a certificate authority is PEM in base64, and nothing else", () => {
  const { authority } = issueServingCertificate({ names: ["localhost"], now: Date.parse("2026-01-01T00:00:00Z") });
  const ca = authority.certificatePem;
  const text = Buffer.from(ca).toString("base64");
  expect(words.certificateAuthority(text)).toBe(text);
  for (const wrong of ["***", ca, Buffer.from("-----BEGIN CERTIFICATE-----\nAAAA\n").toString("base64")])
    expect(() => words.certificateAuthority(wrong)).toThrow("PEM certificate in base64");
});

it.each([
  ["serve", "--provider=ec2", "--service-cidr=foo"],
  ["serve", "--provider=ec2", "--cluster-ca=foo"],
  ["serve", "--provider=ec2", "--cluster-endpoint=foo"],
  ["serve", "--provider=ec2", "--ec2-endpoint=foo"],
  ["serve", "--provider=ec2", "--region=europe"],
  ["serve", "--provider=ec2", "--cluster-name=pr/od"],
  ["serve", "--provider=ec2", "--interruption-queue=a/b"],
  ["iam", "policy", "--account=abc"],
  ["iam", "check", "calls.jsonl", "--region=europe"],
  ["iam", "check", "calls.jsonl", "--node-role=a/b"],
])("%s %s %s is refused with the option's name, and nothing is begun", async (...argv) => {
  const { code, stdout, stderr } = await runPlimsoll(argv);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(`option '${argv.at(-1)?.split("=")[0] ?? ""} <`);
});

it.each([
  ["kwok", ["--interruption-queue=q"], "'--interruption-queue <name>' is read by --provider ec2 alone, and the provider is kwok"],
  ["none", ["--isolated-vpc"], "'--isolated-vpc' is read by --provider ec2 alone, and the provider is none"],
  ["ec2", ["--kwok-join-delay=a=5s"], "'--kwok-join-delay <zone=duration,...>' is read by --provider kwok alone, and the provider is ec2"],
])("serve with provider %s refuses an option that it would not read: %s", async (provider, argv, told) => {
  const { code, stdout, stderr } = await runPlimsoll(["serve", `--provider=${provider}`, ...argv]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(told);
});
