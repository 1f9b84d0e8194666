/** What somebody looks for among the events: what the address carries, the service is asked, and news is held against. */
import type { SeenEvent } from '@/shared/api/events'

export interface Sought {
  camera?: string
  /** The list begins with this minute and goes back from it: `2026-11-28T14:05Z`. */
  at?: string
  /** Words of the sentence or of what was said. */
  q?: string
  concept?: string
  label?: string
  /** The least score of concept and label; what is left out is USUAL_SCORE. */
  score?: number
}

export const USUAL_SCORE = 0.5
export const SCORES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const
const MINUTE_MS = 60_000
/** What is shorter has to be a whole word: the service looks for it so. */
const LEAST_BEGINNING = 3
const MOST_SCORE = 0.999
const ROUNDING = 1e-9

/** The end of the minute that is looked at: what began in it is part of it. */
export function findUntil({ at }: Sought): Date | undefined {
  return at === undefined ? undefined : new Date(Date.parse(at) + MINUTE_MS)
}

/** As the service is asked. */
export function toQuery(sought: Sought) {
  return {
    camera_id: sought.camera,
    until: findUntil(sought)?.toISOString(),
    text: sought.q,
    concept: sought.concept,
    label: sought.label,
    min_score: sought.score,
  }
}

/** Whether an event that news tells of belongs into a list, as the service would decide. */
export function fits(sought: Sought, event: SeenEvent): boolean {
  const until = findUntil(sought)
  if (sought.camera && event.camera_id !== sought.camera) return false
  if (until && Date.parse(event.occurred_at) >= until.getTime()) return false
  const least = sought.score ?? USUAL_SCORE
  if (sought.concept && !reaches(event.concepts[sought.concept], least)) return false
  if (sought.label && !reaches(findBest(event, sought.label), least)) return false
  return !sought.q || holdsWords([event.caption.text, event.transcript?.text ?? ''], sought.q)
}

/** The service counts in tenths that a score has reached. */
function reaches(score: number | undefined, least: number): boolean {
  if (score === undefined) return false
  return Math.floor(Math.min(score, MOST_SCORE) * 10 + ROUNDING) >= Math.round(least * 10)
}

/** The best score of something of a label; undefined where there is none. */
export function findBest(event: SeenEvent, label: string): number | undefined {
  const seen = [...event.detections, ...(event.presence?.things ?? [])].filter((each) => each.label === label)
  return seen.length > 0 ? Math.max(...seen.map((each) => each.score)) : undefined
}

/** Whether all words that are looked for are there, each from its beginning, without case and accents. */
export function holdsWords(texts: readonly string[], looked: string): boolean {
  const there = texts.flatMap(listWords)
  const wanted = listWords(looked)
  return (
    wanted.length > 0 &&
    wanted.every((word) =>
      there.some((each) => (word.length >= LEAST_BEGINNING ? each.startsWith(word) : each === word)),
    )
  )
}

function listWords(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return plain.match(/[\p{L}\p{N}]+/gu) ?? []
}
