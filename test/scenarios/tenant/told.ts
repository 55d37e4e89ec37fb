/**
 * Told: whether those whom a fault concerns were told of it, where admission could not refuse.
 *
 * A DELETE is never refused, and two requests at once can't see each other: the one is told by a Warning, both by an Event and in the report
 * of the namespace, about the very workload or budget that the fault is of.
 */
import type { Ground } from "./ground.ts";
import type { Fault } from "./judge.ts";
import { pause, type Answer } from "./play.ts";

export interface Told {
  /** An Event and a result of the report name each fault. */
  readonly isNoticed: boolean;
  /** So they do, and it was a DELETE with a Warning, or two requests at once. */
  readonly isTold: boolean;
}

const waitMsMax = 20_000;
const lookMs = 1_000;

/** Looks for a while: reports come within seconds. */
export async function toldOf(
  ground: Ground,
  of: { readonly namespace: string; readonly answers: readonly Answer[]; readonly faults: readonly Fault[] },
): Promise<Told> {
  const { namespace, answers, faults } = of;
  if (faults.length === 0) return { isNoticed: true, isTold: true };
  if (faults.some(({ what }) => what.startsWith("ran with"))) return { isNoticed: false, isTold: false };
  const together = answers.some(({ step }, at) => answers.findIndex((other) => other.step === step) !== at);
  const deleted = answers.some(({ ask, warnings }) => ask.verb === "delete" && warnings.length > 0);
  const until = Date.now() + waitMsMax;
  while (Date.now() < until) {
    const notices = await noticesIn(ground, namespace);
    if (faults.every((fault) => isNamed(fault, notices.events) && isNamed(fault, notices.results))) {
      return { isNoticed: true, isTold: together || deleted };
    }
    await pause(lookMs);
  }
  return { isNoticed: false, isTold: false };
}

interface Notices {
  /** The text of each Event of ours that warns. */
  readonly events: readonly string[];
  /** The text of each failing result of the namespace's report. */
  readonly results: readonly string[];
}

interface EventLike {
  readonly type?: string;
  readonly reason?: string;
  readonly involvedObject?: { readonly name?: string };
  readonly message?: string;
}

async function noticesIn({ client }: Ground, namespace: string): Promise<Notices> {
  const events = await client.send({ method: "GET", path: `/api/v1/namespaces/${namespace}/events?limit=500` });
  const reports = await client.send({ method: "GET", path: `/apis/wgpolicyk8s.io/v1alpha2/namespaces/${namespace}/policyreports` });
  const isOurs = ({ type, reason }: EventLike): boolean => type === "Warning" && reason === "PolicyViolation";
  const items = (events.body as { readonly items?: readonly EventLike[] }).items ?? [];
  const listed =
    (reports.body as { readonly items?: readonly { readonly results?: readonly { readonly result?: string }[] }[] }).items ?? [];
  return {
    events: items.filter(isOurs).map(({ involvedObject, message }) => `${involvedObject?.name ?? ""}: ${message ?? ""}`),
    results: listed.flatMap(({ results = [] }) => results.filter(({ result }) => result === "fail").map((one) => JSON.stringify(one))),
  };
}

/** Names the workload that the Pod is of, or a budget that holds it. */
function isNamed({ pod, what }: Fault, texts: readonly string[]): boolean {
  const [workload = pod] = /^[a-z]+-\d+/.exec(pod) ?? [];
  const budgets = [...what.matchAll(/PodDisruptionBudget "([^"]+)"/g)].map(([, name = ""]) => name);
  return texts.some((text) => [workload, ...budgets].some((name) => new RegExp(`(^|[^a-z0-9-])${name}($|[^a-z0-9])`).test(text)));
}
