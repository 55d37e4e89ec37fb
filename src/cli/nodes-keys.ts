/**
 * Keys: what a terminal sends for them.
 *
 * Reads a chunk of input, which may hold several keys. Returns their names: a character as itself, "up", "page-down", "escape" and so on;
 * sequences that nobody listens to are left out.
 */

const sequences: ReadonlyMap<string, string> = new Map([
  ["[A", "up"],
  ["[B", "down"],
  ["[C", "right"],
  ["[D", "left"],
  ["OA", "up"],
  ["OB", "down"],
  ["OC", "right"],
  ["OD", "left"],
  ["[H", "home"],
  ["[F", "end"],
  ["OH", "home"],
  ["OF", "end"],
  ["[1~", "home"],
  ["[4~", "end"],
  ["[5~", "page-up"],
  ["[6~", "page-down"],
]);
const escape = "\u001B";
const controls: ReadonlyMap<string, string> = new Map([
  ["\u0003", "ctrl-c"],
  ["\r", "enter"],
  ["\n", "enter"],
  ["\u007F", "backspace"],
  ["\b", "backspace"],
  ["\u0006", "page-down"],
  ["\u0002", "page-up"],
  [" ", "space"],
]);
/** Longer chunks are pasted, and hold nothing that is meant for us beyond this. */
const chunkMax = 1_000;
/** The parameters of a sequence and its last character: "[15~", "OP". */
const sequencePattern = /^(?:\[[0-9;?]*[A-Za-z~]|O[A-Za-z])/;

/** Returns the keys of a chunk in order. */
export function decodeKeys(chunk: string): readonly string[] {
  const keys: string[] = [];
  let rest = chunk.slice(0, chunkMax);
  while (rest !== "") {
    if (rest.startsWith(escape)) {
      const sequence = sequencePattern.exec(rest.slice(1))?.[0];
      const key = sequence === undefined ? "escape" : sequences.get(sequence);
      if (key !== undefined) keys.push(key);
      rest = rest.slice(1 + (sequence?.length ?? 0));
      continue;
    }
    const [character = ""] = rest;
    const key = controls.get(character) ?? (/^[\u0021-\u007E]$/.test(character) ? character : undefined);
    if (key !== undefined) keys.push(key);
    rest = rest.slice(character.length);
  }
  return keys;
}
