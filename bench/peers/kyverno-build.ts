/**
 * Kyverno's admission controller, built from its own source, with what must be in a cluster before it starts.
 *
 * Reads the pinned Go module by the Go command, as it is published; returns a folder with the binary, Kyverno's CRDs and its namespace
 * and configuration. Built once into .cache/peers, in minutes; no fork and no change of Kyverno's.
 */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtFolder, runBuild } from "./peer-build.ts";

export const kyvernoVersion = "v1.19.1";

const module = "github.com/kyverno/kyverno";
const crdFolders = ["kyverno", "policies.kyverno.io", "policyreport", "reports"];

export interface KyvernoBuild {
  readonly binary: string;
  /** Manifests to create, in this order. */
  readonly manifests: readonly string[];
}

/** Builds Kyverno where need be. */
export async function builtKyverno(): Promise<KyvernoBuild> {
  const folder = await builtFolder(`kyverno-${kyvernoVersion}`, async (unfinished) => {
    process.stderr.write(`bench: building Kyverno ${kyvernoVersion} (once, ten minutes and more)\n`);
    const source = await downloadSource(unfinished);
    const binary = join(unfinished, "kyverno");
    const flags = ["-mod=readonly", "-buildvcs=false", "-ldflags=-s -w"];
    await runBuild("go", { args: ["build", ...flags, "-o", binary, "./cmd/kyverno"], cwd: source, env: { GOWORK: "off" } });
    for (const name of crdFolders) {
      cpSync(join(source, "config/crds", name), join(unfinished, "crds", name), { recursive: true });
    }
    const installation = readFileSync(join(source, "config/install-latest-testing.yaml"), "utf8");
    writeFileSync(join(unfinished, "configuration.yaml"), configurationOf(installation));
  });
  const crds = crdFolders.flatMap((name) => readdirSync(join(folder, "crds", name)).map((file) => join(folder, "crds", name, file)));
  return { binary: join(folder, "kyverno"), manifests: [...crds, join(folder, "configuration.yaml")] };
}

async function downloadSource(cwd: string): Promise<string> {
  const answer = await runBuild("go", { args: ["mod", "download", "-json", `${module}@${kyvernoVersion}`], cwd });
  const { Dir } = JSON.parse(answer) as { readonly Dir: string };
  return Dir;
}

/**
 * Returns the documents of Kyverno's installation that its admission controller reads: its Namespace and its ConfigMaps. The rest
 * of the installation (RBAC, Deployments, Services) is of a controller that runs in a Pod.
 */
export function configurationOf(installation: string): string {
  const documents = installation.split(/^---$/m).filter((document) => /^kind: (Namespace|ConfigMap)$/m.test(document));
  return documents.join("---");
}
