import { describe, expect, it } from 'vitest'
import { saySchedule } from './saySchedule'
import { DAYS, findStep, listBetween, paint, refine, type Schedule, toSchedule, toWeek, type Week } from './schedule'
import { words } from './words'

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri'] as const
const closed: Schedule = { hours: [{ days: [...WEEKDAYS], start: '20:00', end: '06:00' }] }
const nothing: Week = toWeek(null, 60)

const again = (schedule: Schedule) => toSchedule(toWeek(schedule, findStep(schedule) ?? 60), schedule)

describe('a week', () => {
  it('shows a night on the morning after it, around the end of the week, too', () => {
    const { cells } = toWeek({ hours: [{ days: ['sun'], start: '22:00', end: '02:00' }] }, 60)
    const painted = cells.flatMap((each, at) => (each ? [at] : []))
    expect(painted).toEqual([0, 1, 6 * 24 + 22, 6 * 24 + 23])
  })

  it.each<[string, Schedule]>([
    ['nights', closed],
    ['a night over the end of the week', { hours: [{ days: ['sun'], start: '22:00', end: '06:00' }] }],
    ['every night', { hours: [{ days: [...DAYS], start: '22:00', end: '06:00' }] }],
    ['always', { hours: [{ days: [...DAYS], start: '00:00', end: '00:00' }] }],
    ['days', { hours: [{ days: ['mon', 'wed'], start: '08:00', end: '12:00' }] }],
    ['until midnight', { hours: [{ days: ['tue'], start: '18:00', end: '00:00' }] }],
    ['quarters', { hours: [{ days: ['tue'], start: '18:15', end: '19:45' }] }],
    ['a weekend', { hours: [{ days: ['sat', 'sun'], start: '00:00', end: '00:00' }] }],
    [
      'several',
      {
        hours: [
          { days: ['mon'], start: '08:00', end: '12:00' },
          { days: ['mon'], start: '14:00', end: '18:00' },
        ],
      },
    ],
  ])('is painted and read back as the same hours: %s', (_, schedule) => expect(again(schedule)).toEqual(schedule))

  it('covers after reading back what was painted, whatever that is', () => {
    // A generator of its own, so that a failure can be repeated.
    let state = 7
    const next = () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      return state / 2_147_483_648
    }
    for (let round = 0; round < 50; round++) {
      let week = nothing
      for (let stroke = 0; stroke < 6; stroke++) {
        const cells = listBetween(Math.floor(next() * 168), Math.floor(next() * 168), 60)
        week = paint(week, cells, next() > 0.3)
      }
      expect(toWeek(toSchedule(week, null), 60).cells).toEqual(week.cells)
    }
  })

  it('keeps dates and hours of holidays, which it does not show', () => {
    const schedule: Schedule = {
      hours: [
        { days: ['mon', 'holiday'], start: '08:00', end: '12:00' },
        { days: ['holiday'], start: '20:00', end: '06:00' },
      ],
      holidays: ['2026-12-25'],
    }
    const painted = toSchedule(paint(toWeek(schedule, 60), [24 + 8], true), schedule)
    expect(painted?.holidays).toEqual(['2026-12-25'])
    expect(painted?.hours).toEqual([
      { days: ['mon'], start: '08:00', end: '12:00' },
      { days: ['tue'], start: '08:00', end: '09:00' },
      { days: ['holiday'], start: '08:00', end: '12:00' },
      { days: ['holiday'], start: '20:00', end: '06:00' },
    ])
  })

  it('says which hours it cannot show', () => {
    expect(findStep(closed)).toBe(60)
    expect(findStep({ hours: [{ days: ['mon'], start: '20:30', end: '21:00' }] })).toBe(30)
    expect(findStep({ hours: [{ days: ['mon'], start: '20:07', end: '21:00' }] })).toBeUndefined()
  })

  it('is no schedule when nothing is painted', () => expect(toSchedule(nothing, closed)).toBeNull())

  it('has shorter and longer cells', () => {
    const half = refine(paint(nothing, [3], true), 30)
    expect(half.cells.flatMap((each, at) => (each ? [at] : []))).toEqual([6, 7])
    expect(refine(paint(half, [7], false), 60).cells[3]).toBe(true)
  })

  it('is painted in rectangles of days and hours', () =>
    expect(listBetween(24 + 10, 9, 60)).toEqual([9, 10, 24 + 9, 24 + 10]))
})

describe('hours', () => {
  const holiday: Schedule = {
    hours: [{ days: ['sat', 'sun', 'holiday'], start: '00:00', end: '00:00' }],
    holidays: ['2026-12-25', '2027-01-01'],
  }
  const some: Schedule = { hours: [{ days: ['mon', 'tue', 'wed'], start: '08:00', end: '12:00' }] }

  it('are said in English', () => {
    expect(saySchedule(closed, words.en, 'en')).toBe('weekdays 20:00 to 06:00')
    expect(saySchedule(holiday, words.en, 'en')).toBe(
      'weekends and holidays all day and night, not on 2 holidays of its own',
    )
    expect(saySchedule(some, words.en, 'en')).toBe('Monday to Wednesday 08:00 to 12:00')
    expect(saySchedule(null, words.en, 'en')).toBe('at any time')
  })

  it('are said in French', () => {
    expect(saySchedule(closed, words.fr, 'fr')).toBe('du lundi au vendredi de 20:00 à 06:00')
    expect(saySchedule(some, words.fr, 'fr')).toBe('du lundi au mercredi de 08:00 à 12:00')
  })
})
