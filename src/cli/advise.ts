/**
 * `plimsoll advise class`: which class each workload belongs in, why, and a WorkloadProfile to start from.
 *
 * Reads policies and manifests. Prints the reasons as comments above the profile, so that the answer can be applied as it is.
 */
import { stringify } from "yaml";
import type { KubeObject } from "../api/object.ts";
import type { Workload } from "../kube/workload.ts";
import { adviseClass, type ClassAdvice } from "../policies/class-advice.ts";
import { fileWorkloads, fileWorld } from "./file-world.ts";
import { eachAlone } from "./judged-alone.ts";
import { type OfflineRequest, readOffline } from "./offline.ts";

/** Runs the command; returns 0, or 2 on bad input. */
export async function runAdviseClass(request: OfflineRequest): Promise<number> {
  const input = await readOffline(request);
  if (input.policySet === undefined) return 2;
  const { policySet, names } = input;
  const objects = input.manifests.map(({ object }) => object);
  const world = { policySet, context: fileWorld(objects, names) };
  const workloads = fileWorkloads(objects, world.context);
  const { answers, faults } = eachAlone(workloads, (workload) => adviceText(workload, adviseClass(workload, world), names.apiVersion));
  request.stdout.write(answers.join(""));
  for (const fault of faults) request.stderr.write(`${fault}\n`);
  if (workloads.length === 0) request.stderr.write("note: no workload among the files\n");
  return input.problems.length + faults.length > 0 ? 2 : 0;
}

function adviceText(workload: Workload, advice: ClassAdvice, apiVersion: string): string {
  const { kind, namespace } = workload;
  const { className, reasons, requires, spec, name, notes } = advice;
  const title =
    workload.name === name ? `${kind} ${namespace}/${name}` : `${kind} ${namespace}/${workload.object.metadata.generateName ?? ""}*`;
  const profile: KubeObject & { readonly spec: unknown } = { apiVersion, kind: "WorkloadProfile", metadata: { name, namespace }, spec };
  const missing = requires.filter((path) => valueAt(spec, path.split(".")) === undefined);
  const asks = missing.length === 0 ? [] : [`#   check refuses it until you declare ${missing.join(" and ")}, if it is true`];
  const comments = [
    `# ${title}: class ${className}`,
    ...reasons.map((reason) => `#   because ${reason}`),
    ...notes.map((note) => `#   ${note}`),
    ...asks,
  ];
  return `---\n${comments.join("\n")}\n${stringify(profile)}`;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (typeof at === "object" && at !== null ? (at as Readonly<Record<string, unknown>>)[name] : undefined),
    value,
  );
}
