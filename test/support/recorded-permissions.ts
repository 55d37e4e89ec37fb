/**
 * Whether the policy that we ship allows what a real process asked of AWS.
 *
 * Reads the calls that the process recorded, in their order, and the names of its cluster. Returns what `plimsoll iam check` would find;
 * nothing where every call is allowed, condition by condition.
 */
import { grantNames, judgeCalls, type IamFinding } from "../../src/cli/iam-check.ts";
import { parsePolicyDocuments } from "../../src/cli/iam-policy-document.ts";
import { policyText } from "../../src/cli/iam-policy.ts";
import type { RecordedCall } from "../../src/ec2/recorded-call.ts";
import { accountID } from "./ec2-reservations.ts";

/** Returns the findings; throws where nothing that changes anything was recorded, since then nothing is proved. */
export function permissionFindings(
  calls: readonly RecordedCall[],
  of: { readonly clusterName: string; readonly region: string; readonly queue?: string; readonly nodeRole?: string },
): readonly IamFinding[] {
  const names = grantNames({ nodeRole: "nodes", ...of, account: accountID });
  const statements = parsePolicyDocuments(policyText(names));
  if (!statements.ok) throw new Error(statements.error);
  if (!calls.some(({ action }) => action === "CreateFleet")) throw new Error(`no launch among ${calls.length} recorded calls`);
  return judgeCalls(calls, { statements: statements.value, names }).findings;
}
