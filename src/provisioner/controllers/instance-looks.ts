/**
 * Instance looks: what the cloud said last of the instances of nodes that are being drained.
 *
 * Asks the cloud, and remembers its answer for some seconds while a healthy node is drained: a drain looks every second, at each Pod that
 * goes, and for as long as budgets hold it, and clouds answer only so many questions. At every other stage the cloud is asked anew.
 */
import type { NodeClaim } from "../../api/node-claim.ts";
import type { CloudInstance, Instant } from "../../api/ports.ts";
import { ok, type Result } from "../../api/result.ts";
import type { ProvisionerShell } from "./shell.ts";

/** Returns the instance of a claim that is being deleted; undefined where the cloud has none. */
export type InstanceLook = (nodeClaim: NodeClaim, drain: "healthy" | "other") => Promise<Result<CloudInstance | undefined, string>>;

/** An answer counts for this long. */
export const lookEveryMs = 10_000;
/** Answers that are kept; the oldest goes first. */
const answersMax = 10_000;

/** Makes the looks of one controller. */
export function instanceLooks({ provider, clock }: Pick<ProvisionerShell, "provider" | "clock">): InstanceLook {
  const answers = new Map<string, { readonly at: Instant; readonly instance: CloudInstance | undefined }>();
  return async ({ metadata, status }, drain) => {
    const { name = "", uid = name } = metadata;
    const [at, before] = [clock.now(), answers.get(uid)];
    if (drain === "healthy" && before !== undefined && at - before.at < lookEveryMs) return ok(before.instance);
    const providerID = status?.providerID;
    const answer = await provider.get({ nodeClaim: name, ...(providerID === undefined ? {} : { providerID }) });
    answers.delete(uid);
    if (answer.ok && drain === "healthy") answers.set(uid, { at, instance: answer.value });
    const [oldest] = answers.size > answersMax ? answers.keys() : [];
    if (oldest !== undefined) answers.delete(oldest);
    return answer;
  };
}
