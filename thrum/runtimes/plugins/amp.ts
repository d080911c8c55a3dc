// Written by `thrum setup`; `thrum setup remove` takes it away. It asks Thrum at the start and the
// end of a turn and does what it answers. Whatever goes wrong, the session goes on as if this were
// not here; an Amp that offers something else than what is used here is left alone.
import { spawn } from "node:child_process"

const THRUM = "__THRUM__"
const PATIENCE_MS = 5000

type Given = Record<string, unknown>
type Reply = { context?: string; turn?: string }

function ask(event: string, given: Given): Promise<Reply> {
  return new Promise((resolve) => {
    try {
      const child = spawn(THRUM, ["hook", event, "--runtime", "amp"], {
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

export default function thrum(amp: any) {
  if (typeof amp?.on !== "function") return
  const about = (event: any, context: any): Given => ({
    session: event?.thread?.id ?? context?.thread?.id ?? "",
    cwd: process.cwd(),
  })

  try {
    amp.on("agent.start", async (event: any, context: any) => {
      const { context: text } = await ask("agent.start", about(event, context))
      return text ? { message: { content: text, display: true } } : {}
    })
    amp.on("agent.end", async (event: any, context: any) => {
      const { turn } = await ask("agent.end", about(event, context))
      return turn ? { action: "continue", userMessage: turn } : undefined
    })
  } catch {}
}
