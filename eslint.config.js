// Lint: strict type-checked rules, plus the house rules that a linter can see. Layout rules stand in test/tidy.test.ts.
import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "node_modules", ".cache", "coverage", "**/generated/**"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: "only-allowed-literals" }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "no-console": "off",
    },
  },
  // Plain JavaScript, since it runs before anything is installed: no types to check by.
  {
    files: ["eslint.config.js", "scripts/*.mjs"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: { console: "readonly", process: "readonly", performance: "readonly", setTimeout: "readonly", clearTimeout: "readonly" },
    },
  },
  { files: ["test/**", "bench/**", "scripts/**"], rules: { "@typescript-eslint/no-non-null-assertion": "off" } },
  {
    files: ["test/**"],
    ignores: ["test/support/properties.ts"],
    rules: { "no-restricted-imports": ["error", { name: "fast-check", message: "Import test/support/properties.ts: it sets the seed." }] },
  },
);
