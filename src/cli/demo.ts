/**
 * `plimsoll demo`: a whole world at work in this process, told as it happens.
 *
 * An application team applies profiles and workloads; admission compiles and judges; the provisioner buys nodes; the
 * scheduler binds. At the end the world is read back: what was told must be true, or the exit code is 1.
 */
import { stripVTControlCharacters } from "node:util";
import pc from "picocolors";
import { nearestWord } from "../api/nearest-word.ts";
import { allRules } from "../policies/rules/all-rules.ts";
import { type DemoTruth, demoTruths } from "./demo-truth.ts";
import { narrate } from "./demo-narrator.ts";
import { type AppliedObject, type DemoWorld, openDemoWorld } from "./demo-world.ts";
import type { ProgramSurroundings } from "./surroundings.ts";

export interface DemoRequest extends Pick<ProgramSurroundings, "stdout" | "stderr" | "isTerminal"> {
  readonly once: boolean;
  /** Switches one rule off first. */
  readonly break?: string;
  readonly port: number;
}

/** One thing a person does: which file is applied, and what to look for. */
interface Scene {
  readonly title: string;
  readonly file: string;
  readonly namespace?: string;
}

const scenes: readonly Scene[] = [
  { title: "The platform team offers three NodePools.", file: "examples/lab/a0-infrastructure.yaml" },
  { title: "Checkout: an on-demand service over three zones.", file: "examples/lab/a1-checkout-api.yaml" },
  { title: "Invoices: interruptible workers on Spot.", file: "examples/lab/a2-invoice-export-worker.yaml" },
  { title: "Fraud: a nightly batch, at 02:00.", file: "examples/lab/a3-fraud-model-batch.yaml" },
  {
    title: "Billing asks for what can't be drained; it is compiled safely, and told.",
    file: "examples/billing-api/profile.yaml",
    namespace: "billing",
  },
  { title: "One replica under a budget that always wants one: refused.", file: "examples/refused/undrainable.yaml" },
];

/** The scenes take about half of it; the rest is for a slow machine. */
const truthMaxMs = 45_000;
const lookMs = 250;

/** Runs the demo; returns 0 when all that was shown is true, 1 when something is not, 2 when it can't start. */
export async function runDemo(request: DemoRequest): Promise<number> {
  // Colours are for a terminal, wherever else they are switched on (CI counts as one to the library).
  const say = (line: string): void => void request.stdout.write(`${request.isTerminal ? line : stripVTControlCharacters(line)}\n`);
  const rules = allRules.map(({ id }) => id);
  if (request.break !== undefined && !rules.includes(request.break)) {
    const nearest = nearestWord(request.break, rules);
    const hint = nearest === undefined ? `known: ${rules.join(", ")}` : `nearest ${nearest}`;
    request.stderr.write(`plimsoll demo: no rule "${request.break}"; ${hint}\n`);
    return 2;
  }
  const opened = await openDemoWorld({ port: request.port, ...(request.break === undefined ? {} : { breakRule: request.break }) });
  if (!opened.ok) {
    request.stderr.write(`plimsoll demo: ${opened.error}\n`);
    return 2;
  }
  const demo = opened.value;
  let stopNarrating = (): void => undefined;
  try {
    say(`${pc.bold("Plimsoll")}: a world of its own, in this process. To look around in it meanwhile:`);
    say(`  export KUBECONFIG=${demo.kubeconfigPath}; kubectl get pods,nodes,wlp -A`);
    say(pc.dim("Its clock stands shortly before 02:00 UTC; `plimsoll nodes` counts ages from your own clock."));
    await webhooksRegistered(demo);
    stopNarrating = narrate(demo, say);
    const applied = await play(demo, say);
    const truths = await settledTruths(demo, applied);
    const code = tellTruths(truths, say);
    if (!request.once) await stayOpen(say);
    return code;
  } finally {
    stopNarrating();
    await demo.close();
  }
}

async function play(demo: DemoWorld, say: (line: string) => void): Promise<ReadonlyMap<string, readonly AppliedObject[]>> {
  const applied = new Map<string, readonly AppliedObject[]>();
  for (const { title, file, namespace } of scenes) {
    say("");
    say(pc.bold(title));
    say(pc.dim(`$ kubectl apply ${namespace === undefined ? "" : `-n ${namespace} `}-f ${file}`));
    const outcome = await demo.apply(file, namespace);
    applied.set(file, outcome);
    for (const one of outcome) tellApplied(one, file, say);
    await demo.clock.sleep(500);
  }
  say("");
  say(pc.bold("What follows:"));
  return applied;
}

function tellApplied({ object, warnings, refusal }: AppliedObject, file: string, say: (line: string) => void): void {
  for (const warning of warnings) say(pc.yellow(`Warning: ${warning}`));
  if (refusal === undefined) {
    const group = object.apiVersion.includes("/") ? `.${object.apiVersion.split("/")[0] ?? ""}` : "";
    say(`${object.kind.toLowerCase()}${group}/${object.metadata.name ?? ""} created`);
    return;
  }
  say(pc.red(refusal.replace(/^(Error from server \([^)]*\): )/, `$1error when creating "${file}": `)));
}

/** Nothing applied before the API server knows us would be judged. */
async function webhooksRegistered({ world, clock }: DemoWorld): Promise<void> {
  const registered = (): boolean => world.server.store.list("validatingwebhookconfigurations.admissionregistration.k8s.io").length >= 2;
  for (let waited = 0; !registered() && waited < truthMaxMs; waited += lookMs) await clock.sleep(lookMs);
}

/** Looks until everything is true, or the time is up; then tells what was seen last. */
async function settledTruths(demo: DemoWorld, applied: ReadonlyMap<string, readonly AppliedObject[]>): Promise<readonly DemoTruth[]> {
  let truths = demoTruths(demo, applied);
  // What is final does not change by waiting.
  for (let waited = 0; truths.some(({ holds, isFinal }) => !holds && !isFinal) && waited < truthMaxMs; waited += lookMs) {
    await demo.clock.sleep(lookMs);
    truths = demoTruths(demo, applied);
  }
  return truths;
}

function tellTruths(truths: readonly DemoTruth[], say: (line: string) => void): number {
  say("");
  say(pc.bold("Read back from the world:"));
  for (const { statement, holds, seen } of truths)
    say(`  ${holds ? pc.green("true ") : pc.red("FALSE")}  ${statement}${seen === "" ? "" : pc.dim(` (${seen})`)}`);
  return truths.every(({ holds }) => holds) ? 0 : 1;
}

async function stayOpen(say: (line: string) => void): Promise<void> {
  say("");
  say("The world goes on. Ctrl-C ends it.");
  await new Promise<void>((resolve) => {
    // A terminal that is closed says SIGHUP.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.once(signal, () => {
        resolve();
      });
  });
}
