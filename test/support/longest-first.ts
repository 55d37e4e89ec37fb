/**
 * The order of test files: the longest first, so that the two workers end at about the same time.
 *
 * A clean clone knows no durations, and vitest then goes by the size of files. Reads the seconds of the slow files below, as a busy
 * machine with two cores takes them, roughly: only the order counts. A real suite that is not listed comes before what is not real.
 */
import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const secondsOf: Readonly<Record<string, number>> = {
  "test/bench/admission-beside-solves.test.ts": 90,
  "test/bench/admission.test.ts": 60,
  "test/bench/end-to-end.real.test.ts": 40,
  "test/cluster-harness/control-plane-lifetime.real.test.ts": 50,
  "test/crds/parity.real.test.ts": 60,
  "test/deploy/rare-grants.real.test.ts": 100,
  "test/ec2/launch.real.test.ts": 60,
  "test/ec2/stand-in.real.test.ts": 60,
  "test/faults/faults.test.ts": 60,
  "test/faults/stand-in.real.test.ts": 120,
  "test/provisioner/agreement.real.test.ts": 240,
  "test/provisioner/checkout-api.real.test.ts": 80,
  "test/provisioner/plan/preferences.test.ts": 30,
  "test/provisioner/plan/random-plans.test.ts": 40,
  "test/provisioner/surplus.real.test.ts": 150,
  "test/scenarios/application-team.real.test.ts": 120,
  "test/scenarios/compile.real.test.ts": 110,
  "test/scenarios/deploy.real.test.ts": 80,
  "test/scenarios/dry-run-equality.real.test.ts": 120,
  "test/scenarios/ec2-life.real.test.ts": 120,
  "test/scenarios/eviction-arithmetic.real.test.ts": 60,
  "test/scenarios/high-availability.real.test.ts": 60,
  "test/scenarios/interruption.real.test.ts": 120,
  "test/scenarios/lab.real.test.ts": 70,
  "test/scenarios/node-end.real.test.ts": 150,
  "test/scenarios/nodes-viewer.real.test.ts": 100,
  "test/scenarios/platform-team.real.test.ts": 100,
  "test/scenarios/provisioning-guard.real.test.ts": 60,
  "test/scenarios/rotation.real.test.ts": 130,
  "test/webhook/certificate-rotation.test.ts": 30,
  "test/webhook/review-fuzz.test.ts": 30,
};

const unlistedRealSeconds = 30;

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const seconds = ({ moduleId }: TestSpecification): number => {
      const path = relative(this.ctx.config.root, moduleId).replaceAll("\\", "/");
      return secondsOf[path] ?? (path.endsWith(".real.test.ts") ? unlistedRealSeconds : 0);
    };
    return sorted.sort((one, other) => seconds(other) - seconds(one));
  }
}
