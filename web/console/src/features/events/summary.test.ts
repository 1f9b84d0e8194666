import { describe, expect, it } from 'vitest'
import type { SeenEvent } from '@/shared/api/events'
import { countObjects, listConcepts } from './summary'

const box = { left: 0, top: 0, right: 1, bottom: 1 }
const found = (label: string, time_s: number, score = 0.6) => ({ label, score, box, time_s, thing: null })
const event = (more: Partial<SeenEvent>) =>
  ({ concepts: {}, detections: [], presence: null, ...more }) as unknown as SeenEvent

describe('what an event is summed up by', () => {
  it('is what is likelier than not, the likeliest first', () => {
    expect(listConcepts(event({ concepts: { fall: 0.5, fire: 0.1, fight: 0.9 } }))).toEqual([
      { name: 'fight', score: 0.9 },
      { name: 'fall', score: 0.5 },
    ])
  })

  it('counts the most on one frame where nothing was followed', () => {
    const detections = [found('person', 0), found('person', 0), found('person', 0.5, 0.9), found('car', 0.5)]
    expect(countObjects(event({ detections }))).toEqual([
      { label: 'person', count: 2, score: 0.9 },
      { label: 'car', count: 1, score: 0.6 },
    ])
  })

  it('counts the things that were followed', () => {
    const thing = (number: number) => ({ number, label: 'person', score: 0.5 + number / 10, stays: [], passages: [] })
    const presence = { looked_since_s: 0, labels: ['person'], things: [thing(1), thing(2)], traces: [] }
    expect(countObjects(event({ presence, detections: [found('person', 0)] }))).toEqual([
      { label: 'person', count: 2, score: 0.7 },
    ])
  })
})
