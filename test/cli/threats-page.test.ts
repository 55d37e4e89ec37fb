/**
 * docs/reference/threats.md says what stops whom, and names the test that shows it: each file and each title must be there.
 *
 * A row's last cell names tests as `path`: "title", or says that it is open, and why.
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/reference/threats.md", root), "utf8");

/** The rows of its tables, as cells, without heads. */
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| ---") && !line.startsWith("| may try"))
  .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "").trim()));

const witnesses = rows.flatMap(([attempt = "", , shown = ""]) =>
  [...shown.matchAll(/`(test\/[^`]+)`: "([^"]+)"/g)].map(([, path = "", title = ""]) => ({ attempt, path, title })),
);

describe("docs/reference/threats.md", () => {
  it.each(rows.map((cells) => [cells[0] ?? "", cells] as const))("shows what stops %s, or says why it is open", (_, cells) => {
    expect(cells.length).toBe(3);
    expect(cells[2]).toMatch(/`test\/[^`]+\.test\.ts`: "[^"]+"|^open: .{20}/);
  });

  it.each(witnesses.map(({ path, title }) => [path, title] as const))("%s has the test %s", (path, title) => {
    const file = new URL(path, root);
    expect(existsSync(file), `${path} is not there`).toBe(true);
    expect(readFileSync(file, "utf8")).toContain(title);
  });

  it("names whoever is near a cluster", () => {
    expect([...page.matchAll(/^## (.*)$/gm)].map(([, who]) => who)).toEqual([
      "Anybody in the network",
      "A Pod without rights",
      "A tenant with `edit`",
      "A namespace's administrator",
      "A platform engineer",
      "A node",
      "Plimsoll's own token",
    ]);
  });
});
