import { describe, expect, it, vi } from 'vitest'
import type { Told } from './news'
import { EventParser } from './parse'
import { follow, type StreamTools } from './stream'

function answer(...pieces: string[]): Response {
  const text = pieces.map((each) => new TextEncoder().encode(each))
  const body = new ReadableStream({
    start(controller) {
      for (const each of text) controller.enqueue(each)
      controller.close()
    },
  })
  return new Response(body, { status: 200 })
}

const ALERT =
  'event: alert\ndata: {"id":"a1","change":"created","state":"raised","camera_id":null,"at":"t"}\nid: 7-1\n\n'

/** Answers one after the other; the last request ends it all. */
function tools(signal: AbortController, ...answers: (Response | Error)[]) {
  const asked: (string | null)[] = []
  const given: StreamTools = {
    fetch: vi.fn(async (_url, init) => {
      asked.push(new Headers(init?.headers).get('Last-Event-ID'))
      const next = answers.shift()
      if (answers.length === 0) queueMicrotask(() => signal.abort())
      if (!next || next instanceof Error) throw next ?? new Error('no more')
      return next
    }),
    wait: vi.fn(async () => undefined),
  }
  return { given, asked }
}

describe('EventParser', () => {
  it('puts events together that arrive in pieces, and leaves comments out', () => {
    const parser = new EventParser()
    expect(parser.take(': keep\n\nevent: al')).toEqual([])
    expect(parser.take('ert\ndata: {"a":\ndata: 1}\r\nid: 5-2\r\n\r\n')).toEqual([
      { event: 'alert', data: '{"a":\n1}', id: '5-2' },
    ])
  })
})

describe('follow', () => {
  it('goes on after the last event when the connection was lost, and says that it was', async () => {
    const ending = new AbortController()
    const { given, asked } = tools(ending, answer('id: 6-1\n\n', ALERT), new Error('down'), answer(ALERT))
    const told: Told[] = []
    await follow((each) => told.push(each), ending.signal, undefined, given)
    expect(asked).toEqual([null, '7-1', '7-1'])
    expect(told.filter((each) => each.kind === 'connection').map((each) => each.connection)).toEqual([
      'open',
      'lost',
      'open',
    ])
    expect(told.filter((each) => each.kind === 'news')).toHaveLength(2)
    expect(given.wait).toHaveBeenCalledTimes(1)
  })

  it('ends where nobody is signed in any more', async () => {
    const ending = new AbortController()
    const { given } = tools(ending, new Response('', { status: 401 }), new Error('never asked'))
    const told: Told[] = []
    await follow((each) => told.push(each), ending.signal, '3-1', given)
    expect(told).toEqual([{ kind: 'connection', connection: 'refused' }])
    expect(given.fetch).toHaveBeenCalledTimes(1)
  })

  it('tells of a gap', async () => {
    const ending = new AbortController()
    const { given } = tools(ending, answer('event: gap\ndata: {}\nid: 9-9\n\n'), new Error('end'))
    const told: Told[] = []
    await follow((each) => told.push(each), ending.signal, '1-1', given)
    expect(told).toContainEqual({ kind: 'gap', cursor: '9-9' })
  })

  it('says that something may have been missed before it first knew where to go on, once', async () => {
    const ending = new AbortController()
    const { given } = tools(ending, new Error('down'), answer('id: 4-4\n\n', ALERT), answer(ALERT))
    const told: Told[] = []
    await follow((each) => told.push(each), ending.signal, undefined, given)
    expect(told.slice(1, 3)).toEqual([
      { kind: 'connection', connection: 'open' },
      { kind: 'gap', cursor: undefined },
    ])
    expect(told.filter((each) => each.kind === 'gap')).toHaveLength(1)
  })
})
