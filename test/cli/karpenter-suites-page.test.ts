/**
 * docs/reference/karpenter-suites.md holds Karpenter's cases against ours: each test that it names must be there, and its numbers are its rows'.
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/reference/karpenter-suites.md", root), "utf8");

/** The rows of its tables: Karpenter's case, the verdict, and the test. */
const rows = [...page.matchAll(/^\| (should .*|.*[Ss]hould .*) \| (same|argued: .{20,}) \| `(test\/[^`]+)`: "([^"]+)" \|$/gm)].map(
  ([, subject = "", verdict = "", path = "", title = ""]) => ({ subject, verdict, path, title }),
);

describe("docs/reference/karpenter-suites.md", () => {
  it.each(rows.map(({ path, title }) => [path, title] as const))("%s has the test %s", (path, title) => {
    const file = new URL(path, root);
    expect(existsSync(file), `${path} is not there`).toBe(true);
    expect(readFileSync(file, "utf8")).toContain(title);
  });

  it("reads every row of its tables, and says how many there are", () => {
    const lines = page.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| Karpenter's case"));
    expect(rows).toHaveLength(lines.length);
    const argued = rows.filter(({ verdict }) => verdict !== "same").length;
    expect(page.replaceAll("\n", " ")).toContain(`: ${rows.length} of some`);
    expect(page).toContain(`${rows.length - argued} the same and ${argued} argued`);
  });
});
