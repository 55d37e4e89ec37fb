/**
 * The pages of docs/rules are made from the rules, and fresh.
 */
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { rulePages } from "../../../scripts/rule-pages.ts";

const root = new URL("../../../", import.meta.url);

it.each([...rulePages()])("%s is fresh (else: npm run generate)", (path, text) => {
  const file = new URL(path, root);
  expect(existsSync(file) && readFileSync(file, "utf8")).toBe(text);
});
