/** The log for a view: live while it is about now, and as it was left for whoever comes back. */
import { useCallback, useEffect, useMemo, useState } from "react";

import { useDesk } from "@/actions/DoingContext";
import type { Call } from "@/rpc/client";
import { useThrum } from "@/store/store";

import { LogBook, type Known, type Which } from "./LogBook";

/** The book that was open last, so that Back shows it as it was. */
const last = new WeakMap<Call, { readonly key: string; readonly book: LogBook }>();

function bookOf(call: Call, which: Which, key: string): LogBook {
  const open = last.get(call);
  if (open?.key === key) return open.book;
  const book = new LogBook(call, which, () => undefined);
  last.set(call, { key, book });
  return book;
}

export interface Shown {
  readonly known: Known | null;
  readonly look: () => void;
  readonly older: () => void;
}

export function useLogBook(which: Which): Shown {
  const { call } = useDesk();
  const key = JSON.stringify(which);
  // The key names everything that the book depends on.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const book = useMemo(() => bookOf(call, which, key), [call, key]);
  const [shown, setShown] = useState<{ readonly book: LogBook; readonly known: Known | null }>({ book, known: book.known });
  useEffect(() => {
    book.tell((known) => setShown({ book, known }));
    void book.look();
    return () => book.tell(null);
  }, [book]);
  const cursor = useThrum((state) => state.cursor);
  useEffect(() => book.stir(cursor), [book, cursor]);
  const look = useCallback(() => void book.look(), [book]);
  const older = useCallback(() => void book.older(), [book]);
  return { known: shown.book === book ? shown.known : book.known, look, older };
}
