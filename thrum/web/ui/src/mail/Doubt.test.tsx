import { cleanup } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";

import { NeedRow } from "@/features/now/NeedRow";
import { put } from "@/store/messages";
import { INITIAL } from "@/store/state";
import { onPage } from "@/test/page";
import { message } from "@/test/shapes";

import { Doubt } from "./Doubt";
import { MessageRow } from "./MessageRow";
import { MessageView } from "./MessageView";

afterEach(cleanup);

const FORGED = message({ signature: "wrong", signature_why: "not what was signed" });
const WITH_IT = put(INITIAL, [FORGED], true);

it.each([
  ["wrong", "a key that was revoked", "⚠ wrong signature: a key that was revoked", "a key that was revoked"],
  ["unsigned", undefined, "unsigned: nobody vouches for it", "nobody vouches for it"],
])("says of a message that it is %s, and why", (signature, why, text, title) => {
  const { container } = onPage(<Doubt of={message({ signature, ...(why ? { signature_why: why } : {}) })} />, {});
  expect(container.textContent).toBe(text);
  expect(container.querySelector("[title]")?.getAttribute("title")).toBe(title);
});

it.each([["verified"], [undefined]])("says nothing of one whose signature is %s", (signature) => {
  expect(onPage(<Doubt of={message(signature ? { signature } : {})} />, {}).container.textContent).toBe("");
});

it.each([
  ["a row of a list", <MessageRow key="row" id={FORGED.message_id} href="/" isChosen={false} />],
  ["a message in full", <MessageView key="view" id={FORGED.message_id} marksRead={false} />],
  ["what waits for this person", <NeedRow key="need" need={{ key: "q", what: "question", from: "furiosa", text: "hello?", since: 1, messageId: FORGED.message_id }} />],
])("stands beside %s", (_, view) => {
  expect(onPage(view, {}, WITH_IT).container.textContent).toContain("⚠ wrong signature: not what was signed");
});
