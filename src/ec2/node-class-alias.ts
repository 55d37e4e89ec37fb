/**
 * Image aliases: the names under which SSM keeps the ids of the provider's own images.
 *
 * Reads an alias such as al2023@latest and the cluster's version. Returns parameters, each with the nodes that its image is for, or
 * why the family is none for that version. Paths and limits are those of the EKS user guide and of Bottlerocket.
 */
import { archLabel, awsLabelDomain, osLabel, windowsBuildLabel } from "../api/labels.ts";
import type { NodeSelectorRequirement } from "../api/pod.ts";
import { err, ok, type Result } from "../api/result.ts";
import { windowsBuilds } from "../catalog/node-settings.ts";

/** A parameter and, for each kind of node that its image is for, what the node's labels must be. */
export interface AliasParameter {
  readonly name: string;
  readonly requirements: readonly (readonly NodeSelectorRequirement[])[];
}

type Variant = "standard" | "nvidia" | "neuron";

const gpuCount = `${awsLabelDomain}/instance-gpu-count`;
const acceleratorCount = `${awsLabelDomain}/instance-accelerator-count`;

const variants: Readonly<Record<Variant, readonly NodeSelectorRequirement[]>> = {
  standard: [
    { key: acceleratorCount, operator: "DoesNotExist" },
    { key: gpuCount, operator: "DoesNotExist" },
  ],
  nvidia: [{ key: gpuCount, operator: "Exists" }],
  neuron: [{ key: acceleratorCount, operator: "Exists" }],
};

/** EKS has no images of AL2 from this minor version on, and none of Windows 2025 before that one. */
const al2EndsBefore = 33;
const windows2025From = 35;

/** Returns the parameters of an alias for a version such as "1.33"; the error says which version would do. */
export function aliasParameters(alias: string, version: string): Result<readonly AliasParameter[], string> {
  const [family = "", release = ""] = alias.split("@");
  const minor = Number(version.split(".")[1]);
  switch (family) {
    case "al2":
      if (minor >= al2EndsBefore)
        return err(`alias ${alias}: EKS has images of AL2 up to 1.${al2EndsBefore - 1}, this cluster is ${version}; use al2023`);
      return ok(al2Parameters(version, release));
    case "al2023":
      return ok(al2023Parameters(version, release));
    case "bottlerocket":
      return ok(bottlerocketParameters(version, release));
    case "windows2025":
      if (minor < windows2025From) return err(`alias ${alias} needs EKS 1.${windows2025From}, this cluster is ${version}; use windows2022`);
      return ok([windowsParameter("2025", version)]);
    case "windows2019":
    case "windows2022":
      return ok([windowsParameter(family.slice("windows".length), version)]);
    default:
      return err(`alias ${alias}: the family must be al2, al2023, bottlerocket, windows2019, windows2022 or windows2025`);
  }
}

function parameter(name: string, ...kinds: readonly Variant[]): AliasParameter {
  return { name, requirements: kinds.map((kind) => variants[kind]) };
}

function al2Parameters(version: string, release: string): readonly AliasParameter[] {
  const path = (image: string, node: string) =>
    `/aws/service/eks/optimized-ami/${version}/${image}/${release === "latest" ? "recommended" : `amazon-eks-${node}-${version}-${release}`}/image_id`;
  return [
    parameter(path("amazon-linux-2", "node"), "standard"),
    parameter(path("amazon-linux-2-arm64", "arm64-node"), "standard"),
    parameter(path("amazon-linux-2-gpu", "gpu-node"), "neuron", "nvidia"),
  ];
}

function al2023Parameters(version: string, release: string): readonly AliasParameter[] {
  const of = (architecture: string, variant: Variant) => {
    const name = release === "latest" ? "recommended" : `amazon-eks-node-al2023-${architecture}-${variant}-${version}-${release}`;
    return parameter(`/aws/service/eks/optimized-ami/${version}/amazon-linux-2023/${architecture}/${variant}/${name}/image_id`, variant);
  };
  return [of("x86_64", "standard"), of("x86_64", "nvidia"), of("x86_64", "neuron"), of("arm64", "standard"), of("arm64", "nvidia")];
}

/** Releases are written with a v in Bottlerocket's own notes, and without in SSM. */
function bottlerocketParameters(version: string, release: string): readonly AliasParameter[] {
  const path = (flavour: string, architecture: string) =>
    `/aws/service/bottlerocket/aws-k8s-${version}${flavour}/${architecture}/${release.replace(/^v+/, "")}/image_id`;
  return [
    parameter(path("", "x86_64"), "standard", "neuron"),
    parameter(path("", "arm64"), "standard"),
    parameter(path("-nvidia", "x86_64"), "nvidia"),
    parameter(path("-nvidia", "arm64"), "nvidia"),
  ];
}

function windowsParameter(year: string, version: string): AliasParameter {
  return {
    name: `/aws/service/ami-windows-latest/Windows_Server-${year}-English-Core-EKS_Optimized-${version}/image_id`,
    requirements: [
      [
        { key: osLabel, operator: "In", values: ["windows"] },
        { key: windowsBuildLabel, operator: "In", values: [windowsBuilds[`Windows${year}`] ?? ""] },
      ],
    ],
  };
}

/** Returns the requirement of an image's architecture, in Kubernetes' words. */
export function architectureRequirement(architecture: string): NodeSelectorRequirement {
  return { key: archLabel, operator: "In", values: [architecture] };
}
