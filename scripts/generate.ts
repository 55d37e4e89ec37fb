/**
 * Writes every file that is made from the schemas, the rules, the commands, the metrics and the registration (`npm run generate`); a test fails while one of them is stale.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cloudFormationText } from "../src/cli/iam-policy.ts";
import { editorSchemas } from "./editor-schemas.ts";
import { generatedFiles } from "./generated-files.ts";
import { ownAccountFile } from "./own-account-policies.ts";
import { commandLinePage } from "./reference-command-line.ts";
import { metricsPage } from "./reference-metrics.ts";
import { permissionsPage } from "./reference-permissions.ts";
import { rulePages } from "./rule-pages.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const cloudFormation = [["deploy/cloudformation/plimsoll.yaml", cloudFormationText()]] as const;

for (const [path, text] of [
  ...generatedFiles(),
  ...editorSchemas(),
  ...rulePages(),
  ...commandLinePage(),
  ...metricsPage(),
  ...ownAccountFile(),
  ...permissionsPage(),
  ...cloudFormation,
]) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  console.log(`wrote ${path}`);
}
