/** What each piece of a program is. The pieces together are the program, letter for letter. */
import { tokenize, SugarHigh, type TokenType } from "sugar-high/core";
import { languages, lang } from "sugar-high/lang";

export interface Piece {
  readonly kind: "plain" | "word" | "text" | "name" | "note" | "added" | "gone";
  readonly value: string;
}

const KINDS: Readonly<Partial<Record<TokenType, Piece["kind"]>>> = {
  keyword: "word",
  string: "text",
  class: "name",
  entity: "name",
  property: "name",
  comment: "note",
};

/** The pieces; the whole as one where the language is none that is known. */
export function piecesOf(code: string, language: string): readonly Piece[] {
  const name = lang(language.split(/[\s,{]/)[0] ?? "");
  if (name === undefined) return [{ kind: "plain", value: code }];
  const pieces = name === "diff" ? changes(code) : tokens(code, name);
  return pieces.map((piece) => piece.value).join("") === code ? pieces : [{ kind: "plain", value: code }];
}

function tokens(code: string, name: string): readonly Piece[] {
  const config = languages.find((each) => each.id === name)?.config;
  const found = tokenize(code, config).map(([type, value]) => ({ kind: KINDS[SugarHigh.TokenTypes[type] as TokenType] ?? "plain", value }));
  return together(found);
}

/** A patch: which lines are added, which are gone, where. */
function changes(code: string): readonly Piece[] {
  return together(code.split(/(?<=\n)/).map((value) => ({ kind: ofLine(value), value })));
}

function ofLine(line: string): Piece["kind"] {
  if (/^(?:@@|diff |index |--- |\+\+\+ )/.test(line)) return "note";
  return line.startsWith("+") ? "added" : line.startsWith("-") ? "gone" : "plain";
}

/** Neighbours of one kind as one piece: fewer elements. */
function together(pieces: readonly Piece[]): readonly Piece[] {
  const found: Piece[] = [];
  for (const piece of pieces) {
    const last = found.at(-1);
    const isBlank = piece.value.trim() === "";
    if (last && (last.kind === piece.kind || isBlank)) found[found.length - 1] = { kind: last.kind, value: last.value + piece.value };
    else found.push(piece);
  }
  return found;
}
