// Written by `thrum setup`; `thrum setup remove` takes it away. OpenCode starts no commands at its
// events, so this asks Thrum at each moment and does what it answers. Whatever goes wrong, the
// session goes on as if this were not here. It has no types, so it is JavaScript as well.
import { spawn } from "node:child_process"

const THRUM = "__THRUM__"
const PATIENCE_MS = 5000
const LEAVE_MS = 330_000

// `opencode run` ends with its turn: a turn that begins then is cut off, and what it says is lost.
const IS_ONE_TURN = process.argv.includes("run")

function ask(event, given, cwd, how = {}) {
  return run([event, "--runtime", "opencode"], given, { cwd, timeout: PATIENCE_MS, ...how })
}

// Answered when mail comes to a session that is idle, in hours maybe. It ends with OpenCode.
function wait(given, cwd) {
  return run(["session.idle", "--runtime", "opencode", "--wake"], given, { cwd }, (child) => {
    child.unref()
    child.stdout.unref?.()
  })
}

function run(words, given, how, begun = () => {}) {
  return new Promise((resolve) => {
    try {
      const child = spawn(THRUM, ["hook", ...words], { ...how, stdio: ["pipe", "pipe", "ignore"] })
      let said = ""
      child.stdout.on("data", (part) => (said += part))
      child.stdin.on("error", () => {})
      child.on("error", () => resolve({}))
      child.on("close", () => resolve(understood(said)))
      child.stdin.end(JSON.stringify(given))
      begun(child)
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

export const Thrum = async ({ client, directory }) => {
  const begun = new Set()
  const compacted = new Set()
  const helpers = new Set()
  const waiting = new Set()
  const asking = new Map()
  const ours = new Map()

  const about = (session, more = {}) => ({
    session,
    cwd: directory,
    subagent: helpers.has(session),
    ...more,
  })

  const tell = (event, session, more = {}, how = {}) =>
    typeof session === "string" && session
      ? ask(event, about(session, more), directory, how)
      : Promise.resolve({})

  // Its own dialog is open meanwhile. Whoever is first has answered, and for this once.
  async function permitted(session, permission, more) {
    const over = new AbortController()
    asking.set(permission, over)
    const how = { timeout: LEAVE_MS, signal: over.signal }
    const { decision } = await tell("permission.asked", session, more, how)
    asking.delete(permission)
    const response = { allow: "once", deny: "reject" }[decision]
    if (!response || over.signal.aborted) return
    await client.postSessionIdPermissionsPermissionId({
      path: { id: session, permissionID: permission },
      body: { response },
    })
  }

  async function ended(session) {
    const { turn } = await tell("session.idle", session)
    if (turn) await begin(session, turn)
    else await woken(session)
  }

  async function begin(session, text) {
    if (!text || helpers.has(session)) return
    ours.set(session, text)
    const parts = [{ type: "text", text }]
    await client.session.prompt({ path: { id: session }, body: { parts } })
  }

  async function woken(session) {
    if (typeof session !== "string" || !session) return
    if (helpers.has(session) || waiting.has(session)) return
    waiting.add(session)
    const { turn } = await wait(about(session), directory)
    waiting.delete(session)
    await begin(session, turn)
  }

  return {
    event: async ({ event }) => {
      try {
        const about = event?.properties ?? {}
        const session = about.sessionID ?? about.info?.id
        if (event?.type === "session.created" && about.info?.parentID) helpers.add(session)
        if (event?.type === "session.deleted") await tell("session.deleted", session)
        if (event?.type === "session.compacted") {
          await tell("session.compacted", session)
          // With the next message it is told anew who it is.
          if (begun.delete(session)) compacted.add(session)
        }
        if (event?.type === "permission.asked" || event?.type === "permission.updated") {
          const tool = about.permission ?? about.type
          const details = about.title ?? JSON.stringify(about.patterns ?? about.pattern ?? "")
          // Not awaited: the event that it was answered would come no sooner.
          permitted(session, about.id, { tool, details }).catch(() => {})
        }
        if (event?.type === "permission.replied") {
          asking.get(about.requestID ?? about.permissionID)?.abort()
        }
        // Not awaited: a turn that begins here ends in an event of its own.
        if (event?.type === "session.idle" && !IS_ONE_TURN) ended(session).catch(() => {})
      } catch {}
    },

    "chat.message": async (input, output) => {
      try {
        const session = input?.sessionID
        const last = output?.parts?.at(-1)
        if (!last?.id) return
        const said = []
        if (!begun.has(session)) {
          begun.add(session)
          const why = compacted.delete(session) ? { source: "compact" } : {}
          said.push((await tell("session.created", session, why)).context ?? "")
        }
        const own = ours.get(session)
        const continued = Boolean(own) && output?.parts?.some((part) => part?.text === own)
        if (continued) ours.delete(session)
        said.push((await tell("chat.message", session, { continued })).context ?? "")
        const text = said.filter(Boolean).join("\n\n")
        if (!text) return
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

    "tool.execute.after": async (input, output) => {
      try {
        // A tool of OpenCode gives a text, one of a server a list. Of anything else nobody would
        // read what is said, so nothing is asked then.
        const isText = typeof output?.output === "string"
        if (!isText && !Array.isArray(output?.content)) return
        const { context } = await tell("tool.execute.after", input?.sessionID, {
          tool: input?.tool,
        })
        if (!context) return
        if (isText) output.output += `\n\n${context}`
        else output.content.push({ type: "text", text: context })
      } catch {}
    },
  }
}
