/**
 * The commands about plans: their words and options. Each command is a file of its own, loaded when it is asked for.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { defaultDomain } from "../api/labels.ts";
import { examples, guarded, outputOption } from "./command-line.ts";
import type { LivePriceOptions } from "./nodes-live-prices.ts";
import type { PlanFormat } from "./plan.ts";
import { planKindLines } from "./plan-kinds.ts";
import type { PlanOptions } from "./plan-world.ts";
import type { OfflineOptions, ProgramSurroundings } from "./surroundings.ts";
import { planSettingsOptions } from "./plan-settings-options.ts";
import { type ConstraintKind, constraintKinds, type WhatifChanges } from "./whatif-change.ts";

const madeOf = `
NodePools come from the files, the cluster or the snapshot; DaemonSets among them count as overhead on every
node. Files alone are planned on an empty cluster. With --cluster, or a --snapshot of one in a file, nodes
and NodeClaims keep what runs on them, and the Pods that wait or are yet to come need a place.
Jobs and CronJobs of the files that are suspended are planned as if they ran, which a note says.
${planKindLines("A snapshot is what kubectl get -o json or -o yaml prints of", 104)}`;

/** Describes `plimsoll plan`. */
export function addPlan(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  const formats: readonly PlanFormat[] = ["text", "json", "picture", "svg"];
  planCommand(program, "plan", "Print the nodes that workloads would get, their price, and the least that any plan could cost.")
    .option("-v, --verbose", "also why each node has its shape, the next best, and what would help a Pod without a place", false)
    .addOption(outputOption("form of the answer; picture is boxes for a terminal, svg an image", formats))
    .addHelpText(
      "after",
      `${madeOf}

Exit: 0 every Pod is placed, 1 some are not, 2 bad input.
${examples("Examples:", [
  ["plimsoll plan pools.yaml app.yaml", "nodes, zones, price"],
  ["plimsoll plan pools.yaml app.yaml -v", "and why these, and what the next best would cost"],
  ["plimsoll plan --cluster app.yaml", "what app.yaml would add to what runs"],
  ["plimsoll plan pools.yaml app.yaml -o picture", "nodes as boxes, with what stands on them"],
])}`,
    )
    .action(async (paths: readonly string[], options: OfflineOptions & PlanOptions & { output: PlanFormat; verbose: boolean }) => {
      const { runPlan } = await import("./plan.ts");
      outcome.code = await guarded(surroundings, () => runPlan({ ...surroundings, paths, ...options }));
    });
}

type WhyOptions = OfflineOptions & PlanOptions & LivePriceOptions & { readonly output: "text" | "json" };

/** Describes `plimsoll why`. */
export function addWhy(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  planCommand(program, "why", "Tell where a Pod would go and why there, or what keeps it from every place; or why a node is as it is.", {
    name: "<target>",
    meaning: "pod/NAME, a workload's replica (deploy/NAME is its first, deploy/NAME#2 its third), or node/NAME",
  })
    .addOption(outputOption("form of the answer"))
    .option("--live-prices", "ask AWS what it costs now (node/NAME)")
    .option("--region <region>", "AWS region of --live-prices (default: $AWS_REGION, or where the nodes stand)")
    .option("--ec2-endpoint <url>", "an endpoint for the AWS calls of --live-prices, other than the region's own")
    .addHelpText(
      "after",
      `${madeOf}

Tells the node that the Pod gets in the plan, what the next best shape would cost, and what is against every
other node and NodePool; an offering is an instance type in a zone, sold one way.

Of node/NAME or nodeclaim/NAME, with --cluster or --snapshot: its life so far and what it waits for, what it was
asked for, what stands on it, what would hold up its drain, and its last Events.

Exit: 0 it has a place, or the node works; 1 it has none, or the node doesn't; 2 bad input.
${examples("Examples:", [
  ["plimsoll why deploy/web -n shop pools.yaml app.yaml", "the first replica of a Deployment to come"],
  ["plimsoll why pod/web-5d8f-x2x7q -n shop --cluster", "a Pod that waits"],
  ["plimsoll why node/ip-10-0-1-17.ec2.internal --cluster", "a node, or a NodeClaim that never became one"],
])}`,
    )
    .action(async (target: string, paths: readonly string[], options: WhyOptions) => {
      const { isNodeTarget, runWhyNode } = await import("./why-node.ts");
      if (options.livePrices === true && !isNodeTarget(target)) {
        surroundings.stderr.write(
          "--live-prices is for node/NAME: a plan's prices come from --price-list, --spot-history and --rate-card\n",
        );
        outcome.code = 2;
        return;
      }
      const request = { ...surroundings, target, paths, ...options };
      const run = isNodeTarget(target)
        ? () => runWhyNode({ ...request, now: Date.now() })
        : async () => (await import("./why.ts")).runWhy(request);
      outcome.code = await guarded(surroundings, run);
    });
}

