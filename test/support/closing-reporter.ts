/**
 * The closing reporter: after vitest's own report, what was left out and one last line `N passed, N failed`.
 *
 * A machine without Go or Python can't run the real parts; their suites are declared skipped, and counted here. Where the
 * control plane's binary is there but no test on it ran, the run fails: a suite that quietly ran nothing proves nothing.
 * How far the run is stands in the file that PLIMSOLL_TEST_TALLY names, for scripts/vitest-run.mjs: a run that is killed has no end.
 */
import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";
import { ensureControlPlane } from "./control-plane-binary.ts";

/** Files whose tests run on real parts: the control plane, the EC2 protocol. */
const realFile = /\.real\.test\.ts$/;

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly leftOut: number;
  /** Those of the passed that ran on real parts. */
  readonly real: number;
}

export default class ClosingReporter implements Reporter {
  readonly #running = new Set<string>();
  #counts: Counts = sumOf([]);

  onTestModuleStart({ relativeModuleId }: TestModule): void {
    this.#running.add(relativeModuleId);
    this.#tell(false);
  }

  onTestModuleEnd(module: TestModule): void {
    this.#running.delete(module.relativeModuleId);
    this.#counts = sumOf([this.#counts, countsOf(module)]);
    this.#tell(false);
  }

  async onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): Promise<void> {
    const counts = sumOf([...modules.map(countsOf), { ...sumOf([]), failed: errors.length }]);
    const realAsked = modules.some((module) => realFile.test(module.moduleId));
    const ranNothing = realAsked && counts.real === 0 && "binary" in (await ensureControlPlane());
    if (ranNothing) {
      process.stdout.write("the control plane is there, but no test ran on it\n");
      process.exitCode = 1;
    }
    this.#counts = { ...counts, failed: counts.failed + (ranNothing ? 1 : 0) };
    this.#tell(true);
    process.stdout.write(`left out: ${counts.leftOut}\n${counts.passed} passed, ${this.#counts.failed} failed\n`);
  }

  #tell(hasEnded: boolean): void {
    const path = process.env["PLIMSOLL_TEST_TALLY"];
    const { passed, failed } = this.#counts;
    if (path !== undefined) writeFileSync(path, JSON.stringify({ passed, failed, running: [...this.#running], hasEnded }));
  }
}

function countsOf(module: TestModule): Counts {
  const states = [...module.children.allTests()].map((test) => test.result().state);
  const passed = states.filter((state) => state === "passed").length;
  const failed = states.filter((state) => state === "failed").length;
  // A file that could not be read has no tests.
  const isBroken = module.state() === "failed" && failed === 0;
  return {
    ...{ passed, failed: failed + (isBroken ? 1 : 0), leftOut: states.length - passed - failed },
    real: realFile.test(module.moduleId) ? passed : 0,
  };
}

function sumOf(all: readonly Counts[]): Counts {
  const sum = (figure: keyof Counts): number => all.reduce((total, counts) => total + counts[figure], 0);
  return { passed: sum("passed"), failed: sum("failed"), leftOut: sum("leftOut"), real: sum("real") };
}
