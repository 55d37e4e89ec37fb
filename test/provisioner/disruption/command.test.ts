/** The replacement of one node: what is asked stands on its NodeClaim, and each look does one thing. */
import { describe, expect, test } from "vitest";
import type { DisruptionRequest } from "../../../src/api/disruption.ts";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import {
  budgetReason,
  commandTimeoutMs,
  nextCommandStep,
  urgentMs,
  type CommandStep,
  type ObservedCommand,
} from "../../../src/provisioner/disruption/command.ts";
import { requestIn, requestText } from "../../../src/provisioner/disruption/request.ts";

const names = platformNames();
const at = Date.parse("2026-07-01T00:00:00Z");
const drifted: DisruptionRequest = { reason: "Drifted", message: "its NodePool has changed" };
const interrupted: DisruptionRequest = { reason: "SpotInterrupted", message: "EC2 takes it back", deadline: at + 120_000 };

describe("a node that is to be replaced", () => {
  check("is tainted first", { request: drifted }, "taint");
  check("is tainted where somebody else has, with another effect", { request: drifted, isTainted: "NoExecute" }, "taint");
  check("waits for its pool's budgets", { request: drifted, allowed: 0 }, "wait");
  check("tells why, once it is tainted", { request: drifted, isTainted: true }, "tell-reason");
  check("waits until a plan has looked for places", { request: drifted, isTainted: true, isTold: true }, "wait");
  check(
    "waits for nodes that are not initialized",
    { request: drifted, isTainted: true, isTold: true, move: { waiting: 1, unplaced: 0 } },
    "wait",
  );
  check("waits for Pods without a place", { request: drifted, isTainted: true, isTold: true, move: { waiting: 0, unplaced: 1 } }, "wait");
  check(
    "goes once all its Pods have room",
    { request: drifted, isTainted: true, isTold: true, move: { waiting: 0, unplaced: 0 } },
    "delete-claim",
  );
  check(
    "stays where that takes too long",
    { request: drifted, isTainted: true, isTold: true, move: { waiting: 1, unplaced: 0 }, afterMs: commandTimeoutMs },
    "withdraw",
  );
  check(
    "is given its ten minutes from its taint on, however long it waited for a budget",
    {
      request: drifted,
      isTainted: true,
      isTold: true,
      toldAfterMs: commandTimeoutMs,
      move: { waiting: 1, unplaced: 0 },
      afterMs: commandTimeoutMs,
    },
    "wait",
  );
  check("goes at once where it has no Node", { request: drifted, hasNode: false }, "delete-claim");
  check("is left to its end once that has begun", { request: drifted, isDeleted: true }, "wait");
  check(
    "waits half the time that EC2 leaves it",
    { request: interrupted, isTainted: true, isTold: true, move: { waiting: 1, unplaced: 0 }, afterMs: 59_000 },
    "wait",
  );
  check(
    "is drained in the other half, whatever has a place",
    { request: interrupted, isTainted: true, isTold: true, move: { waiting: 1, unplaced: 0 }, afterMs: 60_000 },
    "delete-claim",
  );
  check(
    "is never given back to its Pods when EC2 takes it",
    { request: interrupted, isTainted: true, isTold: true, afterMs: commandTimeoutMs },
    "delete-claim",
  );
});

describe("a node that nobody asks about any more", () => {
  check("is not touched", {}, "wait");
  check("keeps a taint that is not ours", { isTainted: "NoExecute" }, "wait");
  check("is opened again", { isTainted: true, isTold: true }, "untaint");
  check("is opened again where the reason was not told yet", { isTainted: true }, "untaint");
  check("loses its reason last", { isTold: true }, "untell");
});

test("what is deleted for a deadline carries it", () => {
  const step = stepOf({ request: interrupted, isTainted: true, isTold: true, afterMs: 60_000 });
  expect(step).toMatchObject({ kind: "delete-claim", deadline: at + 120_000, why: { reason: "SpotInterrupted" } });
});

