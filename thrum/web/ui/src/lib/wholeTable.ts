/** Tables of which nothing is dropped: by itself the reader leaves out cells that no column is for. */
import type { BlockRule } from "./markdown";

/** Cells that rows lack of their table's columns, and that are drawn all the same; more would only cost. */
const MOST_LACKING = 500;
/** What the reader makes of a cell: its beginning, its text, its end. */
const TOKENS = 3;

type State = Parameters<BlockRule>[0];

/** The cells of a row as they are written; a bar behind a backslash parts none. */
function cellsOf(state: State, line: number): string[] {
  const row = state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);
  const cells = row.trim().split(/(?<!\\)\|/).map((cell) => cell.replaceAll("\\|", "|").trim());
  if (cells[0] === "") cells.shift();
  if (cells.at(-1) === "") cells.pop();
  return cells;
}

/** Adds cells to the row that is being written. */
function add(state: State, cells: readonly string[]): void {
  for (const cell of cells) {
    state.tokens.push(new state.Token("td_open", "td", 1));
    state.tokens.push(Object.assign(new state.Token("inline", "", 0), { content: cell, children: [] }));
    state.tokens.push(new state.Token("td_close", "td", -1));
  }
}

/** The rule, after which rows have the cells that were written. */
export function wholeTable(plain: BlockRule): BlockRule {
  return (state, first, end, isAsking) => {
    const before = state.tokens.length;
    if (!plain(state, first, end, isAsking)) return false;
    if (isAsking) return true;
    let columns = 0;
    let lacking = 0;
    let cells: readonly string[] = [];
    for (const token of state.tokens.splice(before)) {
      if (token.type === "th_open") columns += 1;
      if (token.type === "tr_open") cells = cellsOf(state, token.map?.[0] ?? first);
      if (token.type === "tr_close") {
        const lacks = Math.max(columns - cells.length, 0);
        lacking += lacks;
        if (lacking > MOST_LACKING) state.tokens.length -= lacks * TOKENS;
        add(state, cells.slice(columns));
      }
      state.tokens.push(token);
    }
    return true;
  };
}
