/**
 * Named and numbered characters of HTML, those that people write by hand.
 *
 * Stands in for the package of that name below the Markdown reader, whose table of all 2,231 names is
 * as large as the rest of a view; a name that is not here stays as it was typed.
 */

const NAMES =
 "amp & lt < gt > quot \" apos ' nbsp \u00a0 copy © reg ® trade ™ hellip … mdash — ndash – lsquo ‘ rsquo ’ ldquo “ rdquo ” laquo « raquo »" +
 " bull • middot · deg ° sect § times × divide ÷ plusmn ± minus − ne ≠ le ≤ ge ≥ asymp ≈ infin ∞ micro µ pi π" +
 " larr ← uarr ↑ rarr → darr ↓ harr ↔ rArr ⇒ hArr ⇔ check ✓ pound £ yen ¥ euro €" +
 " auml ä ouml ö uuml ü Auml Ä Ouml Ö Uuml Ü szlig ß eacute é egrave è agrave à ccedil ç ntilde ñ" +
 " frac12 ½ frac14 ¼ frac34 ¾ sup2 ² lbrace { rbrace } lbrack [ rbrack ] lpar ( rpar ) vert | grave ` ast * num #";

const parts = NAMES.split(/ /);
const NAMED: ReadonlyMap<string, string> = new Map(parts.flatMap((part, index) => (index % 2 === 0 ? [[part, parts[index + 1] ?? ""] as const] : [])));

/** A text in which every `&name;` and `&#number;` that is known is the character it stands for. */
export function decodeHTMLStrict(text: string): string {
 return text.replace(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|([a-z][\da-z]{1,31}));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
  if (name !== undefined) return NAMED.get(name) ?? whole;
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  const isOne = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isOne ? String.fromCodePoint(code) : "\ufffd";
 });
}
