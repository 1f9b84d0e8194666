/** What was said in a clip, as the captions that browsers show (WebVTT). */
import type { SeenEvent } from '@/shared/api/events'

export interface Cue {
  start: number
  end: number
  text: string
}

type Word = NonNullable<SeenEvent['transcript']>['words'][number]

const MOST_LETTERS = 60
const MOST_S = 5
const PAUSE_S = 0.8

/** A cue ends where somebody pauses, and before it is too long to be read. */
export function listCues(events: readonly SeenEvent[]): Cue[] {
  const cues: Cue[] = []
  for (const word of listWords(events)) {
    const last = cues.at(-1)
    const isNext =
      last !== undefined &&
      word.start_s - last.end <= PAUSE_S &&
      word.end_s - last.start <= MOST_S &&
      last.text.length + word.text.length < MOST_LETTERS
    if (isNext) {
      last.text += ` ${word.text}`
      last.end = word.end_s
    } else cues.push({ start: word.start_s, end: word.end_s, text: word.text })
  }
  return [...cues, ...listWhole(events)].sort((one, other) => one.start - other.start)
}

/** In the order they were said; windows overlap, and a word of two of them was said once. */
function listWords(events: readonly SeenEvent[]): Word[] {
  const words = events.flatMap((event) => event.transcript?.words ?? [])
  const once = new Map(words.map((word) => [`${word.start_s.toFixed(2)} ${word.text}`, word]))
  return [...once.values()].sort((one, other) => one.start_s - other.start_s)
}

/** Of what was heard without the time of each word: for as long as its window. */
function listWhole(events: readonly SeenEvent[]): Cue[] {
  return events
    .filter(({ transcript }) => transcript?.text && transcript.words.length === 0)
    .map((event) => ({ start: event.start_s, end: event.end_s, text: event.transcript?.text ?? '' }))
}

export function writeVtt(cues: readonly Cue[]): string {
  const written = cues.map(({ start, end, text }) => `${stamp(start)} --> ${stamp(end)}\n${escapeText(text)}\n`)
  return ['WEBVTT\n', ...written].join('\n')
}

function stamp(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds * 1000))
  const parts = [whole / 3_600_000, (whole / 60_000) % 60, (whole / 1000) % 60]
  const clock = parts.map((each) => String(Math.floor(each)).padStart(2, '0')).join(':')
  return `${clock}.${String(whole % 1000).padStart(3, '0')}`
}

/** A line that is empty would end the cue, an arrow make it another. */
function escapeText(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
