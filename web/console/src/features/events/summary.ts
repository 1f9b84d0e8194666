/** What is worth a word of an event. */
import type { SeenEvent } from '@/shared/api/events'

const WORTH = 0.5

/** The concepts that are more likely than not, the likeliest first. */
export function listConcepts(event: SeenEvent, least = WORTH): { name: string; score: number }[] {
  return Object.entries(event.concepts)
    .map(([name, score]) => ({ name, score }))
    .filter((each) => each.score >= least)
    .sort((one, other) => other.score - one.score)
}

interface Counted {
  label: string
  count: number
  /** Of the best of them. */
  score: number
}

/**
 * How many there are of each label: things that were followed, where they were; else the most on one frame, since the
 * same is detected on many.
 */
export function countObjects(event: SeenEvent): Counted[] {
  const found = new Map<string, Counted>()
  const add = (label: string, count: number, score: number) => {
    const known = found.get(label)
    found.set(label, { label, count: Math.max(known?.count ?? 0, count), score: Math.max(known?.score ?? 0, score) })
  }
  const things = event.presence?.things ?? []
  for (const thing of things) add(thing.label, things.filter((each) => each.label === thing.label).length, thing.score)
  if (things.length === 0) for (const [label, count, score] of countOnFrames(event)) add(label, count, score)
  return [...found.values()].sort((one, other) => other.count - one.count || one.label.localeCompare(other.label))
}

function countOnFrames(event: SeenEvent): [string, number, number][] {
  return event.detections.map(({ label, score, time_s: at }) => [
    label,
    event.detections.filter((each) => each.label === label && each.time_s === at).length,
    score,
  ])
}
