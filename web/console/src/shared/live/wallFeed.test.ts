import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findWidth, readPicture, type WallPicture, type WallProblem } from './messages'
import { WallFeed } from './wallFeed'

class FakeSocket {
  readyState: number = WebSocket.CONNECTING
  readonly sent: { id: string; width: number; fps: number }[][] = []
  binaryType = ''
  onopen: (() => void) | undefined
  onclose: (() => void) | undefined
  onmessage: ((event: { data: ArrayBuffer | string }) => void) | undefined

  open(): void {
    this.readyState = WebSocket.OPEN
    this.onopen?.()
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text).cameras)
  }

  close(): void {
    if (this.readyState === WebSocket.CLOSED) return
    this.readyState = WebSocket.CLOSED
    this.onclose?.()
  }
}

function writePicture(cameraId: string, jpeg: string): ArrayBuffer {
  const header = new TextEncoder().encode(JSON.stringify({ camera_id: cameraId, number: 1, age_s: 0.1, motion: 0.02 }))
  const message = new Uint8Array([0, header.length, ...header, ...new TextEncoder().encode(jpeg)])
  return message.buffer
}

const sockets: FakeSocket[] = []
const taken: WallPicture[] = []
const told: WallProblem[] = []
const watcher = {
  take: (picture: WallPicture) => taken.push(picture),
  tell: (problem: WallProblem) => told.push(problem),
}
const WANTED = { width: 480, fps: 5 }
let isHidden = false
let ending: AbortController

function start(): { feed: WallFeed; socket: () => FakeSocket } {
  const feed = new WallFeed(() => {
    sockets.push(new FakeSocket())
    return sockets.at(-1) as unknown as WebSocket
  }, ending.signal)
  return { feed, socket: () => sockets.at(-1) ?? new FakeSocket() }
}

function setHidden(hidden: boolean): void {
  isHidden = hidden
  document.dispatchEvent(new Event('visibilitychange'))
  vi.advanceTimersByTime(100)
}

beforeEach(() => {
  vi.useFakeTimers()
  isHidden = false
  ending = new AbortController()
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => isHidden)
  for (const list of [sockets, taken, told]) list.length = 0
})

afterEach(() => {
  ending.abort()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('the pictures of a tab', () => {
  it('come over one socket, which is told once of all that is to be seen', () => {
    const { feed, socket } = start()
    feed.watch('a', WANTED, watcher)
    feed.watch('b', WANTED, watcher)
    feed.watch('a', { width: 1280, fps: 2 }, watcher)
    vi.advanceTimersByTime(100)
    socket().open()
    expect(sockets).toHaveLength(1)
    expect(socket().sent).toEqual([
      [
        { id: 'a', width: 1280, fps: 2 },
        { id: 'b', width: 480, fps: 5 },
      ],
    ])
  })

  it('go to those who look at that camera, and so does why there are none', async () => {
    const { feed, socket } = start()
    const stop = feed.watch('a', WANTED, watcher)
    feed.watch('b', WANTED, { take: () => expect.unreachable(), tell: () => expect.unreachable() })
    vi.advanceTimersByTime(100)
    socket().open()
    socket().onmessage?.({ data: writePicture('a', 'jpeg') })
    socket().onmessage?.({ data: JSON.stringify({ camera_id: 'a', status: 503, detail: 'It is lost.' }) })
    expect(taken.map((each) => each.header.motion)).toEqual([0.02])
    expect(told.map((each) => each.detail)).toEqual(['It is lost.'])
    stop()
    socket().onmessage?.({ data: writePicture('a', 'jpeg') })
    expect(taken).toHaveLength(1)
  })

  it('stop while the tab is hidden, and come again', () => {
    const { feed, socket } = start()
    feed.watch('a', WANTED, watcher)
    vi.advanceTimersByTime(100)
    socket().open()
    setHidden(true)
    expect(socket().sent.at(-1)).toEqual([])
    setHidden(false)
    expect(
      socket()
        .sent.at(-1)
        ?.map((each) => each.id),
    ).toEqual(['a'])
    setHidden(true)
    vi.advanceTimersByTime(15_000)
    expect(socket().readyState).toBe(WebSocket.CLOSED)
    expect(sockets).toHaveLength(1)
    setHidden(false)
    expect(sockets).toHaveLength(2)
  })

  it('are asked for again after the connection was lost, more and more patiently', () => {
    const { feed, socket } = start()
    feed.watch('a', WANTED, watcher)
    vi.advanceTimersByTime(100)
    const waited = [500, 1000, 2000].map((wait_ms) => {
      socket().close()
      vi.advanceTimersByTime(wait_ms - 1)
      const before = sockets.length
      vi.advanceTimersByTime(1)
      return sockets.length - before
    })
    expect(waited).toEqual([1, 1, 1])
    socket().open()
    expect(socket().sent).toHaveLength(1)
    socket().onmessage?.({ data: writePicture('a', 'jpeg') })
    socket().close()
    vi.advanceTimersByTime(500)
    expect(sockets).toHaveLength(5)
  })

  it('are asked for again at once when the network is back, and where nothing comes any more', () => {
    const { feed, socket } = start()
    feed.watch('a', WANTED, watcher)
    vi.advanceTimersByTime(100)
    socket().open()
    dispatchEvent(new Event('offline'))
    dispatchEvent(new Event('online'))
    expect(sockets).toHaveLength(2)
    socket().open()
    vi.advanceTimersByTime(20_000)
    expect(socket().readyState).toBe(WebSocket.CLOSED)
  })

  it('need no socket when nobody looks', () => {
    const { feed, socket } = start()
    const stop = feed.watch('a', WANTED, watcher)
    vi.advanceTimersByTime(100)
    socket().open()
    stop()
    vi.advanceTimersByTime(20_000)
    expect(socket().sent.at(-1)).toEqual([])
    expect(socket().readyState).toBe(WebSocket.CLOSED)
    vi.advanceTimersByTime(60_000)
    expect(sockets).toHaveLength(1)
  })
})

it('a picture is read as it was sent', async () => {
  const { header, jpeg } = readPicture(writePicture('a', 'jpeg'))
  expect(header).toEqual({ camera_id: 'a', number: 1, age_s: 0.1, motion: 0.02 })
  expect([jpeg.type, await jpeg.text()]).toEqual(['image/jpeg', 'jpeg'])
})

it.each([
  [100, 1, 160],
  [161, 1, 320],
  [300, 2, 640],
  [300, 3, 640],
  [5000, 1, 1920],
])('%i pixels at a density of %i are asked for as %i', (css_px, density, width) => {
  expect(findWidth(css_px, density)).toBe(width)
})
