/** Which boxes are drawn at a moment of a clip. */
import type { SeenEvent } from '@/shared/api/events'

export type Found = SeenEvent['detections'][number]

/** Detections come twice a second: each stands for the moments around it. */
const REACH_S = 0.35
const SAME_MOMENT_S = 0.002

/** All of a clip, by time; windows overlap, and what two of them hold is one. */
export function listFound(events: readonly SeenEvent[]): Found[] {
  const all = new Map<string, Found>()
  for (const found of events.flatMap((event) => event.detections)) {
    const { left, top } = found.box
    all.set([found.time_s.toFixed(3), found.label, left.toFixed(4), top.toFixed(4)].join(' '), found)
  }
  return [...all.values()].sort((one, other) => one.time_s - other.time_s)
}

/** Those of the frame that was looked at nearest to the moment. */
export function findBoxes(found: readonly Found[], at: number): Found[] {
  let nearest: number | undefined
  for (const { time_s: time } of found) {
    if (nearest === undefined || Math.abs(time - at) < Math.abs(nearest - at)) nearest = time
    if (time > at + REACH_S) break
  }
  if (nearest === undefined || Math.abs(nearest - at) > REACH_S) return []
  const frame = nearest
  return found.filter((each) => Math.abs(each.time_s - frame) < SAME_MOMENT_S)
}
