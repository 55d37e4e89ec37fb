/**
 * The closing reporter: after vitest's own report, what was left out and one last line `N passed, N failed`.
 *
 * A machine without Go or Python can't run the real parts; their suites are declared skipped, and counted here. Where the
 * control plane's binary is there but no test on it ran, the run fails: a suite that quietly ran nothing proves nothing.
 */
import type { Reporter, TestModule } from "vitest/node";
import { ensureControlPlane } from "./control-plane-binary.ts";

/** Files whose tests run on real parts: the control plane, the EC2 protocol. */
const realFile = /\.real\.test\.ts$/;

export default class ClosingReporter implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): Promise<void> {
    const counts = { passed: 0, failed: errors.length, leftOut: 0, real: 0 };
    for (const module of modules) {
      if (module.state() === "failed" && module.children.size === 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") counts.passed += 1;
        else if (state === "failed") counts.failed += 1;
        else counts.leftOut += 1;
        if (state === "passed" && realFile.test(module.moduleId)) counts.real += 1;
      }
    }
    const realAsked = modules.some((module) => realFile.test(module.moduleId));
    if (realAsked && counts.real === 0 && "binary" in (await ensureControlPlane())) {
      process.stdout.write("the control plane is there, but no test ran on it\n");
      counts.failed += 1;
      process.exitCode = 1;
    }
    process.stdout.write(`left out: ${counts.leftOut}\n${counts.passed} passed, ${counts.failed} failed\n`);
  }
}
