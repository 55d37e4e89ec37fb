/**
 * The ground of simulated runs: made once a process, of the repository's own policies.
 */
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import type { PolicySet } from "../../src/policies/policy-set.ts";
import { yamlText } from "../support/yaml-objects.ts";
import { faultGround, type FaultGround } from "./fault-run.ts";
import { worldTemplate } from "./fault-world.ts";

/** Makes the ground. */
export async function simulatedGround(): Promise<FaultGround> {
  return faultGround({ template: await worldTemplate(), policySet: shippedPolicies() });
}

/** Returns policies.yaml, as it is shipped. */
export function shippedPolicies(): PolicySet {
  const parsed = parsePolicySet({ text: yamlText("policies.yaml"), fileName: "policies.yaml" });
  if (!parsed.ok) throw new Error("policies.yaml can't be read");
  return parsed.value;
}
