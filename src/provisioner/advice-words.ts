/**
 * Advice words: what capacity a workload needs and what that costs, in one line for the Warning header.
 *
 * Reads the advice as data. Returns a text within the bounds of warnings.
 */
import { countText } from "../policies/count-words.ts";
import { cutText, plainText } from "../policies/warning.ts";
import type { AdvisedNodes, CapacityAdvice } from "./capacity-advice.ts";

/** Kinds of nodes that one line names. */
const kindsMax = 2;
/** Longer than other warnings: what is cut off would be the money, or the reason. */
const lengthMax = 200;

/** Returns the line: what is bought, about what it costs, how full the pool is then; or that nothing is, or why there is no place. */
export function adviceWords(advice: CapacityAdvice): string {
  const { asked, planned, leftOut, because, remark } = advice;
  const none = remark === undefined ? undefined : `no capacity is planned for ${replicasText(asked, advice)}: ${remark}`;
  if (planned === 0) return bounded(none ?? `${replicasText(asked, advice)} need no capacity of ours`);
  const left = because === undefined ? "" : `: ${because}`;
  if (leftOut === planned) return bounded(`${replicasText(planned, advice)} ${verb(planned, "have", "has")} no place${left}`);
  const rest = leftOut === 0 ? [] : [`${leftOut} ${verb(leftOut, "have", "has")} no place${left}`];
  return bounded([needText(advice), ...limitText(advice), ...rest, ...(remark === undefined ? [] : [remark])].join("; "));
}

function needText(advice: CapacityAdvice): string {
  const { planned, nodesMore, pricePerHour } = advice;
  const who = replicasText(planned, advice);
  if (nodesMore === 0) return `${who} ${verb(planned, "fit", "fits")} on nodes that are there or on their way`;
  const nodes = `+${countText(nodesMore, "node")} (${nodesText(advice.nodes)})`;
  return `${who} ${verb(planned, "need", "needs")} ${nodes}, about $${pricePerHour.toFixed(2)}/h`;
}

/** "50 replicas", or "30 more replicas" of a workload that has some. */
function replicasText(count: number, { isMore }: Pick<CapacityAdvice, "isMore">): string {
  return isMore ? `${count} more ${verb(count, "replicas", "replica")}` : countText(count, "replica");
}

function verb(count: number, many: string, one: string): string {
  return count === 1 ? one : many;
}

/** "m7i.2xlarge, general-flex", or of several kinds "3x m7i.2xlarge, 1x m7i.large, general-flex; 1x c6i.large spot, batch-spot". */
function nodesText(nodes: readonly AdvisedNodes[]): string {
  const shown = nodes.slice(0, kindsMax);
  const pools = [...new Set(shown.map(({ nodePool }) => nodePool))];
  const kinds = pools.map((pool) => {
    const own = shown.filter(({ nodePool }) => nodePool === pool);
    return [...own.map((one) => kindText(one, nodes.length > 1)), pool].join(", ");
  });
  const more = nodes.length - shown.length;
  return [...kinds, ...(more > 0 ? [countText(more, "other kind")] : [])].join("; ");
}

function kindText({ instanceType, capacityType, count }: AdvisedNodes, isOneOfMany: boolean): string {
  const type = capacityType === "on-demand" ? instanceType : `${instanceType} ${capacityType}`;
  return isOneOfMany ? `${count}x ${type}` : type;
}

/** The fullest pool; it is named where there are several. */
function limitText({ limits, nodes, nodesMore }: CapacityAdvice): readonly string[] {
  const [fullest] = [...limits].sort((a, b) => b.percent - a.percent || (a.nodePool < b.nodePool ? -1 : 1));
  if (fullest === undefined || nodesMore === 0) return [];
  const isOnly = nodes.every(({ nodePool }) => nodePool === fullest.nodePool);
  return [`${fullest.percent}% of ${isOnly ? "the pool" : fullest.nodePool}'s limit`];
}

function bounded(text: string): string {
  return cutText(plainText(text), lengthMax);
}
