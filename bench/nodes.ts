/**
 * The bench of `plimsoll nodes`: what the screen costs while it follows a cluster, at a terminal of a given size.
 *
 * Reads a built plimsoll. Starts a cluster in this process and the command at a pseudo-terminal (script of util-linux), waits until it has
 * drawn, and counts the CPU time of its process for a while. Prints the share of a core; exits 1 above the bound.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { benchArguments } from "./bench-arguments.ts";
import { openNodesWorld } from "./nodes-world.ts";

const help = `npm run bench:nodes -- [options]: what the screen of plimsoll nodes costs (needs npm run build, Linux, and script of util-linux)

  --nodes N      nodes (1000)
  --pods N       Pods on each (10)
  --changes N    Pods that change each second (20)
  --every S      seconds between frames (1)
  --seconds S    how long is measured, after 10 s of rest (30)
  --size WxH     the terminal (200x50)

Exit: 0 at most 3 % of a core, 1 above, 2 wrong options.`;

const shareMax = 0.03;
const restMs = 10_000;
/** Clock ticks a second in /proc: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

await main();

async function main(): Promise<void> {
  const given = benchArguments({ options: ["nodes", "pods", "changes", "every", "seconds", "size"], help });
  if (given === undefined) return;
  const [nodes, podsPerNode, changes] = [given["nodes"] ?? "1000", given["pods"] ?? "10", given["changes"] ?? "20"].map(Number);
  const [seconds, every] = [Number(given["seconds"] ?? "30"), given["every"] ?? "1"];
  const [columns = "200", rows = "50"] = (given["size"] ?? "200x50").split("x");
  const world = await openNodesWorld({ nodes: nodes ?? 0, podsPerNode: podsPerNode ?? 0 });
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-bench-nodes-"));
  const [kubeconfig, pidFile, screenFile] = ["kubeconfig", "pid", "screen"].map((name) => join(folder, name));
  writeFileSync(kubeconfig ?? "", world.kubeconfig, { mode: 0o600 });
  const program = resolve(import.meta.dirname, "../dist/main.js");
  const command = `stty columns ${columns} rows ${rows}; echo $$ > ${pidFile ?? ""}; exec ${process.execPath} ${program} nodes --kubeconfig ${kubeconfig ?? ""} --every ${every}`;
  const terminal = spawn("script", ["-qefc", command, screenFile ?? ""], { stdio: ["pipe", "ignore", "inherit"] });
  const churn = setInterval(() => void world.change(Math.ceil((changes ?? 0) / 10)), 100);
  try {
    await delay(restMs);
    const pid = Number(readFileSync(pidFile ?? "", "utf8"));
    const before = ticksOf(pid);
    const startedAt = performance.now();
    await delay(seconds * 1000);
    const used = (ticksOf(pid) - before) / ticksPerSecond;
    const share = used / ((performance.now() - startedAt) / 1000);
    const drawn = readFileSync(screenFile ?? "", "utf8");
    const [title = "no frame"] = /[\d,]+ nodes? \([^)]*\)[^\p{Cc}]*/u.exec(drawn) ?? [];
    console.log(title.trim());
    console.log(
      `${nodes ?? 0} nodes, ${podsPerNode ?? 0} Pods each, ${changes ?? 0} changes a second, ${columns}x${rows}, a frame each ${every} s`,
    );
    console.log(
      `${(share * 100).toFixed(2)} % of a core over ${seconds} s, ${memoryMiB(pid)} MiB; ${(drawn.length / 1024).toFixed(0)} KiB drawn in all`,
    );
    process.exitCode = share <= shareMax ? 0 : 1;
  } finally {
    clearInterval(churn);
    terminal.stdin.write("q");
    await Promise.race([new Promise((ended) => terminal.once("exit", ended)), delay(5_000)]);
    terminal.kill();
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** User and system time of a process, in ticks. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function memoryMiB(pid: number): number {
  const [, kibibytes = "0"] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kibibytes) / 1024);
}
