/**
 * The command about nodes: its words and options. What it does is a file of its own, loaded when it is asked for.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { defaultDomain } from "../api/labels.ts";
import { examples, guarded } from "./command-line.ts";
import type { NodesOptions } from "./nodes-options.ts";
import type { ProgramSurroundings } from "./surroundings.ts";

/** Describes `plimsoll nodes`. */
export function addNodes(program: Command, surroundings: ProgramSurroundings, outcome: { code: number }): void {
  program
    .command("nodes")
    .description(
      "Show the nodes of a cluster: how full they are, whose Pods they hold, what they cost, and what is in the way of their end.",
    )
    .option("--kubeconfig <file>", "kubeconfig (default: $KUBECONFIG, or ~/.kube/config)")
    .option("--context <name>", "context of the kubeconfig (default: its current one)")
    .option("--snapshot <file>", "the nodes of a cluster as a file has it")
    .option("--domain <domain>", "API domain of WorkloadProfiles and of our labels", defaultDomain)
    .option("-l, --selector <labels>", "only nodes with such labels, as with kubectl")
    .option("-L, --label-columns <keys>", "labels with a column of their own, separated by commas")
    .option("--resources <names>", "resources that are shown, separated by commas", "cpu,memory")
    .option("--sort <column>", "column to sort by, with :desc from the largest on", "name")
    .option("--filter <words>", "words that must all hold: spot, pool=general, cpu<40, !state=ready", "")
    .addOption(new Option("-o, --output <format>", "default: the screen at a terminal, else text").choices(["screen", "text", "json"]))
    .option("--every <seconds>", "how often the screen is drawn (default: 1); text and JSON again and again", seconds)
    .option("--no-prices", "look no prices up")
    .option("--price-list <file>", "on-demand prices: an AWS offer file, or what aws pricing get-products printed")
    .option("--spot-history <file>", "Spot prices: what aws ec2 describe-spot-price-history printed")
    .option("--rate-card <file>", "prices of your own, before all others")
    .option(
      "--live-prices",
      "ask AWS what it costs now, and again while the screen is shown (pricing:GetProducts, ec2:DescribeSpotPriceHistory)",
    )
    .option("--region <region>", "AWS region of --live-prices (default: $AWS_REGION, or where the nodes stand)")
    .option("--ec2-endpoint <url>", "an endpoint for the AWS calls of --live-prices, other than the region's own")
    .addHelpText(
      "after",
      `
Reads Nodes, Pods, NodeClaims, NodePools, NodeOverlays, PodDisruptionBudgets and namespaces, and writes nothing.
On the screen, ? shows the keys. Requests are shown, not use. JSON also has the money by pool, class, owner,
way to buy, type and zone; with --every it is one line each time.

Exit: 0 shown, 2 bad input, or the cluster does not answer.
${examples("Examples:", [
  ["plimsoll nodes", "follow the cluster; q ends it"],
  ["plimsoll nodes --live-prices", "with what AWS asks now in place of the dated table"],
  ["plimsoll nodes --sort cpu --filter 'state=ready cpu<30'", "the emptiest nodes first"],
  ["plimsoll nodes -o json --every 60 >> nodes.jsonl", "a line a minute, for a history"],
])}`,
    )
    .action(async (options: NodesOptions) => {
      const { runNodes } = await import("./nodes.ts");
      outcome.code = await guarded(surroundings, () => runNodes({ ...surroundings, ...options }));
    });
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0.1 || value > 86_400) throw new InvalidArgumentError("seconds are a number from 0.1 to 86400.");
  return value;
}
