/**
 * The terminal of `plimsoll nodes`: a screen of its own, drawn line by line, and keys as they are pressed.
 *
 * Reads the process's streams. Writes only lines that differ from those that stand there, so that a quiet cluster costs a terminal nothing.
 * A resource opened and closed: whatever happens, the person gets the old screen and the cursor back.
 */
import { decodeKeys } from "./nodes-keys.ts";
import type { ScreenSize } from "./nodes-screen.ts";
import type { TerminalStreams } from "./surroundings.ts";

export interface NodesTerminal {
  size(): ScreenSize;
  /** Draws a frame; one that comes while the terminal is still busy with the last one is left out. */
  draw(lines: readonly string[]): void;
  close(): void;
}

const escape = "\u001B[";
const [enterScreen, leaveScreen] = [`${escape}?1049h${escape}?25l${escape}2J`, `${escape}?25h${escape}?1049l`];
const restOfLine = `${escape}K`;
/** What a terminal that doesn't tell its size is taken for. */
const [usualColumns, usualRows] = [80, 24];

/** Takes the terminal over until it is closed. */
export function openNodesTerminal(
  { input, output }: TerminalStreams,
  on: { readonly keys: (keys: readonly string[]) => void; readonly resize: () => void },
): NodesTerminal {
  let standing: readonly string[] = [];
  const onData = (chunk: string): void => {
    on.keys(decodeKeys(chunk));
  };
  const onResize = (): void => {
    standing = [];
    output.write(`${escape}2J`);
    on.resize();
  };
  input.setRawMode(true);
  input.setEncoding("utf8");
  input.on("data", onData);
  input.resume();
  output.on("resize", onResize);
  output.write(enterScreen);
  return {
    size: () => ({ columns: output.columns || usualColumns, rows: output.rows || usualRows }),
    draw: (lines) => {
      if (output.writableNeedDrain) return;
      const text = changedLines(lines, standing);
      standing = lines;
      if (text !== "") output.write(text);
    },
    close: () => {
      input.off("data", onData);
      output.off("resize", onResize);
      input.setRawMode(false);
      input.pause();
      output.write(leaveScreen);
    },
  };
}

/** Returns what makes one frame of another: each line that differs, at its place. */
export function changedLines(lines: readonly string[], standing: readonly string[]): string {
  const count = Math.max(lines.length, standing.length);
  const changes: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const line = lines[index] ?? "";
    if (index < standing.length && line === standing[index]) continue;
    changes.push(`${escape}${index + 1};1H${line}${restOfLine}`);
  }
  return changes.join("");
}
