import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules", "eslint.config.js", "src/rpc/methods.ts"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  a11y.flatConfigs.strict,
  hooks.configs.flat["recommended-latest"],
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "no-restricted-properties": [
        "error",
        { property: "dangerouslySetInnerHTML", message: "Texts of others become elements, never HTML." },
        { property: "innerHTML", message: "Texts of others become elements, never HTML." },
      ],
      // The daemon says "" where there is nothing.
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { string: true } }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      // The compiler that this prepares for is not used.
      "react-hooks/incompatible-library": "off",
      eqeqeq: "error",
    },
  },
  {
    // A view stands alone: what two of them need lies in `mail`, `ui`, `store` or `lib`.
    files: ["src/features/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ regex: "^(\\.\\./|@/features/|@/app/)", message: "A view imports no other view." }] },
      ],
    },
  },
  {
    files: ["src/lib/**", "src/store/**", "src/rpc/**", "src/socket/**", "src/outbox/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ regex: "^@/(features|app|ui|mail|actions)/", message: "Below the views." }] },
      ],
    },
  },
  { files: ["**/*.test.{ts,tsx}", "src/test/**"], rules: { "@typescript-eslint/no-non-null-assertion": "off" } },
);
