/**
 * Karpenter's scheduler as a program that solves one case: bench/karpenter, built with this machine's Go.
 *
 * Reads the Go files; returns the path of the binary, built once into .cache/peers under a name that follows from them. Karpenter is no
 * dependency of the product: only the bench fetches it, as the Go module that it is published as.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { builtFolder, runBuild } from "../peers/peer-build.ts";

const moduleFolder = resolve(import.meta.dirname, "../karpenter");

export interface KarpenterBuild {
  readonly binary: string;
  readonly version: string;
}

/** Builds Karpenter's scheduler where need be; throws where that can't be done, as without Go or a network. */
export async function builtKarpenter(): Promise<KarpenterBuild> {
  const files = readdirSync(moduleFolder)
    .filter((name) => /\.go$|^go\.(mod|sum)$/.test(name))
    .sort();
  const hash = createHash("sha256");
  for (const name of files) hash.update(`\0${name}\0`).update(readFileSync(join(moduleFolder, name)));
  const version = karpenterVersion(readFileSync(join(moduleFolder, "go.mod"), "utf8"));
  const folder = await builtFolder(`karpenter-scheduler-${version}-${hash.digest("hex").slice(0, 12)}`, async (unfinished) => {
    process.stderr.write(`bench: building Karpenter ${version} (once, some minutes)\n`);
    const args = ["build", "-mod=readonly", "-buildvcs=false", "-ldflags=-s -w", "-o", join(unfinished, "karpenter"), "."];
    await runBuild("go", { args, cwd: moduleFolder, env: { GOWORK: "off" } });
  });
  return { binary: join(folder, "karpenter"), version };
}

/** Returns the version of Karpenter that a go.mod requires. */
export function karpenterVersion(goMod: string): string {
  const version = /sigs\.k8s\.io\/karpenter (v\S+)/.exec(goMod)?.[1];
  if (version === undefined) throw new Error("bench/karpenter/go.mod requires no sigs.k8s.io/karpenter");
  return version;
}
