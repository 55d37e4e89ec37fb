/** Words of the registered path: who has them, and for how long. */
import { expect, it } from "vitest";
import { callerWord, callerWords, wordPeriodMs } from "../../src/webhook/caller-word.ts";
import { certificateLife, issueAuthority } from "../../src/webhook/certificate.ts";

const life = certificateLife();
const [one, next] = [issueAuthority(Date.now(), life).keyPem, issueAuthority(Date.now(), life).keyPem];
const start = 1_000 * wordPeriodMs;

it("is a segment of a path, of 256 bits, and no part of the key", () => {
  const word = callerWord(one, start);
  expect(word).toMatch(/^[0-9a-f]{64}$/);
  expect(callerWord(next, start)).not.toBe(word);
  expect(callerWord(one, start + wordPeriodMs - 1)).toBe(word);
  expect(callerWord(one, start + wordPeriodMs)).not.toBe(word);
});

it("holds for its own period and the neighbours', on replicas whose clocks differ, and no longer", () => {
  const words = callerWords();
  words.learn([one], start);
  const rows = [-2, -1, 0, 1, 2].map((periods) => words.isWord(callerWord(one, start + periods * wordPeriodMs), start));
  expect(rows).toEqual([false, true, true, true, false]);
  // A word that a tenant read in an API server's error is worth nothing after a while.
  const told = callerWord(one, start);
  words.learn([one], start + 2 * wordPeriodMs);
  expect(words.isWord(told, start + 2 * wordPeriodMs)).toBe(false);
});

it("can't be made without the key", () => {
  const words = callerWords();
  expect(words.isWord("", start)).toBe(false);
  words.learn([one], start);
  const word = callerWord(one, start);
  for (const text of ["", "word", callerWord(next, start), word.slice(1), `${word}x`, word.toUpperCase(), "é".repeat(43)])
    expect([text, words.isWord(text, start)]).toEqual([text, false]);
});

it("of an announced CA holds before it is registered, and of the CA before for one period after it was followed", () => {
  const words = callerWords();
  words.learn([one, next], start);
  expect([one, next].map((key) => words.isWord(callerWord(key, start), start))).toEqual([true, true]);
  const later = start + wordPeriodMs / 2;
  words.learn([next], later);
  expect(words.isWord(callerWord(one, later), later)).toBe(true);
  const end = start + 2 * wordPeriodMs;
  words.learn([next], end);
  expect([one, next].map((key) => words.isWord(callerWord(key, end), end))).toEqual([false, true]);
});
