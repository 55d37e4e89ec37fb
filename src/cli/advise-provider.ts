/**
 * `plimsoll advise provider`: Karpenter of one's own or EKS Auto Mode, with the reasons for and against each.
 *
 * Reads manifests of NodePools, their classes, add-ons and profiles. Prints the answer, what decides it, and what no file says.
 */
import { snapshotOf } from "../kube/snapshot-of.ts";
import { adviseProvider, type ProviderAdvice, type ProviderReason } from "../policies/provider-advice.ts";
import { readOffline, type OfflineRequest } from "./offline.ts";

/** Runs the command; returns 0, or 2 on bad input. */
export async function runAdviseProvider(request: OfflineRequest): Promise<number> {
  const input = await readOffline(request);
  if (input.policySet === undefined) return 2;
  const snapshot = snapshotOf(
    input.manifests.map(({ object }) => object),
    input.names.domain,
  );
  if (snapshot.list("NodePool").length === 0) request.stderr.write("note: no NodePool among the files\n");
  request.stdout.write(adviceText(adviseProvider(snapshot)));
  return input.problems.length > 0 ? 2 : 0;
}

function adviceText({ provider, obstacles, karpenter, eksAuto }: ProviderAdvice): string {
  const answer = provider === "karpenter" ? "Karpenter of your own" : "EKS Auto Mode";
  const possible =
    obstacles.length === 0
      ? "EKS Auto Mode is possible: nothing in the files rules it out"
      : `EKS Auto Mode is not possible as it stands: ${obstacles.join("; ")}`;
  return [
    answer,
    `  ${possible}`,
    "",
    "for Karpenter of your own",
    ...karpenter.flatMap(reasonLines),
    "",
    "for EKS Auto Mode",
    ...eksAuto.flatMap(reasonLines),
    "",
  ].join("\n");
}

function reasonLines({ reason, holds, because, note }: ProviderReason): readonly string[] {
  const mark = { yes: "yes", no: "no ", unsaid: "?  " }[holds];
  return [`  ${mark} ${reason}`, ...because.map((line) => `        ${line}`), ...(note === undefined ? [] : [`        but ${note}`])];
}
