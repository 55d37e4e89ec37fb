/**
 * Looks at instances while nodes are drained: a drain that looks every second asks the cloud every ten.
 */
import { expect, test } from "vitest";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { CloudInstance, CloudProvider } from "../../../src/api/ports.ts";
import { err, ok } from "../../../src/api/result.ts";
import { instanceLooks, lookEveryMs } from "../../../src/provisioner/controllers/instance-looks.ts";

const claim: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: { name: "general-1", uid: "uid-1" },
  spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
  status: { providerID: "aws:///ap-southeast-1a/i-1" },
};

function world() {
  const time = { now: 0 };
  const asked: number[] = [];
  const answers: (CloudInstance["state"] | "silent")[] = [];
  const provider = {
    get: () => {
      asked.push(time.now);
      const state = answers.shift() ?? "running";
      return Promise.resolve(state === "silent" ? err("no answer") : ok({ state }));
    },
  } as unknown as CloudProvider;
  const look = instanceLooks({ provider, clock: { now: () => time.now, sleep: () => Promise.resolve() } });
  const at = async (now: number, drain: "healthy" | "other" = "healthy", of = claim) => {
    time.now = now;
    const answer = await look(of, drain);
    return answer.ok ? answer.value?.state : answer.error;
  };
  return { at, asked, answers };
}

test("a healthy node's drain asks once in ten seconds, for each claim", async () => {
  const { at, asked } = world();
  for (let second = 0; second < 20; second += 1) await at(second * 1_000);
  expect(asked).toEqual([0, lookEveryMs]);
  await at(19_000, "healthy", { ...claim, metadata: { name: "general-1", uid: "uid-2" } });
  expect(asked).toHaveLength(3);
});

test("every other stage asks anew, and is what counts from then on", async () => {
  const { at, asked, answers } = world();
  answers.push("running", "shutting-down", "terminated");
  expect([await at(0), await at(1_000, "other"), await at(2_000)]).toEqual(["running", "shutting-down", "terminated"]);
  expect(asked).toEqual([0, 1_000, 2_000]);
});

test("no answer is not remembered", async () => {
  const { at, asked, answers } = world();
  answers.push("silent");
  expect([await at(0), await at(1_000)]).toEqual(["no answer", "running"]);
  expect(asked).toEqual([0, 1_000]);
});