/** Describes `plimsoll whatif`. */
export function addWhatif(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  planCommand(program, "whatif", "Tell what a plan would be without a NodePool, a zone, a way to buy or a kind of constraint.")
    .option("--without-pool <name>", "without this NodePool (repeatable)", repeated)
    .option("--without-zone <zone>", "without this zone; the Pods of its nodes need a place elsewhere (repeatable)", repeated)
    .option("--without-capacity-type <type>", "without spot, on-demand or reserved (repeatable)", repeated)
    .addOption(new Option("--without-constraint <kind>", `without ${constraintKinds.join(", ")} (repeatable)`).argParser(constraintKind))
    .addOption(outputOption("form of the answer"))
    .addHelpText(
      "after",
      `${madeOf}

Several changes of one call are made together. A constraint is taken from the Pods that need a place (spread,
affinity, anti-affinity, nodeSelector, nodeAffinity), from NodePools and nodes (taints), from NodePools (limits)
or from all nodes (daemonSets); what runs already keeps its own.

Exit: 0 no Pod loses its place, 1 one does, 2 bad input.
${examples("Examples:", [
  ["plimsoll whatif pools.yaml app.yaml --without-zone eu-west-1a", "does everything still fit, and at what price?"],
  ["plimsoll whatif --cluster --without-pool general", "who needs that pool?"],
  ["plimsoll whatif pools.yaml app.yaml --without-constraint spread", "what does the zone spread cost?"],
])}`,
    )
    .action(
      async (paths: readonly string[], options: OfflineOptions & PlanOptions & Partial<WhatifChanges> & { output: "text" | "json" }) => {
        const { runWhatif } = await import("./whatif.ts");
        outcome.code = await guarded(surroundings, () => runWhatif({ ...surroundings, paths, ...noChange, ...options }));
      },
    );
}

/** What is not given changes nothing; commander would show an empty list as a default. */
const noChange: WhatifChanges = { withoutPool: [], withoutZone: [], withoutCapacityType: [], withoutConstraint: [] };

function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function constraintKind(value: string, before: readonly ConstraintKind[] = []): readonly ConstraintKind[] {
  const kind = constraintKinds.find((known) => known === value);
  if (kind === undefined) throw new InvalidArgumentError(`It must be one of ${constraintKinds.join(", ")}.`);
  return [...before, kind];
}

/** Describes a command that plans: where Pods, nodes, pools and types come from. */
function planCommand(
  program: Command,
  name: string,
  description: string,
  subject?: { readonly name: string; readonly meaning: string },
): Command {
  const command = program.command(name).description(description);
  if (subject !== undefined) command.argument(subject.name, subject.meaning);
  command
    .argument("[files...]", "manifests: files, folders, or - for standard input")
    .option("--policies <file>", "the policies to judge by", "policies.yaml")
    .option("-n, --namespace <name>", "where objects go that name no namespace, as with kubectl", "default")
    .option("--domain <domain>", "API domain of WorkloadProfiles and of our labels", defaultDomain)
    .addOption(new Option("--cluster", "plan over the cluster of the kubeconfig; reads only").conflicts("snapshot"))
    .option("--kubeconfig <file>", "kubeconfig (default: $KUBECONFIG, or ~/.kube/config)")
    .option("--context <name>", "context of the kubeconfig (default: its current one)")
    .option("--snapshot <file>", "plan over a cluster as a file has it")
    .option("--nodepools <file>", "plan with the NodePools of this file, and no others")
    .option("--catalog <file>", "instance types, as plimsoll catalog refresh writes them")
    .option("--price-list <file>", "on-demand prices: an AWS offer file, or what aws pricing get-products printed")
    .option("--spot-history <file>", "Spot prices: what aws ec2 describe-spot-price-history printed")
    .option("--rate-card <file>", "prices of your own, before all others");
  return planSettingsOptions(command, "--preferences");
}
