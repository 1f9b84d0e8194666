/** The probabilities of concepts over a clip, as they are drawn: seconds across, HEIGHT down. */
import type { SeenEvent } from '@/shared/api/events'

export const HEIGHT = 100

export interface Curve {
  name: string
  /** Where in the window's middle the model was how sure. */
  points: readonly { at: number; share: number }[]
  most: number
}

/** A curve for each concept, the one that was seen most clearly first. */
export function listCurves(events: readonly SeenEvent[]): Curve[] {
  const names = new Set(events.flatMap((event) => Object.keys(event.concepts)))
  return [...names]
    .map((name) => {
      const points = events
        .filter((event) => event.concepts[name] !== undefined)
        .map((event) => ({ at: middleOf(event), share: event.concepts[name] ?? 0 }))
      return { name, points, most: Math.max(...points.map((each) => each.share)) }
    })
    .sort((one, other) => other.most - one.most || one.name.localeCompare(other.name))
}

export function middleOf({ start_s: start, end_s: end }: Pick<SeenEvent, 'start_s' | 'end_s'>): number {
  return (start + end) / 2
}

/** As the `d` of a path; level before the first window's middle and after the last one's. */
export function drawCurve({ points }: Pick<Curve, 'points'>, duration: number): string {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last) return ''
  const down = (share: number) => (HEIGHT * (1 - share)).toFixed(1)
  const along = points.map(({ at, share }) => `L${at.toFixed(2)} ${down(share)}`).join('')
  return `M0 ${down(first.share)}${along}H${duration.toFixed(2)}`
}

/** The window that a moment belongs to: of those that overlap there, the one whose middle is nearest. */
export function findWindow(events: readonly SeenEvent[], at: number): SeenEvent | undefined {
  let best: SeenEvent | undefined
  for (const event of events) {
    if (event.start_s > at) break
    if (event.end_s < at) continue
    if (!best || Math.abs(middleOf(event) - at) < Math.abs(middleOf(best) - at)) best = event
  }
  return best
}
