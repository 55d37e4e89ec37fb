/**
 * Offline input: policies and manifests, read and made sure of, for `check`, `render` and `plan`.
 *
 * Reads files. Returns the policy set, the objects whose form is right, and every problem. What is wrong in one document
 * never hides another; the commands decide what to do with the rest and exit 2.
 */
import { readFileSync } from "node:fs";
import { kindTable, apiVersionOf } from "../api/kinds.ts";
import { platformNames, type PlatformNames } from "../api/labels.ts";
import type { KubeObject } from "../api/object.ts";
import { shapeValidator } from "../api/validation.ts";
import { formatPolicyError } from "../policies/policy-error.ts";
import { parsePolicySet } from "../policies/parse-policy-set.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import { builtInJudge, groupOf, otherVersion } from "./built-in-problems.ts";
import type { Manifest, ManifestProblem } from "./manifest.ts";
import { readManifests } from "./manifest-files.ts";

export interface OfflineInput {
  readonly policySet: PolicySet | undefined;
  readonly names: PlatformNames;
  /** Objects whose form is right, with the namespace filled in where their kind has one. */
  readonly manifests: readonly Manifest[];
  /** Complete lines for stderr; any of them makes the exit code 2. */
  readonly problems: readonly string[];
  /** Complete lines for stderr that change no verdict. */
  readonly notes: readonly string[];
}

/** Reads policies and manifests; without a good policies file `policySet` is undefined and the problems say why. */
export function readOffline(request: { readonly paths: readonly string[]; readonly policies: string }): OfflineInput {
  const names = platformNames();
  const policies = readPolicies(request.policies);
  const { manifests, problems } = readManifests(request.paths);
  const judge = formJudge(names);
  const judged = manifests.map((manifest) => ({ manifest: withNamespace(manifest, names.domain), ...judge(manifest) }));
  return {
    policySet: policies.policySet,
    names,
    manifests: judged.filter((one) => one.problems.length === 0).map(({ manifest }) => manifest),
    problems: [...policies.problems, ...problems.map(formatProblem), ...judged.flatMap((one) => one.problems)],
    notes: judged.flatMap((one) => one.notes),
  };
}

function readPolicies(path: string): { readonly policySet: PolicySet | undefined; readonly problems: readonly string[] } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return { policySet: undefined, problems: [`${path}: no such policies file; name one with --policies FILE`] };
  }
  const parsed = parsePolicySet({ text, fileName: path });
  return parsed.ok ? { policySet: parsed.value, problems: [] } : { policySet: undefined, problems: parsed.error.map(formatPolicyError) };
}

interface FormFindings {
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

const shapedKinds = ["WorkloadProfile", "NodePool", "NodeClaim", "EC2NodeClass"] as const;

/** Judges the form of each object; a WorkloadProfile's unknown fields are a verdict (WP-005), not bad input. */
function formJudge(names: PlatformNames): (manifest: Manifest) => FormFindings {
  const kinds = kindTable(names.domain);
  const shapes = shapeValidator();
  const builtIns = builtInJudge();
  return ({ object, file, line }) => {
    const name = object.metadata.name ?? object.metadata.generateName ?? "";
    const told = (message: string): string => formatProblem({ file, line, message: `${object.kind} ${name}: ${message}` });
    const shaped = shapedKinds.find((kind) => kind === object.kind && groupOf(object.apiVersion) === kinds[kind].group);
    if (shaped === undefined) {
      const { problems, notes } = builtIns(object);
      return { problems: problems.map(told), notes: notes.map(told) };
    }
    const served = apiVersionOf(kinds[shaped]);
    if (object.apiVersion !== served) return { problems: [told(otherVersion(object, served))], notes: [] };
    const problems = shapes
      .validate(shaped, object)
      .filter(({ keyword }) => shaped !== "WorkloadProfile" || keyword !== "additionalProperties")
      .map(({ field, message }) => told(field === "" ? message : `${field}: ${message}`));
    return { problems, notes: [] };
  };
}

/** kubectl puts an object without a namespace into the context's; offline that is "default". */
function withNamespace(manifest: Manifest, domain: string): Manifest {
  const { object } = manifest;
  const info = Object.values(kindTable(domain)).find((known) => known.kind === object.kind && apiVersionOf(known) === object.apiVersion);
  if (info?.namespaced !== true || object.metadata.namespace !== undefined) return manifest;
  const placed: KubeObject = { ...object, metadata: { ...object.metadata, namespace: "default" } };
  return { ...manifest, object: placed };
}

function formatProblem({ file, line, message }: ManifestProblem): string {
  return `${file}:${line}: ${message}`;
}
