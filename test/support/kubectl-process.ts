/**
 * kubectl as a process: what it printed, and how it ended.
 *
 * Neither the user's preferences nor a cache of another server's discovery may change what a test sees, so that it gets a cache of its
 * own and no kuberc.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";

export interface KubectlRun {
  readonly kubectlPath: string;
  readonly kubeconfig: string;
  /** A folder of the test's own, in which kubectl keeps its cache. */
  readonly folder: string;
  readonly args: readonly string[];
  readonly stdin?: string;
  /** It is ended after so long. */
  readonly waitMsMax?: number;
  /** It is ended after so many lines of stdout: for commands that watch. */
  readonly linesMax?: number;
}

export interface KubectlEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl to its end; rejects where it can't be started. */
export function runKubectlProcess(run: KubectlRun): Promise<KubectlEnd> {
  const { kubectlPath, kubeconfig, folder, args, stdin = "", waitMsMax, linesMax } = run;
  return new Promise((resolve, reject) => {
    const child = spawn(kubectlPath, ["--kubeconfig", kubeconfig, ...args], {
      env: { ...process.env, KUBERC: "off", KUBECACHEDIR: join(folder, "kubectl-cache") },
      ...(waitMsMax === undefined ? {} : { timeout: waitMsMax }),
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output.stdout += text;
      if (linesMax !== undefined && output.stdout.split("\n").length > linesMax) child.kill();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      output.stderr += text;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, ...output });
    });
    child.stdin.on("error", () => undefined); // kubectl may end without reading all of it
    child.stdin.end(stdin);
  });
}
