/**
 * The commands about policies as they are described: policy check, test and diff, rules, class.
 */
import type { Command } from "commander";
import { defaultDomain } from "../api/labels.ts";
import { examples, guarded, outputOption } from "./command-line.ts";
import type { PolicyWorld } from "./policy.ts";
import type { ProgramSurroundings } from "./surroundings.ts";

interface Outcome {
  code: number;
}

type WorldOptions = Omit<PolicyWorld, "paths" | keyof ProgramSurroundings>;

/** Adds the policy command and its three parts. */
export function addPolicy(program: Command, surroundings: ProgramSurroundings, outcome: Outcome): void {
  const policy = program.command("policy").description("Look at policies.yaml itself: whether it is good, what an edit would change.");
  addCheck(policy, surroundings, outcome);
  addTest(policy, surroundings, outcome);
  addDiff(policy, surroundings, outcome);
}

function worldOptions(command: Command): Command {
  return command
    .option("--with-cluster", "look at the cluster of your kubeconfig too; nothing is written")
    .option("--kubeconfig <file>", "kubeconfig (default: $KUBECONFIG or ~/.kube/config)")
    .option("--context <name>", "context of the kubeconfig")
    .option("-n, --namespace <name>", "where objects go that name no namespace, as with kubectl", "default")
    .option("--domain <domain>", "API domain of WorkloadProfiles and of our labels", defaultDomain);
}

function addCheck(policy: Command, surroundings: ProgramSurroundings, outcome: Outcome): void {
  worldOptions(
    policy
      .command("check")
      .description("Say whether serve would take policies, and what in them is not as it was meant.")
      .argument("[policies]", "the policies: a file, or a folder whose files are put together", "policies.yaml")
      .argument("[files...]", "manifests with the NodePools and workloads that the policies are for")
      .option("--strict", "let warnings fail: unknown NodePools, exemptions that have ended or match nothing", false),
  )
    .addHelpText(
      "after",
      `
Exit: 0 good, 1 a warning under --strict, 2 refused.
${examples("Examples:", [
  ["plimsoll policy check", "is ./policies.yaml good?"],
  ["plimsoll policy check --strict policies.yaml pools.yaml", "does every class have its NodePools?"],
])}`,
    )
    .action(async (file: string, paths: readonly string[], options: WorldOptions & { strict: boolean }) => {
      const { runPolicyCheck } = await import("./policy.ts");
      outcome.code = await guarded(surroundings, () => runPolicyCheck({ ...surroundings, file, paths, ...options }));
    });
}

function addTest(policy: Command, surroundings: ProgramSurroundings, outcome: Outcome): void {
  policy
    .command("test")
    .description("Run the cases that custom rules bring, and tell what the built-in rules make of their own examples.")
    .argument("[policies]", "the policies: a file, or a folder whose files are put together", "policies.yaml")
    .addHelpText(
      "after",
      `
A built-in rule whose examples come out otherwise is no failure: classes, scopes and parameters are the policies' own.

Exit: 0 every case holds, 1 one does not, 2 the policies are bad otherwise.
`,
    )
    .action(async (file: string) => {
      const { runPolicyTest } = await import("./policy.ts");
      outcome.code = await guarded(surroundings, () => Promise.resolve(runPolicyTest({ ...surroundings, file })));
    });
}

function addDiff(policy: Command, surroundings: ProgramSurroundings, outcome: Outcome): void {
  worldOptions(
    policy
      .command("diff")
      .description("List which objects an edit of the policies gives another verdict, by who pays for them.")
      .argument("<old>", "the policies in force")
      .argument("<new>", "the policies that are to come")
      .argument("[files...]", "manifests to judge: files, folders, or - for standard input"),
  )
    .addOption(outputOption("form of the answer"))
    .addHelpText(
      "after",
      `
Exit: 0 nothing is newly denied, 1 something is, 2 bad input.
${examples("Examples:", [["plimsoll policy diff policies.yaml next.yaml --with-cluster", "what would the edit mean for what runs?"]])}`,
    )
    .action(async (before: string, after: string, paths: readonly string[], options: WorldOptions & { output: "text" | "json" }) => {
      const { runPolicyDiff } = await import("./policy.ts");
      outcome.code = await guarded(surroundings, () => runPolicyDiff({ ...surroundings, before, after, paths, ...options }));
    });
}

/** Adds the command that lists and explains rules. */
export function addRules(program: Command, surroundings: ProgramSurroundings, outcome: Outcome): void {
  program
    .command("rules")
    .description("List every rule with what it does here, or explain one.")
    .argument("[id]", "a rule, such as DRAIN-002")
    .option("--policies <file>", "the policies to judge by", "policies.yaml")
    .addHelpText("after", examples("Examples:", [["plimsoll rules DRAIN-002", "what it finds, with an example each way"]]))
    .action(async (id: string | undefined, options: { policies: string }) => {
      const { runRules } = await import("./rules.ts");
      outcome.code = await guarded(surroundings, () => Promise.resolve(runRules({ ...surroundings, id, ...options })));
    });
}

/** Adds the command that shows classes. */
export function addClass(program: Command, surroundings: ProgramSurroundings, outcome: Outcome): void {
  program
    .command("class")
    .description("List the classes of workloads, or show what one gives and asks.")
    .argument("[name]", "a class, such as general")
    .option("--policies <file>", "the policies that hold the catalogue", "policies.yaml")
    .option("-n, --namespace <name>", "the namespace whose overrides count", "default")
    .addHelpText("after", examples("Examples:", [["plimsoll class general -n billing", "what may a workload of general ask in billing?"]]))
    .action(async (name: string | undefined, options: { policies: string; namespace: string }) => {
      const { runClass } = await import("./class.ts");
      outcome.code = await guarded(surroundings, () => Promise.resolve(runClass({ ...surroundings, name, ...options })));
    });
}
