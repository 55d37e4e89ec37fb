/**
 * Questions to another thread: each has a deadline, few may be open at once, and every one is answered or told why not.
 *
 * Reads what the thread sends back. Returns results; nothing rejects, since a thread that is busy or gone is an everyday answer.
 */
import { err, ok, type Result } from "../api/result.ts";
import type { NoAnswer } from "./provisioner-port.ts";
import type { ThreadAnswer, ThreadQuestion, ToThread } from "./thread-messages.ts";

/** Questions that wait at once: more would only all be late. */
export const openQuestionsMax = 64;
/** Of those, the ones for advice, which anybody who reaches the webhook may have asked: metrics always have room. */
export const openAdviceMax = 16;

export interface ThreadQuestions {
  ask(question: ThreadQuestion, limits: { readonly deadlineMs: number }): Promise<Result<ThreadAnswer, NoAnswer>>;
  /** Takes an answer; one that nobody waits for any more is dropped. */
  answered(id: number, answer: ThreadAnswer): void;
  /** Answers every open question: the thread is gone. */
  dropAll(because: string): void;
}

/** Makes the desk; `post` sends to the thread and returns false where there is none. */
export function threadQuestions(post: (message: ToThread) => boolean, onLate: (what: ThreadQuestion["kind"]) => void): ThreadQuestions {
  const open = new Map<number, (answer: Result<ThreadAnswer, NoAnswer>) => void>();
  const state = { lastId: 0, advice: 0 };
  return {
    ask: (question, { deadlineMs }) => {
      const isAdvice = question.kind === "advice";
      if (open.size >= openQuestionsMax || (isAdvice && state.advice >= openAdviceMax)) {
        return Promise.resolve(err({ kind: "busy", message: `${isAdvice ? state.advice : open.size} questions are open already` }));
      }
      const id = ++state.lastId;
      if (!post({ kind: "ask", id, until: Date.now() + deadlineMs, question }))
        return Promise.resolve(err({ kind: "down", message: "the provisioner's thread is being started" }));
      if (isAdvice) state.advice += 1;
      const asked = new Promise<Result<ThreadAnswer, NoAnswer>>((resolve) => {
        const timer = setTimeout(() => {
          open.delete(id);
          onLate(question.kind);
          resolve(err({ kind: "late", message: `no answer within ${deadlineMs} ms` }));
        }, deadlineMs);
        open.set(id, (answer) => {
          clearTimeout(timer);
          open.delete(id);
          resolve(answer);
        });
      });
      return asked.finally(() => {
        if (isAdvice) state.advice -= 1;
      });
    },
    answered: (id, answer) => {
      open.get(id)?.(answer.kind === "failed" ? err({ kind: "down", message: answer.message }) : ok(answer));
    },
    dropAll: (because) => {
      for (const answer of [...open.values()]) answer(err({ kind: "down", message: because }));
    },
  };
}
