import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

it("deploy/ carries policies.yaml as it stands at the root (npm run generate copies it)", () => {
  expect(readFileSync(resolve(root, "deploy/base/policies.yaml"), "utf8")).toBe(readFileSync(resolve(root, "policies.yaml"), "utf8"));
});
