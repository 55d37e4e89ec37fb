/**
 * `plimsoll why`: where a Pod would go and why, or what keeps it from every place.
 *
 * Reads what `plimsoll plan` reads, and the name of a Pod that waits or of a workload's replica to come.
 */
import type { PendingPod } from "../provisioner/scheduling/pod-class.ts";
import { solve, type SolveInput } from "../provisioner/scheduling/solve.ts";
import { kindsByWord } from "./drain-preview.ts";
import { readPlanWorld, type PlanWorldRequest } from "./plan-world.ts";
import { whyAnswer } from "./why-answer.ts";
import { whyText } from "./why-text.ts";

export interface WhyRequest extends PlanWorldRequest {
  /** "pod/NAME", "deploy/NAME" or "deploy/NAME#2". */
  readonly target: string;
  readonly output: "text" | "json";
}

const namesShownMax = 5;

/** Runs the command; returns 0 when the Pod has a place, 1 when it has none, 2 on bad input. */
export async function runWhy(request: WhyRequest): Promise<number> {
  const target = targetOf(request.target);
  if (target === undefined) {
    request.stderr.write(`${request.target}: name a Pod as pod/NAME, or a workload's replica as in deploy/NAME or deploy/NAME#2\n`);
    return 2;
  }
  if (target.kind === "DaemonSet") {
    request.stderr.write("DaemonSets can't be asked about: they run on every node that they match, and count as its overhead\n");
    return 2;
  }
  const world = await readPlanWorld(request);
  if (world === undefined) return 2;
  const { input } = world;
  const pending = pendingOf(input, { ...target, namespace: request.namespace });
  if (pending === undefined) {
    request.stderr.write(`${missingText(input, { ...target, namespace: request.namespace })}\n`);
    return 2;
  }
  const answer = whyAnswer(input, { results: solve(input), pending });
  request.stdout.write(request.output === "json" ? `${JSON.stringify(answer, undefined, 2)}\n` : whyText(answer));
  if (world.isFlawed) return 2;
  return answer.place.kind === "none" ? 1 : 0;
}

interface Target {
  readonly kind: string;
  /** Without a replica's number, its first one is meant. */
  readonly name: string;
}

function targetOf(word: string): Target | undefined {
  const [first = "", name = "", ...rest] = word.split("/");
  const kind = kindsByWord.get(first.toLowerCase()) ?? kindsByWord.get(first.toLowerCase().replace(/s$/, ""));
  return kind === undefined || name === "" || rest.length > 0 ? undefined : { kind, name };
}

/** A Pod that is there has a key of two parts, one to come a key with its workload's kind. */
function pendingOf({ pods }: SolveInput, { namespace, kind, name }: Target & { readonly namespace: string }): PendingPod | undefined {
  const replica = name.includes("#") ? name : `${name}#0`;
  return (
    pods.find(({ key }) => kind === "Pod" && key === `${namespace}/${name}`) ??
    pods.find(({ key }) => key === `${namespace}/${kind}/${replica}`) ??
    pods.find(({ key }) => kind === "Pod" && key.startsWith(`${namespace}/`) && key.endsWith(`/${replica}`))
  );
}

function missingText(input: SolveInput, { namespace, kind, name }: Target & { readonly namespace: string }): string {
  const who = `${kind} ${namespace}/${name}`;
  for (const { name: node, pods } of input.nodes) {
    if (kind === "Pod" && pods.some(({ metadata }) => metadata.namespace === namespace && metadata.name === name))
      return `${who} runs on node ${node}: only Pods that need a place are explained`;
  }
  const replicas = input.pods.filter(({ key }) => key.startsWith(`${namespace}/${kind}/${name.replace(/#.*$/, "")}#`)).length;
  if (replicas > 0) {
    const numbers = replicas === 1 ? "its only one is #0" : `its ${replicas} are #0 to #${replicas - 1}`;
    return `${who} is no replica that needs a place: ${numbers}`;
  }
  const elsewhere = [...new Set(input.pods.map(({ key }) => key.split("/")[0] ?? ""))].filter(
    (other) => pendingOf(input, { namespace: other, kind, name }) !== undefined,
  );
  if (elsewhere.length > 0) return `${who} is not there; one of that name is in namespace ${elsewhere.join(", ")}: name it with -n`;
  const known = [...new Set(input.pods.map(({ key }) => key.replace(/#\d+$/, "")))];
  const more = known.length > namesShownMax ? ` and ${known.length - namesShownMax} more` : "";
  return `${who} needs no place, or is not there; these do: ${known.slice(0, namesShownMax).join(", ") || "none"}${more}`;
}
