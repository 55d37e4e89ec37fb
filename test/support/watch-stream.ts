// A watch of the API server for tests and benches: one JSON event a line, until it is closed.
//
// Reads a path with watch=1. It is apart from src/cluster on purpose: what a test sees must not depend on the client that is tested. A
// watch that the API server ends is opened again, and then brings what is there; who looks must bear that.
import { readFileSync } from "node:fs";
import { request, type RequestOptions } from "node:https";
import type { ControlPlane } from "./control-plane.ts";

export type WatchEvent = { readonly type: string; readonly object: unknown };

const reopenTriesMax = 40;
const reopenPauseMs = 250;

/** Opens the watch; resolves with the way to end it once the API server has answered. */
export async function watchStream(
  plane: Pick<ControlPlane, "server" | "caFile" | "token">,
  path: string,
  onEvent: (event: WatchEvent) => void,
): Promise<() => void> {
  const url = new URL(path, plane.server);
  const options = { ca: readFileSync(plane.caFile), headers: { authorization: `Bearer ${plane.token}` }, agent: false as const };
  const state: { close: () => void; isClosed: boolean } = { close: () => undefined, isClosed: false };
  const open = async (): Promise<void> => {
    const onLine = (line: string): void => {
      onEvent(JSON.parse(line) as WatchEvent);
    };
    const onEnd = (): void => {
      if (!state.isClosed) void reopen(open, () => state.isClosed);
    };
    state.close = await readLines({ url, options }, { onLine, onEnd });
  };
  await open();
  return () => {
    state.isClosed = true;
    state.close();
  };
}

/** An API server that is gone, as when a test ends early, is given up after a while: whoever waits for events has a limit of its own. */
async function reopen(open: () => Promise<void>, isClosed: () => boolean): Promise<void> {
  for (let tries = 0; tries < reopenTriesMax && !isClosed(); tries += 1) {
    try {
      await open();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, reopenPauseMs));
    }
  }
}

/** Reads lines until the answer ends, however it does; resolves with the way to end it. */
function readLines(
  { url, options }: { readonly url: URL; readonly options: RequestOptions },
  { onLine, onEnd }: { readonly onLine: (line: string) => void; readonly onEnd: () => void },
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const call = request(url, options, (response) => {
      if (response.statusCode !== 200) {
        reject(new Error(`the watch of ${url.pathname} was answered ${String(response.statusCode)}`));
        return;
      }
      let rest = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        const lines = `${rest}${text}`.split("\n");
        rest = lines.pop() ?? "";
        lines.forEach(onLine);
      });
      // An answer that breaks off ends, too: whoever ended it knows why, and another watch is opened otherwise.
      response.on("error", () => undefined);
      response.once("close", onEnd);
      resolve(() => call.destroy());
    });
    call.once("error", reject);
    call.end();
  });
}
