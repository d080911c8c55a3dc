// Written by `thrum setup`; `thrum setup remove` takes it away. OpenCode has no hooks of commands,
// so this asks Thrum at each moment and does what it answers. Whatever goes wrong, the session goes
// on as if this were not here.
import { spawn } from "node:child_process"

const THRUM = "__THRUM__"
const PATIENCE_MS = 5000

type Given = Record<string, unknown>
type Reply = { context?: string; turn?: string }

function ask(event: string, given: Given, cwd: string): Promise<Reply> {
  return new Promise((resolve) => {
    try {
      const child = spawn(THRUM, ["hook", event, "--runtime", "opencode"], {
        cwd,
        stdio: ["pipe", "pipe", "ignore"],
        timeout: PATIENCE_MS,
      })
      let said = ""
      child.stdout.on("data", (part) => (said += part))
      child.stdin.on("error", () => {})
      child.on("error", () => resolve({}))
      child.on("close", () => resolve(understood(said)))
      child.stdin.end(JSON.stringify(given))
    } catch {
      resolve({})
    }
  })
}

function understood(said: string): Reply {
  try {
    const found = JSON.parse(said)
    return found && typeof found === "object" ? found : {}
  } catch {
    return {}
  }
}

export const Thrum = async ({ client, directory }: any) => {
  const begun = new Set<string>()
  const helpers = new Set<string>()

  const about = (session: string, more: Given = {}): Given => ({
    session,
    cwd: directory,
    subagent: helpers.has(session),
    ...more,
  })

  const tell = (event: string, session: unknown, more: Given = {}): Promise<Reply> =>
    typeof session === "string" && session
      ? ask(event, about(session, more), directory)
      : Promise.resolve({})

  async function ended(session: string) {
    const { turn } = await tell("session.idle", session)
    if (!turn || helpers.has(session)) return
    const parts = [{ type: "text", text: turn }]
    await client.session.prompt({ path: { id: session }, body: { parts } })
  }

  return {
    event: async ({ event }: any) => {
      try {
        const about = event?.properties ?? {}
        const session = about.sessionID ?? about.info?.id
        if (event?.type === "session.created" && about.info?.parentID) helpers.add(session)
        if (event?.type === "session.deleted") await tell("session.deleted", session)
        if (event?.type === "session.compacted") await tell("session.compacted", session)
        if (event?.type === "permission.asked" || event?.type === "permission.updated") {
          const tool = about.permission ?? about.type
          const details = about.title ?? JSON.stringify(about.patterns ?? about.pattern ?? "")
          await tell("permission.asked", session, { tool, details })
        }
        // Not awaited: a turn that begins here ends in an event of its own.
        if (event?.type === "session.idle") ended(session).catch(() => {})
      } catch {}
    },

    "chat.message": async (input: any, output: any) => {
      try {
        const session = input?.sessionID
        const said: string[] = []
        if (!begun.has(session)) {
          begun.add(session)
          said.push((await tell("session.created", session)).context ?? "")
        }
        said.push((await tell("chat.message", session)).context ?? "")
        const text = said.filter(Boolean).join("\n\n")
        const last = output?.parts?.at(-1)
        if (!text || !last?.id) return
        output.parts.push({
          // Parts are read back in the order of their ids.
          id: `${last.id}t`,
          sessionID: session,
          messageID: output.message.id,
          type: "text",
          text,
          synthetic: true,
        })
      } catch {}
    },

    "tool.execute.after": async (input: any, output: any) => {
      try {
        const { context } = await tell("tool.execute.after", input?.sessionID, {
          tool: input?.tool,
        })
        if (context && typeof output?.output === "string") output.output += `\n\n${context}`
      } catch {}
    },
  }
}
