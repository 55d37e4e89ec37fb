/**
 * The answer of `plimsoll why node/NAME` in words; the viewer shows the same lines.
 */
import type { Instant } from "../api/ports.ts";
import { amountOf } from "../kube/resources.ts";
import { ageText, amountText, hourlyText, monthlyText, percentText } from "./nodes-cell.ts";
import { givenUpText } from "./nodes-columns.ts";
import { hoursPerMonth } from "./nodes-money.ts";
import { textTable } from "./text-table.ts";
import type { NodeAnswer, NodeStage } from "./why-node-answer.ts";

/** Workloads, blockers and Pods of one blocker that are named; of the others the number is told. */
const [workloadsMax, blockersMax, podsNamedMax] = [40, 20, 3];

/** Returns what it is first, then its life, what stands on it and what keeps it. */
export function nodeAnswerLines(answer: NodeAnswer, now: Instant): readonly string[] {
  return [
    ...headLines(answer, now),
    ...section("Its life", [...answer.stages.map((stage) => stageText(stage)), ...answer.conditions.map(conditionText)]),
    ...section("Asked for", askedLines(answer)),
    ...section("On it", workloadLines(answer)),
    ...section("A drain", drainLines(answer)),
    ...section("Its end", endLines(answer, now)),
    ...section("Events", eventLines(answer)),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

function headLines({ node }: NodeAnswer, now: Instant): readonly string[] {
  const { pricePerHour, nodePool, nodeClass, workloadClass } = node;
  const claim = node.nodeClaim === undefined ? "no NodeClaim" : `NodeClaim ${node.nodeClaim}`;
  const place = [node.instanceType, node.capacityType, node.zone === "" ? "" : `in ${node.zone}`].filter((text) => text !== "").join(" ");
  const money =
    pricePerHour === undefined
      ? "no price is known"
      : `${hourlyText(pricePerHour)} an hour, ${monthlyText(pricePerHour * hoursPerMonth)} a month`;
  const why = [node.reason, node.message].filter((text) => text !== undefined).join(": ");
  return [
    `${node.hasJoined ? `Node ${node.name} (${claim})` : claim}: ${node.state} for ${ageText(now - Date.parse(node.since))}${why === "" ? "" : `, ${why}`}`,
    `  ${[place || "not launched", node.hasJoined || node.providerID !== undefined ? money : "nothing is paid for it yet"].join(", ")}`,
    `  ${[
      nodePool === "" ? "no NodePool" : `NodePool ${nodePool}`,
      ...(nodeClass === "" ? [] : [`NodeClass ${nodeClass}`]),
      ...(workloadClass === "" ? [] : [`class ${workloadClass}`]),
    ].join(", ")}`,
  ];
}

function stageText({ name, at, tookSeconds, reason, message }: NodeStage): string {
  const why = [reason, message].filter((text) => text !== undefined).join(": ");
  if (at === undefined) return `${name.padEnd(11)} not yet${why === "" ? "" : `, ${why}`}`;
  return `${name.padEnd(11)} ${at}${tookSeconds === undefined ? "" : `, ${tookSeconds} s later`}`;
}

function conditionText({ type, status, reason, message }: NodeAnswer["conditions"][number]): string {
  const why = [reason === type ? undefined : reason, message].filter((text) => text !== undefined).join(": ");
  return `${type} is ${status}${why === "" ? "" : `, ${why}`}`;
}

function askedLines({ asked }: NodeAnswer): readonly string[] {
  if (asked === undefined) return [];
  const amounts = Object.entries(asked.requests).map(([name, amount]) => `${name} ${amount}`);
  const choice = [
    ...(asked.types === 0 ? [] : [`${asked.types} type${asked.types === 1 ? "" : "s"}`]),
    ...(asked.zones.length === 0 ? [] : [asked.zones.join(" or ")]),
    ...(asked.capacityTypes.length === 0 ? [] : [asked.capacityTypes.join(" or ")]),
  ];
  const planned = asked.plannedPods === undefined ? "" : `, for ${asked.plannedPods} Pod${asked.plannedPods === 1 ? "" : "s"} of a plan`;
  return [
    `${amounts.sort().join(", ") || "nothing"}${planned}`,
    ...(choice.length === 0 ? [] : [`it might have been any of ${choice.join(", ")}`]),
  ];
}

function workloadLines({ node, workloads }: NodeAnswer): readonly string[] {
  if (workloads.length === 0) return ["no Pod"];
  const names = [
    "cpu",
    "memory",
    ...Object.keys(node.requests).filter((name) => !["cpu", "memory", "pods", "ephemeral-storage"].includes(name)),
  ];
  const uses = names.map((name) => {
    const [used, most] = [node.requests, node.allocatable].map((list) => amountOf(name, list[name] ?? "0"));
    const share = most === undefined || most === 0 ? 0 : (used ?? 0) / most;
    return `${name} ${amountText(name, used ?? 0)} of ${amountText(name, most ?? 0)} (${percentText(share)})`;
  });
  const idle = node.idlePerHour === undefined ? "" : `; ${hourlyText(node.idlePerHour)} an hour of it is idle`;
  const rows = workloads
    .slice(0, workloadsMax)
    .map((one) => [
      one.workload,
      String(one.pods),
      amountText("cpu", amountOf("cpu", one.requests["cpu"] ?? "0")),
      amountText("memory", amountOf("memory", one.requests["memory"] ?? "0")),
      one.workloadClass || "-",
      one.owner || "-",
      one.pricePerHour === undefined ? "-" : hourlyText(one.pricePerHour),
    ]);
  const left = workloads.length - rows.length;
  return [
    `${node.pods} Pod${node.pods === 1 ? "" : "s"}: ${uses.join(", ")}${idle}`,
    ...textTable([["WORKLOAD", "PODS", "CPU", "MEMORY", "CLASS", "OWNER", "$/HOUR"], ...rows])
      .trimEnd()
      .split("\n"),
    ...(left === 0 ? [] : [`and ${left} more workloads`]),
  ];
}

function drainLines({ node, room }: NodeAnswer): readonly string[] {
  if (!node.hasJoined) return [];
  if (node.blockers.length === 0) return ["nothing is in its way now", ...roomLines(room)];
  const left = node.blockers.length - blockersMax;
  return [
    ...node.blockers.slice(0, blockersMax).map(({ kind, by, text, pods, owner }) => {
      const more = pods.length - podsNamedMax;
      const held = `${pods.slice(0, podsNamedMax).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
      const ask = owner === "" ? "" : `; ask ${owner}`;
      return kind === "budget" ? `PodDisruptionBudget ${by}: ${text}; it holds ${held}${ask}` : `Pod ${by}: ${text}${ask}`;
    }),
    ...(left > 0 ? [`and ${left} more`] : []),
    ...roomLines(room),
  ];
}

function roomLines(room: NodeAnswer["room"]): readonly string[] {
  if (room === undefined || room.pods === 0) return [];
  const pods = room.pods === 1 ? "its Pod" : `its ${room.pods} Pods`;
  const [first] = room.left;
  if (first === undefined) return [`${pods} would fit on the other nodes as they stand`];
  return [`of ${pods}, ${room.left.length} would fit on no other node, such as ${first.pod}: ${first.reason}`];
}

function endLines({ node }: NodeAnswer, now: Instant): readonly string[] {
  const { endsAt, expiresAt, givenUpAt } = node;
  const until = (text: string): string => ageText(Date.parse(text) - now);
  if (endsAt !== undefined) return [`it ends in ${until(endsAt)} at the latest (${endsAt}), drained or not`];
  if (givenUpAt !== undefined) {
    const at = Date.parse(givenUpAt);
    return [`${givenUpText(at, now)} (${givenUpAt}${at > now ? ", unless it is further by then" : ""})`];
  }
  if (node.state === "draining" || node.state === "ending")
    return ["it waits for its Pods for as long as it takes: no terminationGracePeriod is set"];
  if (expiresAt === undefined) return node.nodeClaim === undefined ? [] : ["it never expires"];
  return [Date.parse(expiresAt) <= now ? `it is due since ${expiresAt}` : `it expires in ${until(expiresAt)} (${expiresAt})`];
}

function eventLines({ events }: NodeAnswer): readonly string[] {
  return events.map(({ at, object, type, reason, message, count }) => {
    const times = count > 1 ? ` (${count} times)` : "";
    return `${at === "" ? "?" : `${at.slice(0, 19)}Z`}  ${type === "Warning" ? "Warning " : ""}${object}: ${reason}${times}: ${message}`;
  });
}
