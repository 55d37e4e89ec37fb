/**
 * Multipart user data: what cloud-init reads when there is more than one thing to do.
 *
 * Reads parts, or somebody's own archive. Returns the archive's text, or the parts with the headers that stood on them. The
 * boundary and the line ends are those of Karpenter, so that equal settings give equal bytes.
 */
import { err, ok, type Result } from "../../api/result.ts";

/** One part: its header lines as they are written, and what it holds. */
export interface MimePart {
  readonly headers: readonly string[];
  readonly content: string;
}

export const shellScriptType = 'text/x-shellscript; charset="us-ascii"';
export const nodeConfigType = "application/node.eks.aws";
const boundary = "//";

/** Returns a part of one content type. */
export function mimePart(contentType: string, content: string): MimePart {
  return { headers: [`Content-Type: ${contentType}`], content };
}

/** Returns the archive of some parts, in their order. */
export function mimeArchive(parts: readonly MimePart[]): string {
  const texts = parts.map(({ headers, content }) => `--${boundary}\n${headers.join("\n")}\n\n${content}\n`);
  const archive = `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="${boundary}"\n\n${texts.join("")}--${boundary}--\n`;
  return archive.replaceAll("\r", "");
}

/** Says whether user data is an archive already. */
export function isMimeArchive(text: string): boolean {
  const start = text.trimStart();
  return start.startsWith("MIME-Version:") || start.startsWith("Content-Type:");
}

/** Returns the parts of an archive; the error says what of it can't be read. */
export function mimeParts(text: string): Result<readonly MimePart[], string> {
  const lines = text.trimStart().replaceAll("\r", "").split("\n");
  const { headers, rest } = split(lines);
  const type = headers.find((line) => /^content-type:/i.test(line));
  if (type === undefined) return err("it starts like a MIME archive but has no header Content-Type");
  if (!/^content-type:\s*multipart\//i.test(type)) return err(`it starts like a MIME archive but is not multipart: ${type}`);
  const own = /;\s*boundary=(?:"([^"]*)"|([^\s;]+))/i.exec(type);
  const separator = own?.[1] ?? own?.[2];
  if (separator === undefined || separator === "") return err(`its header names no boundary: ${type}`);
  return partsBetween(rest, separator);
}

function partsBetween(lines: readonly string[], separator: string): Result<readonly MimePart[], string> {
  const parts: MimePart[] = [];
  let part: string[] | undefined;
  for (const line of lines) {
    const mark = line.trimEnd();
    if (mark !== `--${separator}` && mark !== `--${separator}--`) {
      part?.push(line);
      continue;
    }
    if (part !== undefined) parts.push(partOf(part));
    if (mark === `--${separator}--`) return ok(parts);
    part = [];
  }
  // A boundary with nothing after it ends the archive, too, as Karpenter and cloud-init read it.
  if (parts.length > 0 && part?.every((line) => line.trim() === "") === true) return ok(parts);
  return err(`it is not closed: no line says --${separator}--`);
}

function partOf(lines: readonly string[]): MimePart {
  const { headers, rest } = split(lines);
  return { headers, content: rest.join("\n") };
}

/** Header lines, with folded ones joined, and what follows the blank line after them. */
function split(lines: readonly string[]): { readonly headers: readonly string[]; readonly rest: readonly string[] } {
  const end = lines.findIndex((line) => line.trim() === "");
  const head = end === -1 ? lines : lines.slice(0, end);
  const headers: string[] = [];
  for (const line of head) {
    const before = headers.at(-1);
    if (/^\s/.test(line) && before !== undefined) headers[headers.length - 1] = `${before} ${line.trim()}`;
    else headers.push(line.trimEnd());
  }
  return { headers, rest: end === -1 ? [] : lines.slice(end + 1) };
}
