/**
 * The README's table of dependencies: each package with its reason, and none that is not there.
 */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const root = new URL("../../", import.meta.url);

it("says why for each package that Plimsoll runs on", () => {
  const { dependencies } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { readonly dependencies: object };
  const [, table = ""] = readFileSync(new URL("README.md", root), "utf8").split("## Why each dependency");
  const named = [...table.matchAll(/^\| ([^|]+) \| [^|]+ \|$/gm)].flatMap(([, names = ""]) =>
    names
      .replace(/ \(.*\)/, "")
      .split(", ")
      .map((name) => name.trim()),
  );
  expect(named.filter((name) => name !== "package").sort()).toEqual(Object.keys(dependencies).sort());
});
