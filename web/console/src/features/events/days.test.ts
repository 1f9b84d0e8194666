import { describe, expect, it } from 'vitest'
import { dayOf, lastMinuteOf, listDays, minutesBetween, startOf, toAt } from './days'
import { drawEvents, drawMotion } from './drawing'

describe('days', () => {
  it('go back from today', () => {
    expect(listDays(new Date(2026, 2, 2, 23, 59), 3)).toEqual(['2026-03-02', '2026-03-01', '2026-02-28'])
  })

  it('begin and end by the clock of whoever looks', () => {
    expect(dayOf(startOf('2026-11-28'))).toBe('2026-11-28')
    expect(dayOf(lastMinuteOf('2026-11-28'))).toBe('2026-11-28')
    expect(minutesBetween(lastMinuteOf('2026-11-28'), startOf('2026-11-29'))).toBe(1)
  })

  it('are carried by the address to the minute, in one zone for all', () => {
    expect(toAt(new Date('2026-11-28T15:05:40+01:00'))).toBe('2026-11-28T14:05Z')
  })
})

describe('the track of a day', () => {
  it('outlines stretches of motion, each by itself', () => {
    expect(drawMotion([0, 1000, 250, 0, 0])).toBe('M1 26V0.0h1V13.0h1V26z')
    expect(drawMotion([1000, 0, 1000])).toBe('M0 26V0.0h1V26zM2 26V0.0h1V26z')
    expect(drawMotion([0, 0])).toBe('')
  })

  it('marks the minutes with events', () => expect(drawEvents([0, 2, 0])).toBe('M0 27h3v6h-3z'))
})
