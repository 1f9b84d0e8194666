/**
 * Hours of the week as people paint them. A week is cells of equal length, from Monday's first to Sunday's last; the
 * service keeps hours, of which those of a night belong to the day on which they begin.
 */
import type { View } from '@/shared/api/client'

export type Schedule = View<'ScheduleDraft'>
export type Hours = View<'HoursDraft'>
export type ScheduleDay = View<'ScheduleDay'>

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export const STEPS_MIN = [60, 30, 15] as const
export type StepMin = (typeof STEPS_MIN)[number]

const ORDER: readonly ScheduleDay[] = DAYS
const DAY_MIN = 1440
const HOUR_MIN = 60
const WEEK_MIN = DAYS.length * DAY_MIN

/** Which cells of the week are painted, at one length of them. */
export interface Week {
  step: StepMin
  cells: readonly boolean[]
}

export function countCells(step: StepMin): number {
  return WEEK_MIN / step
}

export function countRows(step: StepMin): number {
  return DAY_MIN / step
}

export function toMinutes(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number)
  return hours * HOUR_MIN + minutes
}

export function toClock(minutes: number): string {
  const within = ((minutes % DAY_MIN) + DAY_MIN) % DAY_MIN
  return [Math.floor(within / HOUR_MIN), within % HOUR_MIN].map((each) => String(each).padStart(2, '0')).join(':')
}

/** The longest cells that show the hours exactly; undefined where none do, as of 20:07. */
export function findStep(schedule: Schedule | null | undefined): StepMin | undefined {
  const clocks = (schedule?.hours ?? []).flatMap(({ start, end }) => [toMinutes(start), toMinutes(end)])
  return STEPS_MIN.find((step) => clocks.every((each) => each % step === 0))
}

/** The week as the hours paint it; hours of holidays are no part of it. */
export function toWeek(schedule: Schedule | null | undefined, step: StepMin): Week {
  const cells = new Array<boolean>(countCells(step)).fill(false)
  for (const { days, start, end } of schedule?.hours ?? []) {
    for (const day of days.map((each) => ORDER.indexOf(each)).filter((each) => each >= 0)) {
      const from = day * DAY_MIN + toMinutes(start)
      const long = toMinutes(end) - toMinutes(start)
      const until = from + (long > 0 ? long : long + DAY_MIN)
      for (let at = from; at < until; at += step) cells[Math.floor((at % WEEK_MIN) / step)] = true
    }
  }
  return { step, cells }
}

interface Stretch {
  day: number
  start: number
  end: number
}

/**
 * What was painted, as the service keeps it, with the holidays of before. Null where nothing is painted: a schedule
 * without hours would be one that never holds, which the service does not keep.
 */
export function toSchedule(week: Week, before: Schedule | null | undefined): Schedule | null {
  const ofHolidays = (before?.hours ?? [])
    .filter(({ days }) => days.includes('holiday'))
    .map((hours) => ({ ...hours, days: ['holiday' as ScheduleDay] }))
  const hours = [...group(findRuns(week).flatMap(split)), ...ofHolidays]
  if (hours.length === 0) return null
  return { ...before, hours }
}

/** Painted cells that follow each other, around the end of the week, too; from and until in minutes. */
function findRuns({ step, cells }: Week): [number, number][] {
  if (cells.every(Boolean)) return [[0, WEEK_MIN]]
  const first = cells.findIndex((painted, at) => painted && !cells[(at - 1 + cells.length) % cells.length])
  const runs: [number, number][] = []
  for (let at = 0; at < cells.length && first >= 0; at++) {
    if (!cells[(first + at) % cells.length]) continue
    const from = (first + at) * step
    const last = runs.at(-1)
    if (last?.[1] === from) last[1] = from + step
    else runs.push([from, from + step])
  }
  return runs
}

/** A night stays one piece; what is longer than a day and night is cut at midnight. */
function split([from, until]: [number, number]): Stretch[] {
  const pieces: Stretch[] = []
  let at = from
  while (at < until) {
    const midnight = (Math.floor(at / DAY_MIN) + 1) * DAY_MIN
    const isOneNight = until - at < DAY_MIN && until - midnight <= DAY_MIN / 2
    const end = until <= midnight || isOneNight ? until : midnight
    pieces.push({ day: Math.floor(at / DAY_MIN) % DAYS.length, start: at % DAY_MIN, end: end % DAY_MIN })
    at = end
  }
  return pieces
}

function group(stretches: readonly Stretch[]): Hours[] {
  const groups = new Map<string, Set<number>>()
  for (const { day, start, end } of stretches) {
    const key = `${toClock(start)} ${toClock(end)}`
    groups.set(key, (groups.get(key) ?? new Set()).add(day))
  }
  return [...groups].map(([key, days]) => {
    const [start = '', end = ''] = key.split(' ')
    return { days: DAYS.filter((_, day) => days.has(day)), start, end }
  })
}

/** Cells from one to another, both included: the rectangle of days and hours between them. */
export function listBetween(one: number, other: number, step: StepMin): number[] {
  const rows = countRows(step)
  const [left, right] = sort(Math.floor(one / rows), Math.floor(other / rows))
  const [top, bottom] = sort(one % rows, other % rows)
  const found: number[] = []
  for (let day = left; day <= right; day++) for (let row = top; row <= bottom; row++) found.push(day * rows + row)
  return found
}

function sort(one: number, other: number): [number, number] {
  return one < other ? [one, other] : [other, one]
}

export function paint(week: Week, which: readonly number[], painted: boolean): Week {
  const cells = [...week.cells]
  for (const cell of which) cells[cell] = painted
  return { ...week, cells }
}

/** The same week in cells of another length. Longer ones are painted where any part of them was. */
export function refine(week: Week, step: StepMin): Week {
  const cells = Array.from({ length: countCells(step) }, (_, cell) => {
    const from = Math.floor((cell * step) / week.step)
    const until = Math.max(from + 1, Math.ceil(((cell + 1) * step) / week.step))
    return week.cells.slice(from, until).some(Boolean)
  })
  return { step, cells }
}
