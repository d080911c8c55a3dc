/** Names as the daemon has them: agents by their own, people as `user:NAME`. */
const PERSON = "user:";

export function isPerson(id: string): boolean {
  return id.startsWith(PERSON);
}

/** The name without what says that it is a person's. */
export function bare(id: string): string {
  return id.startsWith(PERSON) ? id.slice(PERSON.length) : id.replace(/^@/, "");
}
