import { DAYS, type Hours, type Schedule, type ScheduleDay } from './schedule'
import type { words } from './words'

type Said = (typeof words)['en']

const WEEKDAYS = 'mon tue wed thu fri'
const WEEKEND = 'sat sun'
const LEAST_IN_ROW = 3

/** "weekdays 20:00 to 06:00": the hours of a schedule, as people say them. */
export function saySchedule(schedule: Schedule | null | undefined, said: Said, language: string): string {
  if (!schedule) return said.always
  const pieces = schedule.hours.map((hours) => sayHours(hours, said, language))
  const dates = schedule.holidays?.length ?? 0
  return [...pieces, ...(dates > 0 ? [said.holidays(dates)] : [])].join(', ')
}

function sayHours({ days, start, end }: Hours, said: Said, language: string): string {
  const named = sayDays(days, said, language)
  return start === end && start === '00:00' ? said.whole(named) : said.between(named, start, end)
}

function sayDays(days: readonly ScheduleDay[], said: Said, language: string): string {
  const ofWeek = DAYS.filter((day) => days.includes(day))
  const others = days.includes('holiday') ? [said.day.holiday] : []
  const key = ofWeek.join(' ')
  const list = new Intl.ListFormat(language, { type: 'conjunction' })
  const shared = ofWeek.length === DAYS.length ? said.daily : ''
  const known = shared || (key === WEEKDAYS ? said.weekdays : key === WEEKEND ? said.weekends : '')
  if (known) return list.format([known, ...others])
  if (others.length === 0 && ofWeek.length >= LEAST_IN_ROW && isRow(ofWeek)) {
    return said.through(said.day[ofWeek[0] ?? 'mon'], said.day[ofWeek.at(-1) ?? 'sun'])
  }
  return list.format([...ofWeek.map((day) => said.day[day]), ...others])
}

function isRow(days: readonly (typeof DAYS)[number][]): boolean {
  return DAYS.indexOf(days.at(-1) ?? 'mon') - DAYS.indexOf(days[0] ?? 'mon') === days.length - 1
}