describe("a request", () => {
  const claimWith = (text: string | undefined): NodeClaim => {
    const base = claim({});
    return text === undefined ? base : { ...base, metadata: { ...base.metadata, annotations: { [names.disruptionAnnotation]: text } } };
  };
  const kept = (...requests: readonly DisruptionRequest[]) => {
    let text: string | undefined;
    requests.forEach((request, index) => {
      text = requestText(claimWith(text), { request, names, now: at + index * 1_000 }) ?? text;
    });
    return requestIn(claimWith(text), names);
  };

  test("is read as it was written", () => {
    expect(kept(drifted)).toEqual({ ...drifted, requestedAt: at });
    expect(kept(interrupted)).toEqual({ ...interrupted, requestedAt: at });
  });

  test("that comes twice, or late, changes nothing", () => {
    expect(kept(interrupted, interrupted)).toEqual({ ...interrupted, requestedAt: at });
    expect(kept(interrupted, drifted)).toEqual({ ...interrupted, requestedAt: at });
    expect(
      requestText(claimWith(requestText(claimWith(undefined), { request: drifted, names, now: at })), { request: drifted, names, now: at }),
    ).toBeUndefined();
  });

  test("with a sooner end takes the place of one without, and half of what is left is for the replacement", () => {
    expect(kept(drifted, interrupted)).toEqual({ ...interrupted, requestedAt: at + 1_000 });
    expect(kept(interrupted, { ...interrupted, deadline: at + 60_000 })).toEqual({
      ...interrupted,
      deadline: at + 60_000,
      requestedAt: at + 1_000,
    });
  });

  test("that somebody else wrote is none", () => {
    for (const text of ["", "{}", "null", '{"reason":"Boredom","requestedAt":"2026-07-01T00:00:00Z"}', '{"reason":"Drifted"}'])
      expect(requestIn(claimWith(text), names)).toBeUndefined();
  });
});

interface Given {
  readonly request?: DisruptionRequest;
  readonly allowed?: number;
  readonly isTainted?: Tainted;
  readonly isTold?: boolean;
  /** After the request. */
  readonly toldAfterMs?: number;
  readonly hasNode?: boolean;
  readonly isDeleted?: boolean;
  readonly move?: ObservedCommand["move"];
  readonly afterMs?: number;
}

function check(what: string, given: Given, kind: CommandStep["kind"]): void {
  test(what, () => {
    expect(stepOf(given).kind).toBe(kind);
  });
}

function stepOf({
  request,
  allowed = Infinity,
  isTainted = false,
  isTold = false,
  toldAfterMs = 0,
  hasNode = true,
  isDeleted = false,
  move,
  afterMs = 0,
}: Given): CommandStep {
  const observed: ObservedCommand = {
    nodeClaim: claim({ isDeleted }),
    node: hasNode ? node(isTainted) : undefined,
    request: request === undefined ? undefined : { ...request, requestedAt: at },
    allowed,
    move,
    toldAt: isTold ? at + toldAfterMs : undefined,
  };
  return nextCommandStep(observed, at + afterMs);
}

function claim({ isDeleted = false }: { readonly isDeleted?: boolean }): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "general-1", ...(isDeleted ? { deletionTimestamp: "2026-07-01T00:00:00Z" } : {}) },
    spec: { nodeClassRef: { group: "g", kind: "k", name: "n" }, requirements: [] },
  };
}

type Tainted = boolean | "NoExecute";

function node(isTainted: Tainted): Node {
  const effect = isTainted === "NoExecute" ? isTainted : "NoSchedule";
  const taints = isTainted === false ? [] : [{ key: "karpenter.sh/disrupted", effect } as const];
  return { apiVersion: "v1", kind: "Node", metadata: { name: "general-1" }, spec: { taints } };
}

test.each<[string, DisruptionRequest, string | undefined]>([
  ["a drifted node is bound by its reason", drifted, "Drifted"],
  ["one that EC2 takes back is not bound", interrupted, undefined],
  ["a recommendation is bound as anything else would be", { reason: "RebalanceRecommended", message: "" }, "any"],
  ["maintenance in two weeks, too", { reason: "ScheduledChange", message: "", deadline: at + 14 * 86_400_000 }, "any"],
  ["maintenance within the hour is not", { reason: "ScheduledChange", message: "", deadline: at + urgentMs }, undefined],
  ["maintenance of which nobody says when is not", { reason: "ScheduledChange", message: "" }, undefined],
])("by budgets %s", (_what, request, expected) => {
  expect(budgetReason(request, at)).toBe(expected);
});
