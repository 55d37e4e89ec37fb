// A control plane ends with whoever started it, however that ended, and leaves neither a process nor a file behind.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { ensureControlPlane } from "../support/control-plane-binary.ts";
import { decodeUpLine, type ReadyLine } from "../support/control-plane-protocol.ts";
import { startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";

await describeOnControlPlane("the end of a control plane", () => {
  /** Starts `up` with everything; `caller` is the program in between, if any. */
  async function start(caller: "test" | "program"): Promise<{ readonly child: ChildProcess; readonly ready: ReadyLine }> {
    const found = await ensureControlPlane();
    if ("missing" in found) throw new Error(found.missing);
    const program = `require("node:child_process").spawn(${JSON.stringify(found.binary)}, ["up"], { stdio: ["pipe", "inherit", "inherit"] })`;
    const child = caller === "test" ? spawn(found.binary, ["up"]) : spawn(process.execPath, ["-e", program]);
    const line = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once("line", resolve));
    const decoded = decodeUpLine(line);
    if (decoded.kind !== "ready") throw new Error(line);
    return { child, ready: decoded.ready };
  }

  async function check({ ready, folderGone }: { readonly ready: ReadyLine; readonly folderGone: boolean }): Promise<void> {
    const pids = [ready.pid, ...Object.values(ready.pids)];
    expect(pids).toHaveLength(6);
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
    expect(existsSync(ready.dir)).toBe(!folderGone);
  }

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`${signal} ends all of it`, async () => {
      const { child, ready } = await start("test");
      child.kill(signal);
      await check({ ready, folderGone: true });
    });
  }

  test("a program that is killed takes its control plane with it", async () => {
    const { child, ready } = await start("program");
    expect(isAlive(ready.pid)).toBe(true);
    child.kill("SIGKILL");
    await check({ ready, folderGone: true });
  });

  test("when even `up` is killed, its components end, and the next start removes the folder", async () => {
    const { child, ready } = await start("test");
    child.kill("SIGKILL");
    await check({ ready, folderGone: false });
    const next = await startControlPlane({ without: ["kube-controller-manager", "kube-scheduler", "kwok"] });
    expect(Object.keys(next.pids).sort()).toEqual(["etcd", "kube-apiserver"]);
    expect(existsSync(ready.dir)).toBe(false);
    await next.close();
    expect(existsSync(next.dir)).toBe(false);
    await expect(next.start("kwok")).rejects.toThrow("the control plane is closed");
  });

  test("what can't start says why", async () => {
    await expect(startControlPlane({ podReadyDelay: "soon" })).rejects.toThrow("ended (2)");
  });
});

/** Whether a process runs; one that has ended and waits to be reaped doesn't. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return process.platform !== "linux"; // it was reaped between the two looks
  }
}
