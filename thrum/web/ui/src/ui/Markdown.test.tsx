import { render } from "@testing-library/react";
import { expect, it } from "vitest";

import { Markdown } from "./Markdown";

const block = (code: string, language = "python"): string => `\`\`\`${language}\n${code}\n\`\`\``;

const shown = async (text: string): Promise<HTMLElement> => {
  const { container } = render(<Markdown text={text} />);
  await expect.poll(() => container.querySelector("pre")).not.toBeNull();
  return container.querySelector("pre")!;
};

it("shows a program in colours, as text and nothing else", async () => {
  const code = 'def <b>f</b>():\n    return "<img src=x onerror=alert(1)>"';
  const pre = await shown(block(code));
  await expect.poll(() => pre.querySelectorAll("span").length).toBeGreaterThan(2);
  expect(pre.textContent).toBe(code);
  expect(pre.querySelectorAll(":not(code, span)")).toHaveLength(0);
});

it.each([
  ["that is long", block("x = 1\n".repeat(3_000))],
  ["of no language", block("x = 1", "")],
  ["of a language that nobody knows", block("x = 1", "wasteland")],
])("shows a program %s without", async (_, text) => {
  const pre = await shown(text);
  await import("@/lib/colours");
  await new Promise((done) => setTimeout(done));
  expect(pre.querySelectorAll("span")).toHaveLength(0);
  expect(pre.textContent).toContain("x = 1");
});

it("keeps the colours of one program from another that takes its place", async () => {
  const { container, rerender } = render(<Markdown text={block("def f(): pass")} />);
  await expect.poll(() => container.querySelectorAll("pre span").length).toBeGreaterThan(0);
  rerender(<Markdown text={block("class Tokens: pass")} />);
  await expect.poll(() => container.querySelector("pre")?.textContent).toBe("class Tokens: pass");
});
