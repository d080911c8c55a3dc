// Written by `thrum setup`; `thrum setup remove` takes it away. It asks Thrum at the start and the
// end of a turn and does what it answers. Whatever goes wrong, the session goes on as if this were
// not here; an Amp that offers something else than what is used here is left alone. It has no
// types, so it is JavaScript as well.
import { spawn } from "node:child_process"

const THRUM = "__THRUM__"
const PATIENCE_MS = 5000

function ask(event, given) {
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

function understood(said) {
  try {
    const found = JSON.parse(said)
    return found && typeof found === "object" ? found : {}
  } catch {
    return {}
  }
}

export default function thrum(amp) {
  if (typeof amp?.on !== "function") return
  const about = (event, context) => ({
    session: event?.thread?.id ?? context?.thread?.id ?? "",
    cwd: process.cwd(),
  })

  try {
    amp.on("agent.start", async (event, context) => {
      const { context: text } = await ask("agent.start", about(event, context))
      return text ? { message: { content: text, display: true } } : {}
    })
    amp.on("agent.end", async (event, context) => {
      const { turn } = await ask("agent.end", about(event, context))
      return turn ? { action: "continue", userMessage: turn } : undefined
    })
  } catch {}
}
