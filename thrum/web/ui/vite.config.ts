import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import { classNames } from "./vite/classNames.ts";
import { compressed } from "./vite/compressed.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  // The Markdown reader asks for a table of all names of characters; see src/lib/entities.ts.
  resolve: { alias: [{ find: "@", replacement: here("./src") }, { find: /^entities$/, replacement: here("./src/lib/entities.ts") }] },
  plugins: [react(), compressed(here("../static"))],
  css: { modules: { generateScopedName: classNames() } },
  build: {
    outDir: here("../static"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    sourcemap: false,
    target: "es2022",
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Apart, each of these would be some bytes that compress to more than they are.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "parts", test: /ui\/(Name|Choose|Copy|Remedy)\.tsx/ }] } } },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test/setup.ts"],
    restoreMocks: true,
    server: { deps: { inline: ["markdown-it"] } },
    css: { modules: { classNameStrategy: "non-scoped" } },
  },
});
