/**
 * Refusal: which permission a call lacked, and what lifts that.
 *
 * Reads the code and the message of an error by which AWS says that the credentials may not do something. Returns the action that is
 * missing, which is often another than the call (a launch that may not pass the nodes' role lacks iam:PassRole), and the sentence for the
 * operator: AWS' own words, then the fix. EC2's encoded appendix, a thousand characters that only AWS can read, is left out.
 */

/** What AWS said. */
interface RefusalWords {
  readonly code: string;
  readonly message: string;
}

/** An account's first Spot instance needs a role that only AWS uses; who launches rarely may make it. */
const spotRoleCode = "AuthFailure.ServiceLinkedRoleCreationNotPermitted";
const actionPattern = /is not authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)/;
const denyPattern = /with an explicit deny in (.+?)(?:[.:]|\s*$)/;
const missingPattern = /because no (.+?) allows the/;
const ownPolicies = "identity-based policy";

/** Returns the action that is missing; undefined where AWS does not say. */
export function missingAction({ code, message }: RefusalWords): string | undefined {
  return code === spotRoleCode ? "iam:CreateServiceLinkedRole" : actionPattern.exec(message)?.[1];
}

/** Returns the sentence for the operator; without a known action it is AWS' own. */
export function refusalText(words: RefusalWords): string {
  const plain = plainMessage(words.message);
  const action = missingAction(words);
  const said = plain === "" || plain === words.code ? words.code : `${words.code}: ${plain}`;
  return action === undefined ? said : `${said}; fix: ${fixOf(action, words)}`;
}

/** What is said behind the first sentence names who, what and why. */
function plainMessage(message: string): string {
  return message
    .replace(/\s*Encoded authorization failure message:.*$/s, "")
    .replace(/^You are not authorized to perform this operation\.\s+(?=\S)/, "")
    .replace(/[.\s]+$/, "");
}

function fixOf(action: string, { code, message }: RefusalWords): string {
  if (code === spotRoleCode) return "run once for the account: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com";
  const denying = denyPattern.exec(message)?.[1];
  if (denying !== undefined) return `take ${action} out of what ${denying} denies; no grant of ours lifts that`;
  const lacking = missingPattern.exec(message)?.[1] ?? ownPolicies;
  if (lacking !== ownPolicies) return `let the ${lacking} allow ${action} too`;
  return `let the provisioner's role have ${action}, as "plimsoll iam policy" prints it; where it has, a condition is missed`;
}
