/** Questions to another thread are bounded in time and number, and each is answered or told why not. */
import { describe, expect, it } from "vitest";
import type { ToThread } from "../../src/cli/thread-messages.ts";
import { openAdviceMax, openQuestionsMax, threadQuestions } from "../../src/cli/thread-questions.ts";

const metrics = { kind: "metrics" } as const;
const advice = { kind: "advice", request: { kind: "waiting-pods" } } as const;

function desk(isUp = true) {
  const [sent, late]: [number[], string[]] = [[], []];
  const post = (message: ToThread): boolean => {
    if (message.kind === "ask") sent.push(message.id);
    return isUp;
  };
  return { sent, late, questions: threadQuestions(post, (what) => late.push(what)) };
}

describe("questions to a thread", () => {
  it("get the answer of their own number, in whatever order answers come", async () => {
    const { questions } = desk();
    const asked = [questions.ask(advice, { deadlineMs: 1_000 }), questions.ask(advice, { deadlineMs: 1_000 })];
    questions.answered(2, { kind: "advice", answer: { kind: "waiting-pods", pods: 2 } });
    questions.answered(1, { kind: "advice", answer: { kind: "waiting-pods", pods: 1 } });
    expect(await Promise.all(asked)).toMatchObject([{ value: { answer: { pods: 1 } } }, { value: { answer: { pods: 2 } } }]);
  });

  it("are late after their deadline, and an answer that comes then is dropped", async () => {
    const { questions, late } = desk();
    const told = await questions.ask(advice, { deadlineMs: 5 });
    questions.answered(1, { kind: "advice", answer: { kind: "waiting-pods", pods: 1 } });
    expect([told, late]).toMatchObject([{ ok: false, error: { kind: "late", message: "no answer within 5 ms" } }, ["advice"]]);
  });

  it("are turned away, unsent, where many are open", async () => {
    const { questions, sent } = desk();
    const asked = Array.from({ length: openQuestionsMax }, () => questions.ask(metrics, { deadlineMs: 1_000 }));
    expect(await questions.ask(metrics, { deadlineMs: 1_000 })).toMatchObject({ ok: false, error: { kind: "busy" } });
    expect(sent).toHaveLength(openQuestionsMax);
    questions.dropAll("the thread has ended");
    for (const told of await Promise.all(asked))
      expect(told).toEqual({ ok: false, error: { kind: "down", message: "the thread has ended" } });
    expect((await questions.ask(metrics, { deadlineMs: 5 })).ok).toBe(false);
    expect(sent).toHaveLength(openQuestionsMax + 1);
  });

  it("for advice leave room for others, and have room again once they are answered", async () => {
    const { questions, sent } = desk();
    const asked = Array.from({ length: openAdviceMax }, () => questions.ask(advice, { deadlineMs: 1_000 }));
    expect(await questions.ask(advice, { deadlineMs: 1_000 })).toMatchObject({ ok: false, error: { kind: "busy" } });
    const other = questions.ask(metrics, { deadlineMs: 1_000 });
    expect(sent).toHaveLength(openAdviceMax + 1);
    questions.dropAll("the thread has ended");
    await Promise.all([...asked, other]);
    await questions.ask(advice, { deadlineMs: 1 });
    expect(sent).toHaveLength(openAdviceMax + 2);
  });

  it("are answered at once where no thread runs, or where it says that it can't answer", async () => {
    expect(await desk(false).questions.ask(advice, { deadlineMs: 60_000 })).toMatchObject({ error: { kind: "down" } });
    const { questions } = desk();
    const told = questions.ask(advice, { deadlineMs: 60_000 });
    questions.answered(1, { kind: "failed", message: "not synced" });
    expect(await told).toEqual({ ok: false, error: { kind: "down", message: "not synced" } });
  });
});
