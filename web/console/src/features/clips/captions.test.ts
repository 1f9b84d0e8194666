import { describe, expect, it } from 'vitest'
import type { SeenEvent } from '@/shared/api/events'
import { listCues, writeVtt } from './captions'

type Word = NonNullable<SeenEvent['transcript']>['words'][number]

const word = (text: string, start_s: number): Word => ({ text, start_s, end_s: start_s + 0.3, confidence: null })
const heard = (start: number, words: Word[], text = words.map((each) => each.text).join(' ')) =>
  ({ start_s: start, end_s: start + 2, transcript: { text, words } }) as unknown as SeenEvent

describe('captions', () => {
  it('end where somebody pauses; what two windows heard was said once', () => {
    const windows = [heard(0, [word('give', 0.5), word('back', 1)]), heard(1, [word('back', 1), word('money', 3.5)])]
    expect(listCues(windows)).toEqual([
      { start: 0.5, end: 1.3, text: 'give back' },
      { start: 3.5, end: 3.8, text: 'money' },
    ])
  })

  it('last as long as the window where nobody knows when each word was said', () => {
    expect(listCues([heard(2, [], 'help')])).toEqual([{ start: 2, end: 4, text: 'help' }])
    expect(listCues([{ start_s: 0, end_s: 2, transcript: null } as unknown as SeenEvent])).toEqual([])
  })

  it('are written so that what was said cannot be anything but text', () => {
    const cues = [{ start: 3661.5, end: 3662, text: 'a <b>\n\n--> & c' }]
    expect(writeVtt(cues)).toBe('WEBVTT\n\n01:01:01.500 --> 01:01:02.000\na &lt;b&gt; --&gt; &amp; c\n')
  })
})
