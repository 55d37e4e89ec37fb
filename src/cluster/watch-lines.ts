/**
 * Watch lines: the values of a watch, one a line, as they come.
 *
 * Reads a response of lines of JSON. Yields what each line becomes: parsed whole where it is short, else with its object read as its bytes
 * come. While a line is handled nothing more is read from the socket.
 */
import type http from "node:http";
import type { ByteReader } from "../api/ports.ts";
import { jsonBytes } from "./json-bytes.ts";

export interface WatchLinesOptions {
  readonly lineMaxBytes: number;
  readonly onBytes: () => void;
  readonly readLarge?: (() => ByteReader) | undefined;
}

const newline = 10;

/** Splits a response into its lines; rejects on a broken connection and on a line that is too long. */
export async function* watchLinesOf(
  response: http.IncomingMessage,
  { lineMaxBytes, onBytes, readLarge }: WatchLinesOptions,
): AsyncGenerator {
  const line = jsonBytes({
    maxBytes: lineMaxBytes,
    what: "a line of the watch",
    ...(readLarge === undefined ? {} : { readLarge: () => lineReader(readLarge()) }),
  });
  let isBlank = true;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    onBytes();
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      line.add(chunk.subarray(from, end));
      isBlank &&= end === from;
      from = end + 1;
      if (!isBlank) yield line.takeAll().value;
      isBlank = true;
    }
    if (from === chunk.length) continue;
    line.add(chunk.subarray(from));
    isBlank = false;
  }
}

const lineBegin = /^\{"type":"([A-Z]+)","object":/;
const lineBeginMax = 64;
const closeObject = 125;

/** Reads a long line, whose object another reads: the API server writes its type first, and nothing after the object. */
function lineReader(reader: ByteReader): ByteReader {
  let type: string | undefined;
  // The last byte closes the line, and only the end shows which byte is the last.
  let last = Buffer.alloc(0);
  return {
    take: (chunk) => {
      let bytes = Buffer.concat([last, chunk]);
      if (type === undefined && bytes.length >= lineBeginMax) {
        const begin = lineBegin.exec(bytes.toString("latin1", 0, lineBeginMax));
        if (begin === null) throw new Error("a line of the watch does not begin with its type and its object");
        type = begin[1];
        bytes = bytes.subarray(begin[0].length);
      }
      const end = type === undefined ? 0 : bytes.length - 1;
      if (end > 0) reader.take(bytes.subarray(0, end));
      last = Buffer.from(bytes.subarray(end));
    },
    end: () => {
      if (last[0] !== closeObject) throw new Error("a line of the watch ends within its object");
      return { type, object: reader.end() };
    },
  };
}
