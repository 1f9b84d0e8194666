/** What the track of a camera's day is drawn of, in minutes across and HEIGHT down. */
import type { View } from '@/shared/api/client'
import { minutesBetween } from './days'

export type CameraDay = View<'DayView'>

export const HEIGHT = 32
/** Of the events' row, at the bottom. */
export const EVENTS_HEIGHT = 6
const MOST = 1000

/**
 * Motion as an outline: little motion is what there mostly is, and by the square root it can be seen. Only minutes in
 * which something moved are drawn.
 */
export function drawMotion(permille: readonly number[]): string {
  const ground = HEIGHT - EVENTS_HEIGHT
  const pieces: string[] = []
  permille.forEach((share, minute) => {
    if (share <= 0) return
    const top = (ground * (1 - Math.sqrt(share / MOST))).toFixed(1)
    const follows = minute > 0 && (permille[minute - 1] ?? 0) > 0
    const ends = (permille[minute + 1] ?? 0) <= 0
    pieces.push(`${follows ? '' : `M${minute} ${ground}`}V${top}h1${ends ? `V${ground}z` : ''}`)
  })
  return pieces.join('')
}

/** A small mark for each minute in which something was filed. */
export function drawEvents(inMinute: readonly number[]): string {
  return inMinute
    .map((count, minute) => (count > 0 ? `M${minute - 1} ${HEIGHT - EVENTS_HEIGHT + 1}h3v${EVENTS_HEIGHT}h-3z` : ''))
    .join('')
}

/** From which minute on, and for how long, nothing was seen. */
export function placeGaps(day: CameraDay): { x: number; width: number; why: CameraDay['gaps'][number]['reason'] }[] {
  return day.gaps.map((gap) => ({
    x: minutesBetween(day.since, gap.since),
    width: Math.max(minutesBetween(gap.since, gap.until), 1),
    why: gap.reason,
  }))
}

export function countMinutes(day: Pick<CameraDay, 'since' | 'until'>): number {
  return Math.round(minutesBetween(day.since, day.until))
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
