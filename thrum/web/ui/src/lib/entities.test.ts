import fc from "fast-check";
import { expect, it } from "vitest";

import { decodeHTMLStrict } from "./entities";
import { parse } from "./markdown";

it.each([
  ["a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"],
  ["&copy;&nbsp;&hellip;&rarr;&euro;", "©\u00a0…→€"],
  ["&#65;&#x1F600;&#X41;", "A😀A"],
  ["&#0;&#xD800;&#x110000;", "\ufffd\ufffd\ufffd"],
  ["&bogus; &lt &; &#; AT&T", "&bogus; &lt &; &#; AT&T"],
])("reads %s", (text, read) => expect(decodeHTMLStrict(text)).toBe(read));

it("has what people cannot type by its table come out as one character each", () => {
  for (const name of ["num", "quot", "apos", "vert", "szlig", "frac12", "check"]) expect(decodeHTMLStrict(`&${name};`)).toMatch(/^.$/u);
});

it("leaves everything else as it is", () => {
  fc.assert(fc.property(fc.string(), (text) => decodeHTMLStrict(text.replaceAll("&", "")) === text.replaceAll("&", "")), { numRuns: 200 });
});

it("is what the Markdown reader uses", () => {
  expect(JSON.stringify(parse("x &rarr; y &bogus; z"))).toContain("x → y &bogus; z");
});
