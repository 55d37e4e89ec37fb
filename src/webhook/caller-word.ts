/**
 * The caller word: a secret in the registered path, which only the API server calls.
 *
 * Reads the CA's key, which all replicas share through their Secret, and the time. Returns words: text that only holders of the key can make.
 * Who may read webhook configurations reads the word there; the ClusterRoles view, edit and admin don't let their holders. An API server
 * shows a user the whole URL when a call of a fail-closed webhook fails on its way, so a word is good for minutes only: each period has its
 * own, and those of its neighbours hold too, for clocks that differ and configurations that are still cached.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Instant } from "../api/ports.ts";

/** As long as one word is registered. */
export const wordPeriodMs = 10 * 60_000;

/** Keys that were in use of late: of a CA that was just followed by another, API servers still have words. */
const keysMax = 8;

/** Returns the word that is to be registered now, as a segment of a path. */
export function callerWord(keyPem: string, now: Instant): string {
  return periodWord(keyPem, Math.floor(now / wordPeriodMs));
}

/** What says whether a word is one of ours. */
export interface CallerWords {
  /** Takes the keys that are in use now, the announced CA's too; others hold for one period more. */
  learn(keyPems: readonly string[], now: Instant): void;
  /** Compares in constant time. */
  isWord(text: string, now: Instant): boolean;
}

/** Opens the book of words. */
export function callerWords(): CallerWords {
  /** Since when each key was seen last. */
  const keys = new Map<string, Instant>();
  const made: { period: number; words: readonly string[] } = { period: NaN, words: [] };
  return {
    learn: (keyPems, now) => {
      for (const keyPem of keyPems) {
        keys.delete(keyPem);
        keys.set(keyPem, now);
      }
      for (const [keyPem, seenAt] of keys) if (now - seenAt > wordPeriodMs || keys.size > keysMax) keys.delete(keyPem);
      made.period = NaN;
    },
    isWord: (text, now) => {
      const period = Math.floor(now / wordPeriodMs);
      if (made.period !== period) {
        made.period = period;
        made.words = [...keys.keys()].flatMap((keyPem) => [period - 1, period, period + 1].map((one) => periodWord(keyPem, one)));
      }
      return made.words.map((word) => isSameWord(text, word)).includes(true);
    },
  };
}

/** Returns a word that only holders of the key can make, for one purpose: 256 bits in hex, since a segment of a webhook's service path is a DNS subdomain. */
export function keyedWord(keyPem: string, purpose: string): string {
  return createHmac("sha256", keyPem).update(purpose).digest("hex");
}

/** Compares two texts in a time that depends on their lengths alone. */
export function isSameWord(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function periodWord(keyPem: string, period: number): string {
  return keyedWord(keyPem, `this review comes from the API server, in period ${period}`);
}
