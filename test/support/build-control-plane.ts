// The command that builds the test control plane ahead of the tests: `tsx test/support/build-control-plane.ts`.
//
// Prints one line: the binary's path, or why there is none (that is no failure: the tests leave the real control plane out then).
import { ensureControlPlane } from "./control-plane-binary.ts";

const found = await ensureControlPlane();
process.stdout.write(`${"binary" in found ? found.binary : found.missing}\n`);
