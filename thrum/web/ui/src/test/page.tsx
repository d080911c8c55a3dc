/** A view as a part of the page, before a daemon that answers as a test says. */
import { render } from "@testing-library/react";
import type { ReactElement } from "react";

import { DoingContext } from "@/actions/DoingContext";
import type { Doing } from "@/actions/table";
import type { Method } from "@/rpc/client";
import { RpcError } from "@/rpc/RpcError";
import { Desk } from "@/store/Desk";
import type { State } from "@/store/state";
import { makeStore, StoreContext, type Store } from "@/store/store";

import { ME } from "./shapes";

/** What it answers, by method; whatever is left out it does not know. */
export type Answers = Partial<Record<Method, (params: never) => unknown>>;

export interface Page {
  readonly store: Store;
  readonly desk: Desk;
  /** What was asked, `method {"params"}` each, those first that were asked first. */
  readonly asked: string[];
  readonly container: HTMLElement;
}

export function onPage(view: ReactElement, answers: Answers, state: Partial<State> = {}): Page {
  const store = makeStore({ me: ME, link: "open", isLoaded: true, ...state });
  const asked: string[] = [];
  const desk = new Desk(store, {
    request: (method, params = {}) => {
      asked.push(`${method} ${JSON.stringify(params)}`);
      const answer = answers[method as Method];
      if (!answer) return Promise.reject(new RpcError("method_not_found", `nobody knows ${method}`));
      return Promise.resolve(params as never).then(answer);
    },
  });
  const doing = { desk, state: store.getState, go: () => undefined, path: () => "/" } as Doing;
  const { container } = render(
    <StoreContext value={store}>
      <DoingContext value={doing}>{view}</DoingContext>
    </StoreContext>,
  );
  return { store, desk, asked, container };
}
