import fc from "fast-check";
import { languages } from "sugar-high/lang";
import { expect, it } from "vitest";

import { piecesOf } from "./colours";

const kinds = (code: string, language: string): string[] => piecesOf(code, language).filter((piece) => piece.kind !== "plain").map((piece) => `${piece.kind} ${piece.value.trim()}`);

it.each([
  ["python", 'def f():\n    return "x"  # why', ["word def", "word return", 'text "x"', "note # why"]],
  ["ts", "const a: Map<string> = new Map(); // b", ["word const", "name Map", "word string", "word new", "name Map", "note // b"]],
  ["Rust", "fn main() {}", ["word fn"]],
  ["py title=a.py", "import os", ["word import"]],
  ["sh", 'echo "a" # b', ['text "a"', "note # b"]],
  ["diff", "@@ -1 +1 @@\n-old\n+new\n+more\n same", ["note @@ -1 +1 @@", "gone -old", "added +new\n+more"]],
  ["patch", "--- a/x\n+++ b/x\n+1", ["note --- a/x\n+++ b/x", "added +1"]],
  ["nonsense", "def f(): pass", []],
  ["", "def f(): pass", []],
])("knows the pieces of %s", (language, code, found) => expect(kinds(code, language)).toEqual(found));

it("leaves no letter out, of whatever it is given", () => {
  const bit = fc.constantFrom("<a>", "</", "`${", "/", "[(", '"', "'", "#", "/*", "*/", "\n", "\r\n", "\\", "{", "}", "--", "+", "=begin", "@@", " ", "\0", "é", "\u202e", "x1");
  fc.assert(
    fc.property(fc.array(bit, { maxLength: 60 }), fc.constantFrom("", "diff", ...languages.map((each) => each.id)), (bits, language) => {
      const code = bits.join("");
      expect(piecesOf(code, language).map((piece) => piece.value).join("")).toBe(code);
    }),
    { numRuns: 600 },
  );
});
