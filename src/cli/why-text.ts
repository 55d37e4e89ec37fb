/**
 * The answer of `plimsoll why` in words.
 */
import { dollars, fixLines, moreText, nodeWhyLines } from "./node-why-text.ts";
import type { WhyAnswer, WhyPlace } from "./why-answer.ts";

/** Nodes that one reason names; the others are counted. */
const nodesNamedMax = 3;

/** Returns the place first, then what was against every other node and NodePool. */
export function whyText({ pod, asks, place, otherNodes, otherNodesLeft, pools }: WhyAnswer): string {
  const amounts = Object.entries(asks)
    .filter(([name]) => name !== "pods")
    .map(([name, amount]) => `${name} ${amount}`)
    .sort();
  return [
    `${pod} asks for ${amounts.join(", ") || "nothing"}`,
    ...placeLines(place).map((line) => `  ${line}`),
    ...nodeLines(otherNodes),
    ...(otherNodesLeft === 0 ? [] : [`  and ${otherNodesLeft} more that were not asked`]),
    ...pools.flatMap(poolLines),
    "",
  ].join("\n");
}

function placeLines(place: WhyPlace): readonly string[] {
  if (place.kind === "none") return ["has no place:", ...[...place.reasons, ...fixLines(place.obstacles)].map((line) => `  ${line}`)];
  if (place.kind === "existing") return [`goes to ${place.node}, which is there: room that is paid for costs nothing`];
  const { nodePool, instanceType, zone, capacityType, pricePerHour, besides, types, why, withoutType } = place;
  const others = besides.length === 0 ? "alone" : `with ${besides.length} other Pod${besides.length === 1 ? "" : "s"}`;
  const holds = types === 1 ? "it is the only type that holds them" : `the cheapest of ${types} types that hold them`;
  const left = withoutType.unschedulable === 0 ? "" : `, and ${withoutType.unschedulable} Pods would have no place`;
  return [
    `goes to a new node of NodePool ${nodePool}: ${instanceType} ${capacityType} in ${zone}, ${dollars(pricePerHour)} an hour, ${others}`,
    `why this shape: ${holds}`,
    ...nodeWhyLines(why).map((line) => `  ${line}`),
    `without ${instanceType} the whole plan would cost ${dollars(withoutType.pricePerHour)} (${moreText(withoutType.morePerHour)})${left}`,
  ];
}

/** Nodes by what keeps the Pod from them. */
function nodeLines(nodes: WhyAnswer["otherNodes"]): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const { node, reason } of nodes) byReason.set(reason, [...(byReason.get(reason) ?? []), node]);
  if (byReason.size === 0) return [];
  const lines = [...byReason].map(([reason, names]) => {
    const left = names.length - nodesNamedMax;
    return `  ${reason}: ${names.slice(0, nodesNamedMax).join(", ")}${left > 0 ? ` and ${left} more` : ""}`;
  });
  return ["Other nodes", ...lines];
}

function poolLines({ nodePool, offerings, ruledOut, left, ownNode, reason }: WhyAnswer["pools"][number]): readonly string[] {
  const verdict =
    ownNode === undefined
      ? `no node for it: ${reason ?? ""}`
      : `a node of its own would be ${ownNode.instanceType} at ${dollars(ownNode.pricePerHour)}`;
  return [
    `NodePool ${nodePool}: ${verdict}`,
    `  ${left} of ${offerings} offerings may hold it`,
    ...ruledOut.map(({ text, offerings: count }) => `  ${count} ruled out: ${text}`),
  ];
}
