/**
 * The guides' console blocks: what they show of plimsoll is what it prints. A line of three dots stands for any lines.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { policiesText } from "../support/admission.ts";
import { folderOf, runPlimsoll } from "./program-run.ts";

const guides = new URL("../../docs/guides/", import.meta.url);
const prompt = "$ npx --no plimsoll ";

interface Shown {
  readonly command: string;
  readonly output: string;
}

/** The plimsoll commands of a page, each with the output below it. */
function shownIn(page: string): readonly Shown[] {
  const blocks = [...page.matchAll(/```console\n([\s\S]*?)```/g)].map(([, block]) => block ?? "");
  return blocks.flatMap((block) =>
    block
      .split(/^(?=\$ )/m)
      .filter((part) => part.startsWith(prompt))
      .map((part) => ({ command: part.slice(prompt.length, part.indexOf("\n")), output: part.slice(part.indexOf("\n") + 1) })),
  );
}

const shown = readdirSync(guides)
  .filter((name) => name.endsWith(".md"))
  .flatMap((name) =>
    shownIn(readFileSync(new URL(name, guides), "utf8")).map(({ command, output }) => [`${name}: ${command}`, command, output] as const),
  );

it("there are commands in them", () => {
  expect(shown.length).toBeGreaterThan(5);
});

it.each(shown)("%s", async (_title, command, output) => {
  // The guide makes this file with sed first.
  const broken = policiesText.replace("DRAIN-002: { action: deny }", "DRAIN-002: { action: wran }");
  const folder = command.includes("broken.yaml") ? `${folderOf({ "broken.yaml": broken })}/` : "";
  const argv = command.split(" ").map((word) => (word === "broken.yaml" ? join(folder, word) : word));
  const { stdout, stderr } = await runPlimsoll(argv);
  // Problems are told before the answer, notes after it.
  const [problems, notes] = [/^(?!note: ).*\n/gm, /^note: .*\n/gm].map((pattern) => (stderr.match(pattern) ?? []).join(""));
  const printed = `${problems ?? ""}${stdout}${notes ?? ""}`.replaceAll(folder === "" ? "\0" : folder, "");
  const pattern = output
    .split(/^\.\.\.\n/m)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("[\\s\\S]*?");
  expect(printed).toMatch(new RegExp(`^${pattern}$`));
});
