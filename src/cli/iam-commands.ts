/**
 * The words, options and help of `plimsoll iam`. No logic.
 */
import { Option, type Command } from "commander";
import { account, clusterName, queueName, region, roleName } from "./aws-words.ts";
import { examples, guarded, outputOption } from "./command-line.ts";
import type { IamOptions } from "./iam-check.ts";
import type { ProgramSurroundings } from "./surroundings.ts";

/** Adds `plimsoll iam policy` and `plimsoll iam check`. */
export function addIam(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  const iam = program.command("iam").description("What the provisioner has to be allowed on AWS.").helpCommand(false);
  named(iam.command("policy").description("Print the policy of the provisioner's role, as JSON."))
    .addHelpText(
      "after",
      `
deploy/cloudformation/plimsoll.yaml makes the same policy with CloudFormation, and the roles and the queue beside it.
${examples("Examples:", [["plimsoll iam policy --cluster-name prod --region eu-west-1 --account 123456789012 --node-role prod-nodes", "for another tool than CloudFormation"]])}`,
    )
    .action(async (options: IamOptions) => {
      const [{ grantNames }, { policyText }] = await Promise.all([import("./iam-check.ts"), import("./iam-policy.ts")]);
      surroundings.stdout.write(policyText(grantNames(options)));
      outcome.code = 0;
    });
  named(iam.command("check").description("Tell whether policies allow every call of a record."))
    .argument("<calls>", "a record, as plimsoll serve --record-calls writes it")
    .addOption(
      new Option("--policy <file>", "a policy of the role, as JSON; give it once for each (default: the one of plimsoll iam policy)")
        .argParser((path: string, before: readonly string[]) => [...before, path])
        .default([], "none"),
    )
    .addOption(outputOption("form of the answer", ["text", "json"]))
    .addHelpText(
      "after",
      `
Conditions are evaluated against each call, with the tags that the record tells of. AWS is not asked; what else may deny (boundaries,
policies of an organisation, of a resource or a session) is not looked at.

Exit: 0 all allowed, 1 something denied or not to be judged, 2 bad input.
${examples("Examples:", [["plimsoll iam check calls.jsonl --policy role.json --cluster-name prod --region eu-west-1 --account 123456789012 --node-role prod-nodes", "would the role of before do?"]])}`,
    )
    .action(async (calls: string, options: IamOptions & { policy: readonly string[]; output: "text" | "json" }) => {
      const { runIamCheck } = await import("./iam-check.ts");
      outcome.code = await guarded(surroundings, () => Promise.resolve(runIamCheck({ ...surroundings, ...options, calls })));
    });
}

function named(command: Command): Command {
  return command
    .requiredOption("--cluster-name <name>", "the cluster's name in EC2 tags", clusterName)
    .requiredOption("--region <region>", "AWS region", region)
    .requiredOption("--account <id>", "AWS account, twelve digits", account)
    .requiredOption("--node-role <name>", "name of the nodes' role", roleName)
    .option("--queue <name>", "name of the queue of interruption notices (default: the cluster's name)", queueName);
}
