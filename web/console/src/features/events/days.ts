/** Days and minutes by the clock of whoever looks. */
const MINUTE_MS = 60_000

/** `2026-11-28`: the day of a moment, here. */
export function dayOf(moment: Date): string {
  const parts = [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()]
  return parts.map((each) => String(each).padStart(2, '0')).join('-')
}

/** Today and the days before it. */
export function listDays(now: Date, count: number): string[] {
  return Array.from({ length: count }, (_, back) =>
    dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - back)),
  )
}

/** When a day begins. */
export function startOf(day: string): Date {
  const [year = 1970, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date)
}

/** Its last minute, from which one reads back through all of it. */
export function lastMinuteOf(day: string): Date {
  const begin = startOf(day)
  const next = new Date(begin.getFullYear(), begin.getMonth(), begin.getDate() + 1)
  return new Date(next.getTime() - MINUTE_MS)
}

/** As the address carries it. */
export function toAt(moment: Date): string {
  return `${moment.toISOString().slice(0, 16)}Z`
}

/** How many minutes lie between. */
export function minutesBetween(since: Date | string, moment: Date | string): number {
  return (new Date(moment).getTime() - new Date(since).getTime()) / MINUTE_MS
}

export function addMinutes(moment: Date | string, minutes: number): Date {
  return new Date(new Date(moment).getTime() + minutes * MINUTE_MS)
}
