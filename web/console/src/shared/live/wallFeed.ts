/** All live pictures of this tab over one web socket: a browser opens six connections to a service, and streams keep theirs. */
import { readPicture, type WallPicture, type WallProblem, type Wish } from './messages'

const TOGETHER_MS = 30
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 10_000
/** A socket that nobody needs is closed after so long. */
const IDLE_MS = 10_000
/** Where nothing comes for so long, it is opened anew: pictures come, or why there are none is said again. */
const QUIET_MS = 20_000

export interface Watcher {
  take: (picture: WallPicture) => void
  tell: (problem: WallProblem) => void
}

type Wanted = Omit<Wish, 'id'>
type Timer = ReturnType<typeof setTimeout> | undefined

export class WallFeed {
  readonly #open: () => WebSocket
  readonly #watchers = new Map<string, Map<Watcher, Wanted>>()
  #socket: WebSocket | undefined
  #said = ''
  #wait_ms = FIRST_WAIT_MS
  #saying: Timer
  #opening: Timer
  #closing: Timer
  #silence: Timer

  /** Heeds the tab and the network until `signal` ends it; for good without one. */
  constructor(open: () => WebSocket, signal?: AbortSignal) {
    this.#open = open
    const until = signal ? { signal } : undefined
    document.addEventListener('visibilitychange', () => this.#say(), until)
    addEventListener('online', () => this.#connect(), until)
    addEventListener('offline', () => this.#socket?.close(), until)
  }

  /** Show `watcher` a camera until what is returned is called. */
  watch(cameraId: string, wanted: Wanted, watcher: Watcher): () => void {
    const watchers = this.#watchers.get(cameraId) ?? new Map<Watcher, Wanted>()
    this.#watchers.set(cameraId, watchers.set(watcher, wanted))
    this.#say()
    return () => {
      watchers.delete(watcher)
      if (watchers.size === 0 && this.#watchers.get(cameraId) === watchers) this.#watchers.delete(cameraId)
      this.#say()
    }
  }

  /** Nobody looks at a tab that is hidden. */
  #listWishes(): Wish[] {
    if (document.hidden) return []
    return [...this.#watchers].map(([id, watchers]) => {
      const all = [...watchers.values()]
      return { id, width: Math.max(...all.map((each) => each.width)), fps: Math.max(...all.map((each) => each.fps)) }
    })
  }

  #say(): void {
    this.#saying ??= setTimeout(() => {
      this.#saying = undefined
      this.#sayNow()
    }, TOGETHER_MS)
  }

  #sayNow(): void {
    const wishes = this.#listWishes()
    clearTimeout(this.#closing)
    if (wishes.length > 0 && !this.#socket) this.#connect()
    if (this.#socket?.readyState !== WebSocket.OPEN) return
    if (wishes.length === 0) this.#closing = setTimeout(() => this.#socket?.close(), IDLE_MS)
    const draft = JSON.stringify({ cameras: wishes })
    if (draft === this.#said) return
    this.#said = draft
    this.#socket.send(draft)
    this.#listenForSilence()
  }

  #connect(): void {
    clearTimeout(this.#opening)
    this.#opening = undefined
    if (this.#socket || this.#listWishes().length === 0) return
    const socket = this.#open()
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    this.#said = ''
    socket.onopen = () => this.#sayNow()
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => this.#hear(data)
    socket.onclose = () => this.#end()
  }

  #hear(data: ArrayBuffer | string): void {
    this.#wait_ms = FIRST_WAIT_MS
    this.#listenForSilence()
    if (typeof data === 'string') {
      const problem = JSON.parse(data) as WallProblem
      for (const watcher of this.#watchers.get(problem.camera_id)?.keys() ?? []) watcher.tell(problem)
      return
    }
    const picture = readPicture(data)
    for (const watcher of this.#watchers.get(picture.header.camera_id)?.keys() ?? []) watcher.take(picture)
  }

  #listenForSilence(): void {
    clearTimeout(this.#silence)
    if (this.#listWishes().length > 0) this.#silence = setTimeout(() => this.#socket?.close(), QUIET_MS)
  }

  #end(): void {
    clearTimeout(this.#silence)
    clearTimeout(this.#closing)
    this.#socket = undefined
    if (this.#listWishes().length === 0) return
    this.#opening = setTimeout(() => this.#connect(), this.#wait_ms)
    this.#wait_ms = Math.min(this.#wait_ms * 2, LONGEST_WAIT_MS)
  }
}

/** The tab's own; made when a page first needs it. */
let feed: WallFeed | undefined

export function findWallFeed(): WallFeed {
  feed ??= new WallFeed(() => new WebSocket(`${location.origin.replace(/^http/, 'ws')}/live`))
  return feed
}
