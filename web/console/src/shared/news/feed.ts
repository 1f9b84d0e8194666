/**
 * What changes, told to every tab of this browser over one connection: the tab that holds a lock follows the stream
 * and passes on what comes. When it is closed, the next one has the lock and goes on where the last was.
 */
import type { Connection, Told } from './news'
import { follow } from './stream'

const NAME = 'instantreact-news'

type Listener = (told: Told) => void

export class Feed {
  readonly #listeners = new Set<Listener>()
  readonly #watchers = new Set<() => void>()
  #connection: Connection = 'opening'
  #cursor: string | undefined
  #isLeading = false
  #ending: AbortController | undefined
  #channel: BroadcastChannel | undefined

  get connection(): Connection {
    return this.#connection
  }

  /** Begin to follow, as soon as somebody is signed in; once. */
  start(): void {
    if (this.#ending) return
    const ending = new AbortController()
    this.#ending = ending
    this.#set('opening')
    if (typeof BroadcastChannel !== 'undefined') {
      this.#channel = new BroadcastChannel(NAME)
      this.#channel.onmessage = ({ data }: MessageEvent<Told>) => this.#hear(data)
      this.#channel.postMessage({ kind: 'hello' } satisfies Told)
    }
    void this.#lead(ending.signal)
  }

  stop(): void {
    this.#ending?.abort()
    this.#channel?.close()
    this.#ending = undefined
    this.#channel = undefined
    this.#cursor = undefined
  }

  /** Somebody signed out, or their session has ended: so it is in every tab. */
  tellSignedOut(): void {
    this.#channel?.postMessage({ kind: 'signed-out' } satisfies Told)
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Call `watcher` whenever the connection is lost or back; for useSyncExternalStore. */
  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const lead = async () => {
      this.#isLeading = true
      await follow((told) => this.#tellAll(told), signal, this.#cursor)
      this.#isLeading = false
    }
    // Locks are for pages that came by https or from this machine; elsewhere each tab has a connection of its own.
    if (!('locks' in navigator) || !this.#channel) return lead()
    await navigator.locks.request(NAME, { signal }, lead).catch(() => undefined)
  }

  #tellAll(told: Told): void {
    this.#channel?.postMessage(told)
    this.#hear(told)
  }

  #hear(told: Told): void {
    if (told.kind === 'hello') {
      if (this.#isLeading) this.#channel?.postMessage({ kind: 'connection', connection: this.#connection })
      return
    }
    if ('cursor' in told) this.#cursor = told.cursor ?? this.#cursor
    if (told.kind === 'connection') this.#set(told.connection)
    for (const listener of this.#listeners) listener(told)
  }

  #set(connection: Connection): void {
    this.#connection = connection
    for (const watcher of this.#watchers) watcher()
  }
}

export const feed = new Feed()
