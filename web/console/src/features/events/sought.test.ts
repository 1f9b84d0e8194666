import { describe, expect, it } from 'vitest'
import type { SeenEvent } from '@/shared/api/events'
import { fits, holdsWords, toQuery } from './sought'

const seen = (more: Partial<SeenEvent> = {}): SeenEvent => ({
  id: 'e',
  clip_id: null,
  camera_id: 'door',
  occurred_at: '2026-11-28T14:05:30Z',
  start_s: 0,
  end_s: 2,
  caption: { text: 'Two men are fighting near the café', score: 0.4 },
  hypotheses: [],
  concepts: { fight: 0.58 },
  concepts_before: {},
  detections: [{ label: 'person', score: 0.82, box: { left: 0, top: 0, right: 1, bottom: 1 }, time_s: 1, thing: null }],
  presence: null,
  pictured_s: 1,
  transcript: null,
  zones: {},
  has_snapshot: true,
  has_evidence: false,
  ...more,
})

describe('what is looked for', () => {
  it('holds the minute that was chosen, and nothing after it', () => {
    expect(toQuery({ at: '2026-11-28T14:05Z' }).until).toBe('2026-11-28T14:06:00.000Z')
    expect(fits({ at: '2026-11-28T14:05Z' }, seen())).toBe(true)
    expect(fits({ at: '2026-11-28T14:04Z' }, seen())).toBe(false)
  })

  it('is one camera where one was chosen', () => {
    expect(fits({ camera: 'door' }, seen())).toBe(true)
    expect(fits({ camera: 'yard' }, seen())).toBe(false)
  })

  it('reaches its least score in tenths, as the service counts', () => {
    expect(fits({ concept: 'fight' }, seen())).toBe(true)
    expect(fits({ concept: 'fight', score: 0.6 }, seen())).toBe(false)
    expect(fits({ concept: 'fight', score: 0.3 }, seen({ concepts: { fight: 0.3 } }))).toBe(true)
    expect(fits({ concept: 'fall' }, seen())).toBe(false)
    expect(fits({ label: 'person', score: 0.8 }, seen())).toBe(true)
    expect(fits({ label: 'knife' }, seen())).toBe(false)
  })

  it('may be words of both the sentence and what was said', () => {
    const transcript = { hearing: 'heard', engine: 'local', text: 'give back my money' } as SeenEvent['transcript']
    expect(fits({ q: 'fight money' }, seen({ transcript }))).toBe(true)
    expect(fits({ q: 'fight money' }, seen())).toBe(false)
  })
})

describe('words', () => {
  const text = ['Two men are fighting near the café']

  it('are found from their beginning, without case and accents', () => {
    expect(holdsWords(text, 'FIGHT cafe')).toBe(true)
    expect(holdsWords(text, 'ighting')).toBe(false)
  })

  it('of two letters are whole words', () => {
    expect(holdsWords(text, 'me')).toBe(false)
    expect(holdsWords(['they tell me'], 'me')).toBe(true)
  })

  it('that are only marks find nothing', () => expect(holdsWords(text, '…')).toBe(false))
})
