/**
 * The reference pages of the command line, the metrics and the permissions are made from their definitions, and fresh.
 */
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { commandLinePage } from "../../scripts/reference-command-line.ts";
import { metricsPage } from "../../scripts/reference-metrics.ts";
import { permissionsPage } from "../../scripts/reference-permissions.ts";

const root = new URL("../../", import.meta.url);

it.each([...commandLinePage(), ...metricsPage(), ...permissionsPage()])("%s is fresh (else: npm run generate)", (path, text) => {
  const file = new URL(path, root);
  expect(existsSync(file) && readFileSync(file, "utf8")).toBe(text);
});
