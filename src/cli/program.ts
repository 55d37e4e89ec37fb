/**
 * The program: the plimsoll command's words, options and help. No logic: each command is a file of its own, loaded when
 * it is asked for, so that `plimsoll check` never pays for the AWS client.
 *
 * Returns the exit code. Usage errors are 2, like every other bad input.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { defaultDomain } from "../api/labels.ts";
import { addAdvise, addAudit, addCheck, addLab, clusterOptions } from "./check-commands.ts";
import { examples, guarded, manifestCommand, outputOption } from "./command-line.ts";
import { addIam } from "./iam-commands.ts";
import { addNodes } from "./nodes-commands.ts";
import { addPlan, addWhatif, addWhy } from "./plan-commands.ts";
import { planSettingsOptions } from "./plan-settings-options.ts";
import { ec2Options, kwokOptions } from "./provider-options.ts";
import { karpenterLeaseOption, modeOption } from "./provisioning-options.ts";
import { addClass, addPolicy, addRules } from "./policy-commands.ts";
import type { OfflineOptions, ProgramSurroundings, ServeOptions, UninstallOptions } from "./surroundings.ts";
import { plimsollVersion } from "./version.ts";
import type { ClusterOptions } from "./with-cluster.ts";

/** Runs the command line and resolves with the exit code: 0 good, 1 a negative answer, 2 bad input. */
export async function runProgram(surroundings: ProgramSurroundings): Promise<number> {
  const outcome = { code: 0 };
  const program = describedProgram(surroundings, outcome);
  try {
    await program.parseAsync([...surroundings.argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // --help and --version are no mistakes; everything else that commander refuses is.
    return error.exitCode === 0 ? 0 : 2;
  }
  return outcome.code;
}

/** Returns the commands as they are described, for parsing and for the reference page; actions set the outcome's code. */
export function describedProgram(surroundings: ProgramSurroundings, outcome: { code: number }): Command {
  const program = new Command("plimsoll")
    .description("Workload contracts for Kubernetes: what may sail, where it sails, and whether it can be drained.")
    .version(`plimsoll ${plimsollVersion()}`, "--version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help of a command")
    .exitOverride()
    .configureOutput({ writeOut: (text) => surroundings.stdout.write(text), writeErr: (text) => surroundings.stderr.write(text) })
    .addHelpText(
      "after",
      examples("Start here:", [
        ["plimsoll demo", "watch a whole world at work, in this process; no cluster needed"],
        ["plimsoll check deployment.yaml", "would admission let this in?"],
        ["plimsoll plan pool.yaml deployment.yaml", "which nodes would it get, and at what price?"],
      ]),
    );
  addCheck(program, surroundings, outcome);
  addAudit(program, surroundings, outcome);
  addPolicy(program, surroundings, outcome);
  addRules(program, surroundings, outcome);
  addClass(program, surroundings, outcome);
  addRender(program, surroundings, outcome);
  addPlan(program, surroundings, outcome);
  addWhy(program, surroundings, outcome);
  addWhatif(program, surroundings, outcome);
  addNodes(program, surroundings, outcome);
  addAdvise(program, surroundings, outcome);
  addLab(program, surroundings, outcome);
  addDrainPreview(program, surroundings, outcome);
  addReview(program, surroundings, outcome);
  addCatalog(program, surroundings, outcome);
  addIam(program, surroundings, outcome);
  addDemo(program, surroundings, outcome);
  addServe(program, surroundings, outcome);
  addUninstall(program, surroundings, outcome);
  return program;
}

function addRender(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  manifestCommand(
    program,
    "render",
    "Print what WorkloadProfiles compile to: each workload with its template, budget and autoscaler, as git would hold them.",
  )
    .addHelpText(
      "after",
      `
Exit: 0 rendered, 2 bad input (the rest is still rendered).
${examples("Examples:", [["plimsoll render profile.yaml deployment.yaml > compiled.yaml", "what the cluster would make of them, for git"]])}`,
    )
    .action(async (paths: readonly string[], options: OfflineOptions) => {
      const { runRender } = await import("./render.ts");
      outcome.code = await guarded(surroundings, () => runRender({ ...surroundings, paths, ...options }));
    });
}

function addDrainPreview(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  const command = manifestCommand(
    program,
    "drain-preview",
    "Tell what draining a node does to workloads: evictions, waits, and whether it ends.",
  );
  clusterOptions(command)
    .addOption(outputOption("form of the answer"))
    .addHelpText(
      "after",
      `
Among the files, KIND/NAME picks a workload of them; without one, all are shown. With --with-cluster the
files are laid over the cluster, where its Pods tell the nodes; then KIND/NAME alone is enough.

Exit: 0 every workload drains, 1 one does not, 2 bad input.
${examples("Examples:", [
  ["plimsoll drain-preview deploy/web shop/", "the timeline of one workload"],
  ["plimsoll drain-preview deploy/web -n shop --with-cluster", "as it runs now"],
])}`,
    )
    .action(async (paths: readonly string[], options: OfflineOptions & ClusterOptions & { output: "text" | "json" }) => {
      const { runDrainPreview } = await import("./drain-preview.ts");
      outcome.code = await guarded(surroundings, () => runDrainPreview({ ...surroundings, paths, ...options }));
    });
}

function addReview(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  manifestCommand(program, "review", "Review NodePools and NodeClasses: what they say, what they leave open, what is wrong.")
    .addOption(outputOption("form of the answer", ["text", "json"]))
    .option("--role-policy <file>", "an IAM policy of the nodes' role, as JSON: judged for permissions of applications")
    .option("--catalog <file>", "instance types, as plimsoll catalog refresh writes them")
    .option("--at <moment>", 'what the disruption budgets let go then, such as "Saturday 03:00" (UTC)')
    .addHelpText(
      "after",
      `
For each NodePool nine rows and ten questions, for each NodeClass nine rows; ? stands before what
is left open, - before a question that is not answered well. Workloads, Nodes and other pools
of the files are what it is reviewed beside.

Exit: 0 nothing denied, 1 something denied, 2 bad input, or what an API server would refuse.
${examples("Examples:", [
  ["plimsoll review pools.yaml", "before anybody applies it"],
  ['plimsoll review pools.yaml --at "Saturday 03:00"', "which nodes may go then?"],
])}`,
    )
    .action(
      async (
        paths: readonly string[],
        options: OfflineOptions & { output: "text" | "json"; rolePolicy?: string; catalog?: string; at?: string },
      ) => {
        const { runReview } = await import("./review.ts");
        outcome.code = await guarded(surroundings, () => runReview({ ...surroundings, paths, ...options }));
      },
    );
}

function addCatalog(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  program
    .command("catalog")
    .description("Look after the catalog of instance types.")
    .command("refresh")
    .description("Read every instance type from EC2 and write the catalog's table.")
    .option("--endpoint <url>", "an EC2 endpoint other than the region's")
    .requiredOption("--region <region>", "the region to ask; the table tells the zones of its offerings")
    .requiredOption("--out <file>", "where to write: a table, or a module of this program where the name ends in .ts")
    .option("--source <text>", "who answered, for the table's first line (default: the endpoint)")
    .addHelpText(
      "after",
      `
Credentials come from where the AWS SDK looks for them; ec2:DescribeInstanceTypes and
ec2:DescribeInstanceTypeOfferings are all it asks for.

Exit: 0 written, 2 EC2 did not answer or the file can't be written.
${examples("Examples:", [["plimsoll catalog refresh --region ap-southeast-1 --out types.txt", "all types, with the zones of that region"]])}`,
    )
    .action(async (options: { endpoint?: string; region: string; out: string; source?: string }) => {
      const { runCatalogRefresh } = await import("./catalog-refresh.ts");
      outcome.code = await guarded(surroundings, () => runCatalogRefresh({ ...surroundings, ...options, now: Date.now() }));
    });
}

function addDemo(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  program
    .command("demo")
    .description("Run a whole world in this process: an API server for kubectl, admission, a provisioner, nodes that join.")
    .option("--once", "end after the last scene (also without a terminal); exit 0 only if all that was shown is true", false)
    .option("--break <rule>", "switch one rule off first, to see the demo notice")
    .option("--port <port>", "port of the API server (0: a free one)", portNumber, 0)
    .addHelpText(
      "after",
      `
Needs no cluster and leaves nothing behind. With kubectl, look around by the kubeconfig that it prints.

Exit: 0 all that was shown is true, 1 something is not, 2 it could not start.
${examples("Examples:", [
  ["plimsoll demo", "watch it, then look around until Ctrl-C"],
  ["plimsoll demo --once --break DRAIN-002", "without that rule the last scene goes wrong, and the demo says so"],
])}`,
    )
    .action(async (options: { once: boolean; break?: string; port: number }) => {
      const { runDemo } = await import("./demo.ts");
      outcome.code = await runDemo({ ...surroundings, ...options, once: options.once || !surroundings.isTerminal });
    });
}

function addServe(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  const serve = program
    .command("serve")
    .description("Serve admission webhooks and, as the leader, provision nodes: the real thing, from a kubeconfig or in a cluster.")
    .option("--policies <file>", "policies.yaml, reloaded on change", "policies.yaml")
    .option("--kubeconfig <file>", "kubeconfig (default: $KUBECONFIG, ~/.kube/config, or the Pod's service account)")
    .option("--namespace <name>", "our own namespace: Secret, Lease", "plimsoll-system")
    .option("--domain <domain>", "API domain of WorkloadProfiles and of our labels", defaultDomain)
    .option("--host <address>", "address to listen on", "0.0.0.0")
    .option("--port <port>", "port of the webhook server (0: a free one)", portNumber, 9443)
    .addOption(new Option("--webhook-url <url>", "register this base URL, such as https://10.0.0.5:9443").conflicts("webhookService"))
    .option("--webhook-service <namespace/name[:port]>", "register this Service (default: <namespace>/plimsoll:443)")
    .addOption(new Option("--provider <name>", "where nodes come from").choices(["kwok", "ec2", "none"]).default("none"))
    .addOption(modeOption())
    .addOption(karpenterLeaseOption());
  ec2Options(kwokOptions(serve)).option("--rate-card <file>", "prices of your own, before all others; read at the start");
  planSettingsOptions(serve, "--preference-policy")
    .option("--predict-by-dry-run", "ask the API server by dry runs what Pods to come will be (needs deploy/components/pod-dry-run)")
    .option("--provisioner-memory <mebibytes>", "heap of the provisioner's thread (default: half of the memory at hand)", mebibytes)
    .option("--metrics-open", "let anybody read /metrics, for test clusters (default: who may get /metrics on the API server)")
    .option("--lame-duck <seconds>", "answer this long after SIGTERM, while endpoints move on", seconds, 10)
    .option(
      "--certificate-life <duration>",
      "life of the serving certificate, renewed at two thirds; its CA lives three times as long",
      "8760h",
    )
    .addOption(new Option("--log-level <level>", "least level that is logged").choices(["debug", "info", "warn", "error"]).default("info"))
    .addHelpText(
      "after",
      examples("Examples:", [
        ["plimsoll serve --provider ec2 --cluster-name prod", "in the cluster"],
        ["plimsoll serve --webhook-url https://127.0.0.1:9443 --provider kwok", "beside a test cluster, with nodes that only pretend"],
      ]),
    )
    .action(async (options: ServeOptions) => {
      const { runServe } = await import("./serve.ts");
      outcome.code = await runServe({ ...surroundings, ...options });
    });
}

function addUninstall(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  program
    .command("uninstall")
    .description("Take an installation away from a cluster, webhook configurations first, and leave nothing behind.")
    .option("--kubeconfig <file>", "kubeconfig (default: $KUBECONFIG, ~/.kube/config, or the Pod's service account)")
    .option("--namespace <name>", "the namespace that Plimsoll runs in", "plimsoll-system")
    .option("--domain <domain>", "API domain of WorkloadProfiles and of our labels", defaultDomain)
    .option("--crds", "also the CRD, every WorkloadProfile, and the budgets and autoscalers compiled from them", false)
    .option("--dry-run", "say what would be deleted, and delete nothing", false)
    .option("--yes", "do it", false)
    .addHelpText(
      "after",
      `
Exit: 0 done, or shown by --dry-run; 1 nothing was done without --yes; 2 the cluster refused.
${examples("Examples:", [
  ["plimsoll uninstall --dry-run", "what is there to be deleted?"],
  ["plimsoll uninstall --yes", "take it away; profiles and their budgets stay"],
])}`,
    )
    .action(async (options: UninstallOptions) => {
      const { runUninstall } = await import("./uninstall.ts");
      outcome.code = await guarded(surroundings, () => runUninstall({ ...surroundings, ...options }));
    });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError("a port is a number from 0 to 65535.");
  return port;
}

function mebibytes(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 64 || value > 65_536) throw new InvalidArgumentError("mebibytes are a number from 64 to 65536.");
  return value;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0 || value > 600) throw new InvalidArgumentError("seconds are a number from 0 to 600.");
  return value;
}
