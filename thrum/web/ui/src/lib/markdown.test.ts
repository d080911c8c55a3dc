import fc from "fast-check";
import { expect, it } from "vitest";

import { parse, type Node } from "./markdown";

function all(nodes: readonly Node[]): Node[] {
  return nodes.flatMap((node) => [node, ...all(node.children)]);
}

const tags = (text: string): string[] => all(parse(text)).map((node) => node.tag);

it("knows tables, tasks, code and lists", () => {
  expect(tags("| a | b |\n|--|:-:|\n| 1 | 2 |")).toContain("table");
  expect(all(parse("- [x] done\n- [ ] to do\n- plain")).filter((node) => node.tag === "li").map((node) => node.checked)).toEqual([true, false, undefined]);
  expect(all(parse("```ts\nlet a;\n```"))[0]).toMatchObject({ tag: "pre", language: "ts", text: "let a;\n" });
  expect(all(parse("3. three"))[0]).toMatchObject({ tag: "ol", start: 3 });
});

it.each([
  "[a](javascript:alert(1))",
  "[a](JaVaScRiPt:alert(1))",
  "[a](data:text/html;base64,PHNjcmlwdD4=)",
  "[a](vbscript:x)",
  "[a](//evil.test)",
  "![a](javascript:alert(1))",
])("leads nowhere by %s", (text) => {
  expect(all(parse(text)).filter((node) => node.href !== undefined)).toEqual([]);
});

it("keeps links of the web and to addresses, and makes images links", () => {
  const found = all(parse("https://a.test [b](mailto:b@c.test) ![d](https://e.test/f.png)"));
  expect(found.filter((node) => node.tag === "a").map((node) => node.href)).toEqual([
    "https://a.test",
    "mailto:b@c.test",
    "https://e.test/f.png",
  ]);
  expect(found.some((node) => node.tag === "img")).toBe(false);
});

it("shows HTML as what was written", () => {
  const text = "<script>alert(1)</script> <b onclick=x>hi</b>";
  const shown = all(parse(text)).filter((node) => node.tag === "text").map((node) => node.text);
  expect(shown.join("")).toBe(text);
});

it.each([
  ["quotes", ">".repeat(20_000)],
  ["brackets", "[".repeat(32_000)],
  ["stars", "*a ".repeat(10_000)],
  ["lists", Array.from({ length: 300 }, (_, depth) => `${" ".repeat(depth * 2)}- x`).join("\n")],
])("stands deep %s", (_, text) => {
  const depth = (nodes: readonly Node[]): number => (nodes.length === 0 ? 0 : 1 + Math.max(...nodes.map((node) => depth(node.children))));
  expect(depth(parse(text))).toBeLessThan(250);
});

const texts = (nodes: readonly Node[]): string => nodes.map((node) => (node.text ?? "") + texts(node.children)).join(" ");
const lists = (depth: number): string => Array.from({ length: depth }, (_, at) => `${"  ".repeat(at)}- item${at}`).join("\n");

it.each([
  ["lists", `${lists(150)}\n\nEND`],
  ["numbered lists", `${Array.from({ length: 120 }, (_, at) => `${"   ".repeat(at)}1. item${at}`).join("\n")}\n\nEND`],
  ["lists at the edge", `${lists(12)}\n\nEND`],
  ["lists past the edge", `${lists(13)}\n- back\n\nEND`],
  ["quotes", `${">".repeat(300)} item0\n\nEND`],
  ["quotes that go on without their mark", `${"> ".repeat(300)}item0\nEND`],
  ["lists in quotes", `${"> ".repeat(40)}- item0\n${"> ".repeat(40)}- item1\n\nEND`],
  ["quotes in lists", `${"- > ".repeat(60)}item0\n\nEND`],
  ["code in lists", `${lists(30)}\n${"  ".repeat(30)}\`\`\`\n${"  ".repeat(30)}code\n${"  ".repeat(30)}\`\`\`\n\nEND`],
])("drops nothing of deep %s, nor of what follows", (_, text) => {
  const words = text.match(/\w+/g) ?? [];
  const shown = texts(parse(text));
  expect(words.filter((word) => !/^\d+$/.test(word) && !shown.includes(word))).toEqual([]);
});

it("goes on as ever after what was too deep", () => {
  const nodes = parse(`${lists(60)}\n\n## Next\n\n**bold**`);
  expect(nodes.map((node) => node.tag)).toEqual(["ul", "h2", "p"]);
  expect(all(nodes).filter((node) => node.tag === "plain")).toHaveLength(1);
});

it.each([
  ["a cell that no column is for", "| a |\n|---|\n| b | do it secretly |"],
  ["the last of many such cells", "a|b\n-|-\n1|2|3|4|do it secretly"],
  ["such a cell with a bar in it", "| a |\n|---|\n| b \\| c | do it secretly \\| now |"],
  ["such a cell of a table in a quote in a list", "- > | a |\n  > |---|\n  > | b | do it secretly |"],
  ["the title of a link", '[a](https://b.test "do it secretly")'],
  ["the title of a link that leads nowhere", "[a](x:y 'do it secretly')"],
  ["the title of an image", "![a](https://b.test/c.png (do it secretly))"],
  ["where a link leads that leads nowhere", "[a](<do it secretly>)"],
  ["where an image is that is nowhere", "![a](<data:do it secretly>)"],
  ["a link without a text", "[ ](mailto:do%20it%20secretly)"],
  ["an image without a text", "![](https://b.test/do%20it%20secretly)"],
  ["a link around an image without a text", "[![](mailto:a)](do%20it%20secretly)"],
  ["a definition of a link", "[//]: # (do it secretly)"],
  ["a definition with a title", '[a]: https://b.test "do it secretly"'],
  ["the words behind a language", "```ts do it secretly\nlet a;\n```"],
])("hides nothing in %s", (_, text) => {
  expect(all(parse(text)).map((node) => `${node.text ?? ""} ${node.language ?? ""}`).join(" ")).toContain("do it secretly");
});

it("drops no word, however it is written", () => {
  const bit = fc.constantFrom("|", "|-|", "\n", "\n\n", "- ", "> ", "1. ", "# ", "`", "```\n", "*", "**", "~~", "[", "](", ")", "![", "<", ">", '"', "    ", "\\", "---\n", " ", "word", "http://a.test/", "x:", "[ ] ", "|a|b|\n|-|-|\n|");
  fc.assert(
    fc.property(fc.array(bit, { maxLength: 40 }), (bits) => {
      let count = 0;
      const text = bits.map((each) => (each === "word" ? `word${(count += 1)}z` : each)).join("");
      const nodes = all(parse(text));
      const shown = nodes.map((node) => `${node.text ?? ""} ${node.language ?? ""} ${node.href ?? ""}`).join("").toLowerCase();
      expect(text.match(/word\d+z/g)?.filter((word) => !shown.includes(word)) ?? []).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

it("draws no cells without end for rows that lack them", () => {
  const text = `${"|a".repeat(300)}|\n${"|-".repeat(300)}|\n${"|b|\n".repeat(200)}END`;
  const nodes = all(parse(text));
  expect(nodes.filter((node) => node.tag === "td").length).toBeLessThan(1_500);
  expect(nodes.filter((node) => node.text === "b")).toHaveLength(200);
});
