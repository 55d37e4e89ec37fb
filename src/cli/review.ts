/**
 * `plimsoll review`: the review of NodePools and NodeClasses, before anybody applies them.
 *
 * Reads policies and manifests. Prints for each NodePool and NodeClass what it says to the questions that it must answer, what
 * the API server would refuse, and the findings of the rules by which admission judges it.
 */
import { readFileSync } from "node:fs";
import { ok, type Result } from "../api/result.ts";
import { readCatalogFile } from "./plan-files.ts";
import { readOffline, type OfflineRequest } from "./offline.ts";
import { parseMoment } from "./review-at.ts";
import { reviewedKinds } from "./review-form.ts";
import { reviewText } from "./review-text.ts";
import { isDenied, reviewsOf, summaryOf } from "./reviews.ts";
import { roleActions } from "./role-policy.ts";

export interface ReviewRequest extends OfflineRequest {
  readonly output: "text" | "json";
  /** A file with an IAM policy document of the nodes' role, or a listing of them. */
  readonly rolePolicy?: string;
  /** A table of instance types, as `plimsoll catalog refresh` writes it. */
  readonly catalog?: string;
  /** A moment such as "Saturday 03:00". */
  readonly at?: string;
}

/** Runs the command; returns 0 where nothing is denied, 1 where something is, 2 on bad input, which wins. */
export async function runReview(request: ReviewRequest): Promise<number> {
  const actions = readRolePolicy(request.rolePolicy);
  if (!actions.ok) {
    request.stderr.write(`${actions.error}\n`);
    return 2;
  }
  const now = Date.now();
  const at = request.at === undefined ? ok(undefined) : parseMoment(request.at, now);
  if (!at.ok) {
    request.stderr.write(`${at.error}\n`);
    return 2;
  }
  const facts = request.catalog === undefined ? ok(undefined) : readCatalogFile(request.catalog);
  if (!facts.ok) {
    request.stderr.write(`${facts.error}\n`);
    return 2;
  }
  const input = await readOffline({ ...request, unformed: reviewedKinds });
  if (input.policySet === undefined) return 2;
  const reviews = reviewsOf({
    ...input,
    policySet: input.policySet,
    roleActions: actions.value,
    now,
    ...(facts.value === undefined ? {} : { facts: facts.value }),
    ...(at.value === undefined ? {} : { at: at.value }),
  });
  if (request.output === "json") request.stdout.write(`${JSON.stringify({ reviews, summary: summaryOf(reviews) }, undefined, 2)}\n`);
  else request.stdout.write(reviewText(reviews, summaryOf(reviews)));
  if (reviews.length === 0) request.stderr.write("note: no NodePool, EC2NodeClass or NodeClass among the files\n");
  if (input.problems.length > 0 || reviews.some(({ refusals }) => refusals.length > 0)) return 2;
  return reviews.some(isDenied) ? 1 : 0;
}

function readRolePolicy(path: string | undefined): Result<readonly string[], string> {
  if (path === undefined) return ok([]);
  try {
    const actions = roleActions(readFileSync(path, "utf8"));
    return actions.ok ? actions : { ok: false, error: `${path}: ${actions.error}` };
  } catch (cause) {
    return { ok: false, error: `${path}: can't be read: ${cause instanceof Error ? cause.message : String(cause)}` };
  }
}
