/** One connection to `GET /stream`, opened again as long as somebody listens. */
import { type Connection, isTopic, type News, type Told } from './news'
import { EventParser, type ServerEvent } from './parse'

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 10_000
/** The service gives a sign of life each 15 s: a connection that is quiet for longer is none. */
const QUIET_MS = 40_000

export interface StreamTools {
  fetch: typeof fetch
  wait: (ms: number, signal: AbortSignal) => Promise<void>
}

export const BROWSER: StreamTools = { fetch: (...given) => fetch(...given), wait: waitOrOnline }

/** Tells what comes until `signal` ends it; `cursor` is where to go on, undefined for what is new from now on. */
export async function follow(
  tell: (told: Told) => void,
  signal: AbortSignal,
  cursor: string | undefined,
  tools: StreamTools = BROWSER,
): Promise<void> {
  let after = cursor
  let wait_ms = FIRST_WAIT_MS
  let connection: Connection = 'opening'
  const say = (next: Connection) => {
    if (next !== connection) tell({ kind: 'connection', connection: next })
    connection = next
  }
  while (!signal.aborted) {
    const isBlind = after === undefined
    const ended = await readOnce(after, signal, tools, (told) => {
      say('open')
      wait_ms = FIRST_WAIT_MS
      // What changed between the first reading of a page and this moment is told by nobody.
      if (isBlind && after === undefined) tell({ kind: 'gap', cursor: undefined })
      if ('cursor' in told) after = told.cursor ?? after
      tell(told)
    })
    if (signal.aborted) return
    if (ended === 'refused') return say('refused')
    if (ended === 'ended') continue // as each stream does after some minutes
    say('lost')
    await tools.wait(wait_ms, signal)
    wait_ms = Math.min(wait_ms * 2, LONGEST_WAIT_MS)
  }
}

type Ended = 'refused' | 'ended' | 'lost'

async function readOnce(
  after: string | undefined,
  signal: AbortSignal,
  tools: StreamTools,
  take: (told: Told) => void,
): Promise<Ended> {
  const silence = new Silence(signal)
  try {
    const headers: Record<string, string> = { Accept: 'text/event-stream', ...(after && { 'Last-Event-ID': after }) }
    const answer = await tools.fetch('/stream', { headers, signal: silence.signal, cache: 'no-store' })
    if (answer.status === 401) return 'refused'
    if (!answer.ok || answer.body === null) return 'lost'
    const parser = new EventParser()
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    let count = 0
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      silence.end()
      for (const event of parser.take(value ?? '')) {
        take(toTold(event))
        count += 1
      }
    }
    return count > 0 ? 'ended' : 'lost'
  } catch {
    return 'lost'
  } finally {
    silence.stop()
  }
}

/** Ends a connection of which nothing comes any more. */
class Silence {
  readonly #controller = new AbortController()
  readonly #stop: () => void
  #timer: ReturnType<typeof setTimeout>

  constructor(outer: AbortSignal) {
    const abort = () => this.#controller.abort()
    outer.addEventListener('abort', abort)
    addEventListener('offline', abort) // the browser knows at once; the connection would only be quiet
    this.#timer = setTimeout(abort, QUIET_MS)
    this.#stop = () => {
      outer.removeEventListener('abort', abort)
      removeEventListener('offline', abort)
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#controller.abort(), QUIET_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#stop()
  }
}

export function toTold(event: ServerEvent): Told {
  if (event.event === 'gap') return { kind: 'gap', cursor: event.id }
  if (!isTopic(event.event)) return { kind: 'beat', cursor: event.id }
  const news = { ...(JSON.parse(event.data) as Omit<News, 'topic'>), topic: event.event }
  return { kind: 'news', news, cursor: event.id }
}

/** Until the time is over, or the network is back. */
function waitOrOnline(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      removeEventListener('online', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    addEventListener('online', done)
    signal.addEventListener('abort', done)
  })
}
