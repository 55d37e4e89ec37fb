/**
 * `plimsoll render`: what WorkloadProfiles compile to, in the form that stands in git.
 *
 * Reads policies and manifests. Prints each profile with validateOnly, and for each workload that one binds the workload with
 * the template that its Pods would have, and its PodDisruptionBudget and autoscaler: YAML documents that can be applied and that
 * `check` judges as they are.
 */
import { stringify } from "yaml";
import type { KubeObject } from "../api/object.ts";
import type { WorkloadProfile } from "../api/workload-profile.ts";
import type { Workload } from "../kube/workload.ts";
import { isObjectOf } from "../policies/overlay-snapshot.ts";
import { gitObjects, gitProfile } from "../policies/profile/git-objects.ts";
import { workloadContract, type ContractWorld } from "../policies/profile/workload-contract.ts";
import { fileWorkloads, fileWorld } from "./file-world.ts";
import { eachAlone } from "./judged-alone.ts";
import { type OfflineRequest, readOffline } from "./offline.ts";

/** Runs the command; returns 0, or 2 on bad input. */
export async function runRender(request: OfflineRequest): Promise<number> {
  const input = await readOffline(request);
  if (input.policySet === undefined) return 2;
  const { domain } = input.names;
  const objects = input.manifests.map(({ object }) => (isObjectOf("WorkloadProfile", object, domain) ? writing(object) : object));
  const files = fileWorld(objects, input.names);
  const world: ContractWorld = { ...files, policySet: input.policySet };
  const { answers: rendered, faults } = eachAlone(fileWorkloads(objects, files), (workload) => render(workload, world));
  for (const fault of faults) request.stderr.write(`${fault}\n`);
  for (const { notes } of rendered) for (const note of notes) request.stderr.write(`note: ${note}\n`);
  const profiles = new Set(rendered.flatMap(({ profile }) => profile ?? []));
  request.stdout.write([...profiles].map(profileText).join(""));
  request.stdout.write(rendered.map(({ text }) => text).join(""));
  return input.problems.length + faults.length > 0 ? 2 : 0;
}

interface Rendered {
  readonly text: string;
  readonly notes: readonly string[];
  readonly profile?: WorkloadProfile;
}

/** What git has with validateOnly is rendered as it would be without: that is what it is compared with. */
function writing(profile: WorkloadProfile): WorkloadProfile {
  return profile.spec.validateOnly === true ? { ...profile, spec: { ...profile.spec, validateOnly: false } } : profile;
}

function render(workload: Workload, world: ContractWorld): Rendered {
  const where = `${workload.kind} ${workload.namespace}/${workload.name}`;
  const left = (why: string): Rendered => ({ text: "", notes: [`${where}: ${why}`] });
  const answer = workloadContract({ workload, ...world });
  if (answer.kind === "ambiguous") return left("several profiles bind it; nothing is compiled");
  if (answer.kind === "unknown-class") return left(`class "${answer.className}" is not in the catalogue`);
  const { contract, workloadClass, binding } = answer;
  if (binding.kind !== "bound") return left("no WorkloadProfile binds it, so nothing is compiled but our labels");
  const heading = `# ${where}, by WorkloadProfile ${binding.profile.metadata.name ?? ""} in class ${contract.className}, bundle ${contract.bundle}`;
  const objects = gitObjects({ workload, contract, workloadClass, names: world.names });
  const notes = [
    ...(contract.notYetCompiled.length === 0 ? [] : [`not compiled yet: ${contract.notYetCompiled.join(", ")}`]),
    ...(contract.onDemandFloor === undefined ? [] : ["which of its Pods stay off Spot is decided Pod by Pod, so no template says it"]),
    ...(contract.variants.length === 0 ? [] : ["what spec.overrides say of single Pods, no template says"]),
  ];
  return {
    text: objects
      .map((object) => document(`${heading}: ${object === objects[0] ? "with its compiled template" : object.kind}`, object))
      .join(""),
    notes: notes.map((note) => `${where}: ${note}`),
    profile: binding.profile,
  };
}

function profileText(profile: WorkloadProfile): string {
  const { namespace = "", name = "" } = profile.metadata;
  return document(`# WorkloadProfile ${namespace}/${name}: checks what stands here, and compiles nothing`, gitProfile(profile));
}

function document(heading: string, object: KubeObject): string {
  return `---\n${heading}\n${stringify(object, { lineWidth: 140, aliasDuplicateObjects: false })}`;
}
