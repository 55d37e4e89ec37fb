// Upstream's own CRD files of Karpenter, for tests.
//
// Reads the Go module that carries them, through the go command's download cache (in a folder outside any module); returns the CRDs by kind.
// The module's zip is read here, since the go command unpacks it only where its own version is as new as the module asks.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { parse } from "yaml";
import type { CustomResourceDefinition } from "../../src/api/crd.ts";

/** The provider's module: its NodePool and NodeClaim are core's, plus the rules for the provider's own labels. */
const upstreamModule = "github.com/aws/karpenter-provider-aws@v1.15.1";
const downloadMsMax = 300_000;

const files = {
  NodePool: "pkg/apis/crds/karpenter.sh_nodepools.yaml",
  NodeClaim: "pkg/apis/crds/karpenter.sh_nodeclaims.yaml",
  EC2NodeClass: "pkg/apis/crds/karpenter.k8s.aws_ec2nodeclasses.yaml",
  NodeOverlay: "pkg/apis/crds/karpenter.sh_nodeoverlays.yaml",
  CapacityBuffer: "pkg/apis/crds/autoscaling.x-k8s.io_capacitybuffers.yaml",
} as const;

export type UpstreamKind = keyof typeof files;

export async function upstreamCrds(): Promise<Readonly<Record<UpstreamKind, CustomResourceDefinition>>> {
  const zip = await readFile(await downloadedZip());
  const read = (kind: UpstreamKind): CustomResourceDefinition =>
    parse(textOfZipEntry(zip, `${upstreamModule}/${files[kind]}`)) as CustomResourceDefinition;
  return {
    NodePool: read("NodePool"),
    NodeClaim: read("NodeClaim"),
    EC2NodeClass: read("EC2NodeClass"),
    NodeOverlay: read("NodeOverlay"),
    CapacityBuffer: read("CapacityBuffer"),
  };
}

async function downloadedZip(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "plimsoll-upstream-"));
  try {
    // It exits with 1 where the module wants a newer Go; the zip is there all the same, and the answer names it.
    const stdout = await new Promise<string>((resolve) => {
      execFile("go", ["mod", "download", "-json", upstreamModule], { cwd: folder, timeout: downloadMsMax }, (_error, out) => {
        resolve(out);
      });
    });
    const answer = JSON.parse(stdout === "" ? "{}" : stdout) as { readonly Zip?: string; readonly Error?: string };
    if (answer.Zip === undefined) throw new Error(`go could not download ${upstreamModule}: ${answer.Error ?? "no answer"}`);
    return answer.Zip;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const directoryEntry = 0x02014b50;
const directoryEnd = 0x06054b50;

/** Reads one file of a zip: finds it in the central directory, then inflates what stands at its place. */
function textOfZipEntry(zip: Buffer, name: string): string {
  const end = zip.lastIndexOf(Buffer.from(new Uint32Array([directoryEnd]).buffer));
  let at = zip.readUInt32LE(end + 16);
  while (zip.readUInt32LE(at) === directoryEntry) {
    const nameLength = zip.readUInt16LE(at + 28);
    if (zip.toString("utf8", at + 46, at + 46 + nameLength) === name) {
      const place = zip.readUInt32LE(at + 42);
      const start = place + 30 + zip.readUInt16LE(place + 26) + zip.readUInt16LE(place + 28);
      const bytes = zip.subarray(start, start + zip.readUInt32LE(at + 20));
      return (zip.readUInt16LE(at + 10) === 0 ? bytes : inflateRawSync(bytes)).toString("utf8");
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`${name} is not in the zip`);
}
