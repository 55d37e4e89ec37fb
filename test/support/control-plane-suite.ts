// A suite of tests that needs the real control plane.
//
// Builds the control plane's binary if need be and declares the suite; where the machine can't have one, declares it skipped and says so
// in one line on stderr.
import { describe } from "vitest";
import { ensureControlPlane } from "./control-plane-binary.ts";

/** Declares a suite of tests on the real control plane: `await describeOnControlPlane("...", () => { ... })` at the top of a test file. */
export async function describeOnControlPlane(name: string, declareTests: () => void): Promise<void> {
  const found = await ensureControlPlane();
  if ("missing" in found) process.stderr.write(`${found.missing}\n`);
  describe.skipIf("missing" in found)(name, declareTests);
}
