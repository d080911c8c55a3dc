/** The address with nothing open in it: without what was chosen, then without its filter. */
export function closed(path: string): string {
  const [view = "/", query = ""] = path.split("?");
  const params = new URLSearchParams(query);
  if (params.has("m")) {
    params.delete("m");
    const rest = params.toString();
    return rest ? `${view}?${rest}` : view;
  }
  if (query) return view;
  const [, first = ""] = view.split("/");
  return `/${first}`;
}
