/**
 * The options of `plimsoll nodes`, as they are typed and as they are meant.
 *
 * Reads words. Returns columns, an order, a filter and a selector, or the sentence that names the option that can't be read.
 */
import type { LabelSelector } from "../api/object.ts";
import { err, ok, type Result } from "../api/result.ts";
import { parseSelectorText } from "../kube/selector.ts";
import { nodeColumns, type NodeColumn } from "./nodes-columns.ts";
import { parseFilter, parseOrder, type RowOrder, type RowTest } from "./nodes-filter.ts";
import type { NodePriceOptions } from "./nodes-live-prices.ts";
import type { SourceOptions } from "./nodes-source.ts";

export interface NodesOptions extends SourceOptions, NodePriceOptions {
  /** Default: the screen where there is a terminal, else text. */
  readonly output?: "screen" | "text" | "json";
  readonly selector?: string;
  /** Keys, separated by commas. */
  readonly labelColumns?: string;
  readonly resources: string;
  readonly sort: string;
  readonly filter: string;
  /** Seconds between frames; text and JSON come once without it. */
  readonly every?: number;
  /** False with --no-prices. */
  readonly prices: boolean;
}

/** The options, made sure of. */
export interface NodesPlan {
  readonly columns: readonly NodeColumn[];
  readonly resources: readonly string[];
  readonly order: RowOrder;
  readonly test: RowTest;
  readonly selector?: LabelSelector;
}

/** Columns that one command line may add. */
const wordsMax = 20;

/** Reads the options that have a form of their own; the error names the option. */
export function parseNodesOptions(
  options: Pick<NodesOptions, "resources" | "labelColumns" | "sort" | "filter" | "selector">,
): Result<NodesPlan, string> {
  const [resources, labels] = [wordsOf(options.resources), wordsOf(options.labelColumns ?? "")];
  if (resources.length === 0) return err("--resources: name at least one, such as cpu,memory");
  if (Math.max(resources.length, labels.length) > wordsMax) return err(`--resources and --label-columns: name at most ${wordsMax} each`);
  const columns = nodeColumns({ resources, labels });
  const order = parseOrder(options.sort, columns);
  if (!order.ok) return err(`--sort: ${order.error}`);
  const test = parseFilter(options.filter, columns);
  if (!test.ok) return err(`--filter: ${test.error}`);
  const selector = options.selector === undefined ? undefined : parseSelectorText(options.selector);
  if (selector?.ok === false) return err(`--selector: ${selector.error}`);
  return ok({ columns, resources, order: order.value, test: test.value, ...(selector === undefined ? {} : { selector: selector.value }) });
}

function wordsOf(text: string): readonly string[] {
  return [...new Set(text.split(",").map((word) => word.trim()))].filter((word) => word !== "");
}
