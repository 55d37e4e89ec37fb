/**
 * The test run's last line: a run that passes, fails, crashes, hangs or leaves processes behind ends in time and says how many failed.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const script = resolve(import.meta.dirname, "../../scripts/vitest-run.mjs");
const tells = (tally: object): string =>
  `require("node:fs").writeFileSync(process.env.PLIMSOLL_TEST_TALLY, ${JSON.stringify(JSON.stringify(tally))});`;
const underWay = tells({ passed: 7, failed: 0, running: ["test/slow.test.ts"], hasEnded: false });

describe("a test run", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "plimsoll-run-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  check("that passes adds nothing to what its reporter says", {
    program: `${tells({ passed: 7, failed: 0, running: [], hasEnded: true })} console.log("7 passed, 0 failed");`,
    status: 0,
    says: "7 passed, 0 failed\n",
  });
  check("that fails adds nothing either", {
    program: `${tells({ passed: 6, failed: 1, running: [], hasEnded: true })} console.log("6 passed, 1 failed"); process.exit(1);`,
    status: 1,
    says: "6 passed, 1 failed\n",
  });
  check("that exits 1 without a failed test counts as one failed", {
    program: `${tells({ passed: 7, failed: 0, running: [], hasEnded: true })} process.exit(1);`,
    status: 1,
    says: "the test run failed (exit 1) without a failed test\n7 passed, 1 failed\n",
  });
  check("that crashes says how far it came", {
    program: `${underWay} process.kill(process.pid, "SIGKILL");`,
    status: 1,
    says: "not ended: test/slow.test.ts\nthe test run broke off (SIGKILL)\n7 passed, 1 failed\n",
  });
  check("that ends well before its end counts as failed", {
    program: underWay,
    status: 1,
    says: "not ended: test/slow.test.ts\nthe test run broke off (exit 0)\n7 passed, 1 failed\n",
  });
  check("that crashes at its start counts as one failed", {
    program: "process.exit(3);",
    status: 3,
    says: "the test run broke off (exit 3)\n0 passed, 1 failed\n",
  });
  check("that hangs is killed at its deadline, and names what hung", {
    program: `${underWay} setInterval(() => undefined, 1_000);`,
    seconds: 8,
    status: 1,
    says: "not ended: test/slow.test.ts\nthe test run took too long and was killed\n7 passed, 1 failed\n",
  });

  it("takes along what it leaves behind, however it ended", async () => {
    for (const end of ["", "setInterval(() => undefined, 1_000);"]) {
      const pidFile = join(folder, "pid");
      const leftBehind = 'require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => undefined, 1_000)"])';
      await run(
        `const left = ${leftBehind}; require("node:fs").writeFileSync(${JSON.stringify(pidFile)}, String(left.pid)); left.unref(); ${end}`,
        8,
      );
      const pid = Number(readFileSync(pidFile, "utf8"));
      await expect.poll(() => isAlive(pid)).toBe(false);
    }
  });

  function check(title: string, row: { program: string; seconds?: number; status: number; says: string }): void {
    it(title, async () => {
      expect(await run(row.program, row.seconds ?? 60)).toEqual({ status: row.status, stdout: row.says });
    });
  }
});

/** Runs a program in vitest's place, with so many seconds until the deadline. */
function run(program: string, seconds: number): Promise<{ readonly status: number | null; readonly stdout: string }> {
  const given = JSON.stringify({ command: process.execPath, args: ["-e", program] });
  const source = `import { runVitest } from ${JSON.stringify(script)}; process.exit(await runVitest(${given}));`;
  const deadline = String(Date.now() / 1_000 + seconds);
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, PLIMSOLL_TEST_DEADLINE: deadline },
  });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  return new Promise((ended) => {
    child.once("close", (status) => {
      ended({ status, stdout });
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
