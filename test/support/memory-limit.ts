/**
 * A memory limit for processes of a test, as a container has one: a cgroup of either version, where this machine lets us make one.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface MemoryLimit {
  /** Words before a command line that runs it under the limit. */
  readonly command: readonly string[];
  /** Bytes, at most, since the start; files that the kernel keeps in memory count. */
  peakBytes(): number;
  /** Takes the cgroup away; its processes have ended. */
  remove(): void;
}

interface Version {
  readonly folder: string;
  readonly limit: string;
  readonly peak: string;
}

const versions: readonly Version[] = [
  { folder: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", peak: "memory.max_usage_in_bytes" },
  { folder: "/sys/fs/cgroup", limit: "memory.max", peak: "memory.peak" },
];

/** Makes a limit of so many MiB, or says why there is none. */
export function memoryLimit(mebibytes: number): MemoryLimit | { readonly missing: string } {
  for (const { folder, limit, peak } of versions) {
    if (!existsSync(folder)) continue;
    const own = join(folder, `plimsoll-test-${process.pid}-${Date.now()}`);
    try {
      mkdirSync(own);
      if (!existsSync(join(own, limit))) {
        rmdirSync(own);
        continue;
      }
      writeFileSync(join(own, limit), String(mebibytes * 1024 * 1024));
    } catch {
      continue;
    }
    return {
      command: ["sh", "-c", `echo $$ > ${join(own, "cgroup.procs")} && exec "$@"`, "sh"],
      peakBytes: () => Number(readFileSync(join(own, peak), "utf8")),
      remove: () => {
        rmdirSync(own);
      },
    };
  }
  return { missing: "no memory limits: this machine has no cgroup that we may make" };
}
