/** A program as it was written, to be copied; in colours as soon as these are there. */
import { useEffect, useState, type ReactElement } from "react";

import { visible } from "@/lib/bidi";
import type { Piece } from "@/lib/colours";

import { CopyButton } from "./Copy";
import css from "./Markdown.module.css";

/** Longer ones stay without colours: finding out what is what would hold up the page. */
const MOST = 10_000;

/** The pieces of a program, once they are known; the page is drawn before and stays as it is. */
function usePieces(text: string, language: string): readonly Piece[] | null {
  const key = `${language}\n${text}`;
  const [known, setKnown] = useState<{ readonly key: string; readonly pieces: readonly Piece[] } | null>(null);
  useEffect(() => {
    if (!language || text.length > MOST) return undefined;
    let isCurrent = true;
    import("@/lib/colours").then(
      ({ piecesOf }) => isCurrent && setKnown({ key, pieces: piecesOf(text, language) }),
      () => undefined, // the daemon is away: it stays readable without
    );
    return () => {
      isCurrent = false;
    };
  }, [text, language, key]);
  return known?.key === key ? known.pieces : null;
}

export function Code({ text, language }: { readonly text: string; readonly language: string }): ReactElement {
  const shown = visible(text.replace(/\n$/, ""));
  const pieces = usePieces(shown, language);
  return (
    <div className={css["block"]}>
      <div className={css["block-head"]}>
        <span dir="auto">{visible(language)}</span>
        <CopyButton text={text} />
      </div>
      {/* It scrolls by itself, and so must take the focus for whoever uses keys. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} dir="ltr">
        <code>{pieces ? pieces.map((piece, index) => <Coloured key={index} piece={piece} />) : shown}</code>
      </pre>
    </div>
  );
}

function Coloured({ piece: { kind, value } }: { readonly piece: Piece }): ReactElement | string {
  return kind === "plain" ? value : <span className={css[kind]}>{value}</span>;
}
