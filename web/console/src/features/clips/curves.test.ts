import { describe, expect, it } from 'vitest'
import type { SeenEvent } from '@/shared/api/events'
import { findBoxes, listFound } from './boxes'
import { drawCurve, findWindow, listCurves } from './curves'

const seen = (start: number, more: Partial<SeenEvent> = {}) =>
  ({ id: `w${start}`, start_s: start, end_s: start + 2, concepts: {}, detections: [], ...more }) as unknown as SeenEvent

const box = { left: 0.1, top: 0.2, right: 0.3, bottom: 0.4 }
const found = (time_s: number, label = 'person') => ({ label, score: 0.8, box, time_s, thing: 1 })

describe('curves', () => {
  const events = [seen(0, { concepts: { fall: 0.1, fight: 0.2 } }), seen(1, { concepts: { fall: 0.1, fight: 0.9 } })]

  it('are one for each concept, the most likely first, over the middles of the windows', () => {
    expect(listCurves(events).map((each) => [each.name, each.most])).toEqual([
      ['fight', 0.9],
      ['fall', 0.1],
    ])
    expect(listCurves(events)[0]?.points).toEqual([
      { at: 1, share: 0.2 },
      { at: 2, share: 0.9 },
    ])
  })

  it('are level where no window reaches', () => {
    expect(
      drawCurve(
        {
          points: [
            { at: 1, share: 0.2 },
            { at: 2, share: 0.9 },
          ],
        },
        3,
      ),
    ).toBe('M0 80.0L1.00 80.0L2.00 10.0H3.00')
    expect(drawCurve({ points: [] }, 3)).toBe('')
  })
})

describe('the window of a moment', () => {
  const events = [seen(0), seen(1), seen(2)]

  it('is the one whose middle is nearest', () => {
    expect(findWindow(events, 0.1)?.id).toBe('w0')
    expect(findWindow(events, 1.9)?.id).toBe('w1')
    expect(findWindow(events, 3.9)?.id).toBe('w2')
  })

  it('is none beyond the last', () => expect(findWindow(events, 4.5)).toBeUndefined())
})

describe('boxes', () => {
  const events = [seen(0, { detections: [found(0), found(1)] }), seen(1, { detections: [found(1), found(1.5, 'car')] })]

  it('of two windows that overlap are there once, by time', () => {
    expect(listFound(events).map((each) => each.time_s)).toEqual([0, 1, 1.5])
  })

  it('are those of the frame nearest to the moment, near enough to be true', () => {
    const all = listFound(events)
    expect(findBoxes(all, 1.1).map((each) => each.label)).toEqual(['person'])
    expect(findBoxes(all, 1.4).map((each) => each.label)).toEqual(['car'])
    expect(findBoxes(all, 0.5)).toEqual([])
    expect(findBoxes([], 1)).toEqual([])
  })
})
