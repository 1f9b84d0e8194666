/** A camera's day in numbers that a timeline draws (`GET /cameras/{id}/day`). */
import type { View } from '@/shared/api/client'

export type Day = View<'DayView'>
export type DayEvent = Day['events']['items'][number]
export type DayAlert = Day['alerts']['items'][number]

const MINUTE_MS = 60_000
const MINUTES_AN_HOUR = 60

/** How many minutes the day has: 1380 to 1500. */
export function countMinutes(day: Pick<Day, 'since' | 'until'>): number {
  return Math.round((Date.parse(day.until) - Date.parse(day.since)) / MINUTE_MS)
}

/** In which minute of the day something was, with its fraction; within the day. */
export function findMinute(day: Pick<Day, 'since' | 'until'>, at: string): number {
  const minute = (Date.parse(at) - Date.parse(day.since)) / MINUTE_MS
  return Math.min(Math.max(minute, 0), countMinutes(day))
}

export function findMoment(day: Pick<Day, 'since'>, minute: number): Date {
  return new Date(Date.parse(day.since) + minute * MINUTE_MS)
}

/** Where the minute is on the clock of the day's own zone: `14:05`. */
export function formatMinute(day: Pick<Day, 'since' | 'time_zone'>, minute: number, language: string): string {
  return new Intl.DateTimeFormat(language, { timeStyle: 'short', timeZone: day.time_zone }).format(
    findMoment(day, minute),
  )
}

/**
 * The outline of the motion, in minutes across and 0 to 1 up: the root of the share, since a person far away moves one
 * pixel in a hundred. Minutes without motion lie on the ground.
 */
export function drawMotion(day: Pick<Day, 'motion_permille'>, from: number, to: number): string {
  const parts: string[] = []
  for (let minute = Math.floor(from); minute < Math.min(to, day.motion_permille.length); minute += 1) {
    const share = (day.motion_permille[minute] ?? 0) / 1000
    if (share > 0) parts.push(`M${minute},1V${(1 - Math.sqrt(share)).toFixed(3)}h1V1Z`)
  }
  return parts.join('')
}

/** Whole hours between two minutes, so far apart that at most `most` of them are written. */
export function listHours(day: Pick<Day, 'since' | 'until'>, from: number, to: number, most: number): number[] {
  const hours = (to - from) / MINUTES_AN_HOUR
  const step = [0.25, 0.5, 1, 2, 3, 4, 6, 12].find((each) => hours / each <= most) ?? 24
  const found: number[] = []
  const end = Math.min(to, countMinutes(day))
  const step_min = step * MINUTES_AN_HOUR
  for (let minute = Math.ceil(from / step_min) * step_min; minute <= end; minute += step_min) found.push(minute)
  return found
}

/** What stands out: its minute and what it is, in order; alerts stand for their events. */
export interface Mark {
  minute: number
  event: DayEvent | undefined
  alert: DayAlert | undefined
}

export function listMarks(day: Day): Mark[] {
  const byEvent = new Map(day.alerts.items.map((alert) => [alert.event_id, alert]))
  const events = day.events.items.map((event) => ({
    minute: findMinute(day, event.occurred_at),
    event,
    alert: day.alerts.items.find((alert) => alert.id === event.alert_id) ?? byEvent.get(event.id),
  }))
  const shown = new Set(events.map((mark) => mark.alert?.id))
  const alerts = day.alerts.items
    .filter((alert) => !shown.has(alert.id))
    .map((alert) => ({ minute: findMinute(day, alert.raised_at), event: undefined, alert }))
  return [...events, ...alerts].sort((one, other) => one.minute - other.minute)
}

/** The mark before or behind a minute; undefined at the end. */
export function findNextMark(marks: readonly Mark[], minute: number, direction: 1 | -1): Mark | undefined {
  // A hundredth of a minute: the place of the mark that one stands on.
  return direction > 0
    ? marks.find((mark) => mark.minute > minute + 0.01)
    : marks.findLast((mark) => mark.minute < minute - 0.01)
}

/** The mark that lies nearest, if it is no further than so many minutes. */
export function findNearestMark(marks: readonly Mark[], minute: number, within: number): Mark | undefined {
  let nearest: Mark | undefined
  for (const mark of marks) {
    const distance = Math.abs(mark.minute - minute)
    if (distance <= within && distance < Math.abs((nearest?.minute ?? Number.POSITIVE_INFINITY) - minute))
      nearest = mark
  }
  return nearest
}

/** Where a day is looked at first: just behind all that is known of it. */
export function findLatest(day: Pick<Day, 'since' | 'until' | 'as_of'>, marks: readonly Mark[]): number {
  const latest = Math.max(findMinute(day, day.as_of), (marks.at(-1)?.minute ?? 0) + 0.02)
  return Math.min(latest, countMinutes(day) - 1)
}

/** The gap that a minute lies in. */
export function findGap(day: Pick<Day, 'gaps' | 'since'>, minute: number): Day['gaps'][number] | undefined {
  const at = findMoment(day, minute).getTime()
  return day.gaps.find((gap) => Date.parse(gap.since) <= at && at < Date.parse(gap.until))
}
