/**
 * The commands that judge: their words and options. Each command is a file of its own, loaded when it is asked for.
 */
import type { Command } from "commander";
import { defaultDomain } from "../api/labels.ts";
import { examples, guarded, manifestCommand, outputOption } from "./command-line.ts";
import type { OfflineOptions, ProgramSurroundings } from "./surroundings.ts";
import type { ClusterOptions } from "./with-cluster.ts";

type CheckFormat = "text" | "json" | "sarif" | "junit" | "github" | "kubectl";
type Answer = "text" | "json";

/** Describes `plimsoll check`. */
export function addCheck(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  const formats: readonly CheckFormat[] = ["text", "json", "sarif", "junit", "github", "kubectl"];
  clusterOptions(manifestCommand(program, "check", "Give the admission verdict on manifests, without a cluster or laid over one."))
    .addOption(outputOption("form of the answer; github is annotations, kubectl is what kubectl apply would be told", formats))
    .option("--audit", "tell audit findings one by one in the text too; the other forms always have them", false)
    .addHelpText(
      "after",
      `
All files of one call are siblings: what concerns two objects stands on each whose own admission,
coming last, would be refused. NodePools and Namespaces come from the files too; a namespace
without its object counts as existing, without labels. With --with-cluster the files are laid over
what stands there, and an object that stands there is judged as a change of it.

Exit: 0 allowed, 1 denied, 2 bad input (the rest is still judged).
${examples("Examples:", [
  ["plimsoll check app.yaml", "judge by ./policies.yaml"],
  ["helm template shop | plimsoll check -", "judge what a chart renders"],
  ["kubectl kustomize deploy/base | plimsoll check -", "judge what a kustomization builds"],
  ["plimsoll check --with-cluster app.yaml", "judge beside what runs already"],
  ["plimsoll check -o sarif shop/ > plimsoll.sarif", "for code scanning"],
])}`,
    )
    .action(async (paths: readonly string[], options: OfflineOptions & ClusterOptions & { output: CheckFormat; audit: boolean }) => {
      const { runCheck } = await import("./check.ts");
      outcome.code = await guarded(surroundings, () => runCheck({ ...surroundings, paths, ...options }));
    });
}

/** Describes `plimsoll audit`. */
export function addAudit(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  const command = program
    .command("audit")
    .description("Count what runs, or stands in files, against the policies: by owner, rule and action.")
    .argument("[files...]", "manifests: files, folders, or - for standard input")
    .option("--policies <file>", "the policies to judge by", "policies.yaml")
    .option("-n, --namespace <name>", "where objects go that name no namespace, as with kubectl", "default")
    .option("--domain <domain>", "API domain of WorkloadProfiles and of our labels", defaultDomain);
  clusterOptions(command)
    .addOption(outputOption("form of the answer"))
    .addHelpText(
      "after",
      `
Owners are those of cost-owner labels: the object's own, its Pods', its profile's or its namespace's.
The leader of plimsoll serve keeps the same counts as PolicyReports and metrics.

Exit: 0 nothing would be refused, 1 something would, 2 bad input.
${examples("Examples:", [
  ["plimsoll audit --with-cluster", "what runs, by who is asked about it"],
  ["plimsoll audit shop/", "the same of a folder"],
])}`,
    )
    .action(async (paths: readonly string[], options: OfflineOptions & ClusterOptions & { output: Answer }) => {
      const { runAudit } = await import("./audit.ts");
      outcome.code = await guarded(surroundings, () => runAudit({ ...surroundings, paths, ...options }));
    });
}

/** Describes `plimsoll advise`. */
export function addAdvise(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  const advise = program.command("advise").description("Answer what to choose.");
  addAdviseProvider(advise, surroundings, outcome);
  manifestCommand(advise, "class", "Say which class each workload belongs in, why, and print a WorkloadProfile to start from.")
    .addHelpText(
      "after",
      `
A WorkloadProfile among the files tells what its workload is; Services and Namespaces help too.

Exit: 0 answered, 2 bad input.
${examples("Examples:", [["plimsoll advise class app.yaml", "reasons as comments, the profile below them"]])}`,
    )
    .action(async (paths: readonly string[], options: OfflineOptions) => {
      const { runAdviseClass } = await import("./advise.ts");
      outcome.code = await guarded(surroundings, () => runAdviseClass({ ...surroundings, paths, ...options }));
    });
}

function addAdviseProvider(advise: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  manifestCommand(advise, "provider", "Say whether NodePools and their classes need Karpenter of your own, or EKS Auto Mode will do.")
    .addHelpText(
      "after",
      `
Add-ons and WorkloadProfiles among the files count too. What no file says is left open.

Exit: 0 answered, 2 bad input.
${examples("Examples:", [["plimsoll advise provider pools.yaml classes.yaml", "six reasons for each, and what decides"]])}`,
    )
    .action(async (paths: readonly string[], options: OfflineOptions) => {
      const { runAdviseProvider } = await import("./advise-provider.ts");
      outcome.code = await guarded(surroundings, () => runAdviseProvider({ ...surroundings, paths, ...options }));
    });
}

/** Describes `plimsoll lab`. */
export function addLab(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  const lab = program.command("lab").description("Work with the lab of examples/lab.");
  manifestCommand(lab, "check", "Tick off the lab's nine tasks, and print its peak need beside the limits of its NodePools.")
    .addHelpText(
      "after",
      `
Exit: 0 all nine are done, 1 some are not, 2 bad input.
${examples("Examples:", [["plimsoll lab check examples/lab", "the lab as it is shipped"]])}`,
    )
    .action(async (paths: readonly string[], options: OfflineOptions) => {
      const { runLabCheck } = await import("./lab.ts");
      outcome.code = await guarded(surroundings, () => runLabCheck({ ...surroundings, paths, ...options }));
    });
}

/** Adds the options of commands that may look at a cluster. */
export function clusterOptions(command: Command): Command {
  return command
    .option("--with-cluster", "look at the cluster of the kubeconfig too; reads only", false)
    .option("--kubeconfig <file>", "kubeconfig (default: $KUBECONFIG, or ~/.kube/config)")
    .option("--context <name>", "context of the kubeconfig (default: its current one)");
}
