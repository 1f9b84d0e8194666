import { describe, expect, it } from 'vitest'
import { type Clip, type Send, type Sent, Uploads } from './uploads'

const file = (name: string) => new File(['12345678'], name)
const settle = () => new Promise((resolve) => setTimeout(resolve))

/** A service whose answers are given by hand. */
function makeService() {
  const asked: {
    name: string
    onSent: (bytes: number) => void
    answer: (sent: Sent) => void
    refuse: (why: Error) => void
  }[] = []
  const send: Send = (given, _draft, onSent) => {
    let answer: (sent: Sent) => void = () => undefined
    let refuse: (why: Error) => void = () => undefined
    const done = new Promise<Sent>((resolve, reject) => {
      answer = resolve
      refuse = reject
    })
    asked.push({ name: given.name, onSent, answer, refuse })
    return { done, stop: () => refuse(new DOMException('', 'AbortError')) }
  }
  return { asked, uploads: new Uploads(send) }
}

const filed = { clip: { id: 'c' } as Clip, isKnown: false }
const states = (uploads: Uploads) => uploads.all.map((each) => each.state)

describe('uploads', () => {
  it('go one after the other, and tell how far they are', async () => {
    const { asked, uploads } = makeService()
    const told: string[] = []
    uploads.whenFiled((clip) => told.push(clip.id))
    uploads.add([file('a.mp4'), file('b.mp4')], {})
    expect(states(uploads)).toEqual(['sending', 'waiting'])
    asked[0]?.onSent(5)
    expect(uploads.all[0]?.sent).toBe(5)
    asked[0]?.answer(filed)
    await settle()
    expect(states(uploads)).toEqual(['filed', 'sending'])
    expect(told).toEqual(['c'])
  })

  it('go on after one that is refused, which says why and may be sent again', async () => {
    const { asked, uploads } = makeService()
    uploads.add([file('a.txt'), file('b.mp4')], {})
    asked[0]?.refuse(new Error('no footage'))
    await settle()
    expect(states(uploads)).toEqual(['refused', 'sending'])
    expect(uploads.all[0]?.error).toEqual(new Error('no footage'))
    asked[1]?.answer(filed)
    await settle()
    uploads.retry(uploads.all[0]?.id ?? 0)
    expect(asked.map((each) => each.name)).toEqual(['a.txt', 'b.mp4', 'a.txt'])
  })

  it('that are given up make room for the next', async () => {
    const { asked, uploads } = makeService()
    uploads.add([file('a.mp4'), file('b.mp4')], {})
    uploads.remove(uploads.all[0]?.id ?? 0)
    await settle()
    expect(asked.map((each) => each.name)).toEqual(['a.mp4', 'b.mp4'])
    expect(uploads.all.map((each) => each.file.name)).toEqual(['b.mp4'])
  })
})
