/**
 * `plimsoll drain-preview`: what a drain of one node does to workloads, before anybody drains it.
 *
 * Reads policies and manifests, and names of workloads among them, or in a cluster ("deploy/web"). Prints each workload's timeline and verdict,
 * from the same arithmetic as admission and the provisioner.
 */
import { existsSync } from "node:fs";
import { drainPreview, type DrainPreview } from "../policies/drain-preview.ts";
import type { DrainStep } from "../policies/drain-timeline.ts";
import { viewOf, workloadsOf } from "../policies/workload-view.ts";
import { fileWorld, namespacesOf } from "./file-world.ts";
import { eachAlone } from "./judged-alone.ts";
import { readOffline, type OfflineRequest } from "./offline.ts";
import type { ProgramSurroundings } from "./surroundings.ts";
import { type ClusterOptions, laidOver, readCluster } from "./with-cluster.ts";

export interface DrainPreviewRequest extends OfflineRequest, ClusterOptions, Pick<ProgramSurroundings, "env"> {
  readonly output: "text" | "json";
}

/** The kinds that a target may name, by kubectl's words for them. */
export const kindsByWord: ReadonlyMap<string, string> = new Map([
  ["deploy", "Deployment"],
  ["deployment", "Deployment"],
  ["deployments", "Deployment"],
  ["sts", "StatefulSet"],
  ["statefulset", "StatefulSet"],
  ["statefulsets", "StatefulSet"],
  ["rs", "ReplicaSet"],
  ["replicaset", "ReplicaSet"],
  ["rollout", "Rollout"],
  ["ds", "DaemonSet"],
  ["daemonset", "DaemonSet"],
  ["job", "Job"],
  ["cronjob", "CronJob"],
  ["cj", "CronJob"],
  ["pod", "Pod"],
  ["po", "Pod"],
]);

interface Target {
  readonly word: string;
  readonly kind: string;
  readonly name: string;
}

/** Runs the command; returns 0 when every workload drains, 1 when one does not, 2 on bad input. */
export async function runDrainPreview(request: DrainPreviewRequest): Promise<number> {
  const targets = request.paths.flatMap((path) => targetOf(path) ?? []);
  const paths = request.paths.filter((path) => targetOf(path) === undefined);
  const withCluster = request.withCluster === true;
  if (paths.length === 0 && !withCluster) {
    request.stderr.write("no manifests: name the files that hold the workload, its profile and its budgets, or use --with-cluster\n");
    return 2;
  }
  const input = await readOffline({ ...request, paths, mayBeEmpty: withCluster });
  const { policySet, names } = input;
  if (policySet === undefined) return 2;
  const cluster = withCluster ? await readCluster(request) : undefined;
  if (cluster?.ok === false) {
    request.stderr.write(`${cluster.error}\n`);
    return 2;
  }
  for (const note of cluster?.value.notes ?? []) request.stderr.write(`note: ${note}\n`);
  const files = input.manifests.map(({ object }) => object);
  const objects = laidOver(cluster?.value.objects ?? [], files);
  const { snapshot, instanceTypes } = fileWorld(objects, names);
  // Of a cluster only the named namespace is asked about, and those of the files.
  const namespaces = [...new Set([...(withCluster ? [request.namespace] : []), ...namespacesOf(files)])].sort();
  const workloads = namespaces
    .flatMap((namespace) => workloadsOf(snapshot, namespace))
    .filter(({ kind, name }) => targets.length === 0 || targets.some((target) => target.kind === kind && target.name === name));
  const { answers: previews, faults } = eachAlone(workloads, (workload) =>
    drainPreview(viewOf(workload, { policySet, names, snapshot, instanceTypes }), snapshot),
  );
  for (const fault of faults) request.stderr.write(`${fault}\n`);
  const missing = targets.filter((target) => !workloads.some(({ kind, name }) => kind === target.kind && name === target.name));
  for (const { word } of missing) request.stderr.write(`${word}: no such workload among the files\n`);
  request.stdout.write(
    request.output === "json" ? `${JSON.stringify({ previews }, undefined, 2)}\n` : previews.map(previewText).join("\n"),
  );
  if (input.problems.length + faults.length + missing.length > 0) return 2;
  return previews.some(({ verdict }) => verdict.kind === "stuck") ? 1 : 0;
}

/** "deploy/web", where no file or folder of that name is there. */
function targetOf(word: string): Target | undefined {
  const [first = "", name, ...rest] = word.split("/");
  const kind = kindsByWord.get(first.toLowerCase());
  if (kind === undefined || name === undefined || name === "" || rest.length > 0 || existsSync(word)) return undefined;
  return { word, kind, name };
}

function previewText(preview: DrainPreview): string {
  const { workload, replicas, unhealthy, profile, className, budgets, needsOptions, nodes, verdict } = preview;
  const facts = [
    `${replicas} replica${replicas === 1 ? "" : "s"}${unhealthy === 0 ? "" : `, ${unhealthy} not ready`}`,
    profile === undefined ? "no profile" : `profile ${profile}`,
    ...(className === undefined ? [] : [`class ${className}`]),
  ];
  const lines = [
    `${workload.kind} ${workload.namespace}/${workload.name}: ${facts.join(", ")}`,
    ...(budgets.length === 0
      ? ["  no PodDisruptionBudget: evictions are not limited"]
      : budgets.map((text) => `  ${text} ${allowedText(preview)}`)),
    ...(needsOptions.length === 0 ? [] : [`  kubectl drain stops at its pods without ${needsOptions.join(" ")}`]),
    ...nodes.flatMap(({ node, pods, because, steps }) => [
      "",
      `  ${node === undefined ? `a node with ${pods} of its pods` : `node ${node}, with ${pods} of its pods`}${because === undefined ? "" : ` (the most that one can hold: ${because})`}`,
      ...steps.flatMap(stepLines),
    ]),
    "",
    `  ${verdict.text}`,
    ...(verdict.kind === "stuck" ? [`    fix: ${verdict.fix}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}

function allowedText({ evictions: { now } }: DrainPreview): string {
  return `allows ${now} eviction${now === 1 ? "" : "s"} at a time`;
}

const timeWidth = 7;

function stepLines({ atSeconds, what, details }: DrainStep): readonly string[] {
  const time = (atSeconds === undefined ? "+?" : `+${atSeconds}s`).padEnd(timeWidth);
  return [`    ${time} ${what}`, ...details.map((detail) => `    ${" ".repeat(timeWidth)}   ${detail}`)];
}
