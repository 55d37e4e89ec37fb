/**
 * The options of `plimsoll serve` that only one provider reads.
 *
 * Adds them to the command. One that is given beside another provider is refused: whoever typed it takes it to count.
 */
import type { Command } from "commander";
import { apiServerUrl, certificateAuthority, cidr, clusterName, endpointUrl, queueName, region } from "./aws-words.ts";

/** Adds what only the kwok provider reads. */
export function kwokOptions(command: Command): Command {
  return onlyWith("kwok", command, () => {
    command
      .option("--kwok-join-delay <zone=duration,...>", "let kwok's nodes join late, by zone, as in ap-southeast-1b=5s (provider kwok)")
      .option("--kwok-instance-types <file>", "types and prices of one's own, in the JSON of Karpenter's kwok provider (provider kwok)");
  });
}

/** Adds what only the ec2 provider reads. */
export function ec2Options(command: Command): Command {
  return onlyWith("ec2", command, () => {
    command
      .option("--cluster-name <name>", "the cluster's name in EC2 tags (provider ec2)", clusterName)
      .option("--cluster-endpoint <url>", "URL of the API server, for its nodes (provider ec2; default: what EKS tells)", apiServerUrl)
      .option(
        "--cluster-ca <base64>",
        "certificate authority of the API server in base64 (provider ec2; default: what EKS tells)",
        certificateAuthority,
      )
      .option("--service-cidr <cidr>", "addresses of Services, for nodes of family AL2023 (provider ec2; default: what EKS tells)", cidr)
      .option("--ec2-endpoint <url>", "an endpoint for every AWS call, other than the region's own (provider ec2)", endpointUrl)
      .option("--region <region>", "AWS region (provider ec2; default: $AWS_REGION)", region)
      .option("--isolated-vpc", "ask no AWS service that has no VPC endpoint: on-demand prices are then the dated table's (provider ec2)")
      .option("--disable-dry-run", "check no EC2NodeClass by dry runs: what EC2 would refuse then shows at the first launch (provider ec2)")
      .option("--record-calls <file>", "append every call to AWS to this file, for plimsoll iam check (provider ec2)")
      .option("--interruption-queue <name>", "the SQS queue that tells of interruptions (provider ec2)", queueName);
  });
}

function onlyWith(provider: string, command: Command, add: () => void): Command {
  const shared = new Set(command.options);
  add();
  const own = command.options.filter((option) => !shared.has(option));
  return command.hook("preAction", () => {
    const given = own.find((option) => command.getOptionValueSource(option.attributeName()) === "cli");
    const chosen = String(command.opts()["provider"]);
    if (given !== undefined && chosen !== provider)
      command.error(`error: option '${given.flags}' is read by --provider ${provider} alone, and the provider is ${chosen}`);
  });
}
