import { describe, expect, it } from 'vitest'
import {
  countMinutes,
  type Day,
  drawMotion,
  findGap,
  findLatest,
  findMinute,
  findNearestMark,
  findNextMark,
  formatMinute,
  listHours,
  listMarks,
} from './day'

const EVENT = {
  duration_s: 2,
  caption: 'a man walks',
  has_snapshot: true,
  has_evidence: false,
  severity: null,
} as const

const DAY: Day = {
  camera_id: 'c',
  date: '2026-11-27',
  time_zone: 'Europe/Paris',
  since: '2026-11-26T23:00:00Z',
  until: '2026-11-27T23:00:00Z',
  as_of: '2026-11-26T23:04:00Z',
  known_from: null,
  motion_permille: [0, 250, 1000, 0],
  moving_s: [0, 5, 60, 0],
  seen_s: [60, 60, 60, 20],
  events_in_minute: [0, 1, 0, 0],
  gaps: [{ since: '2026-11-26T23:03:20Z', until: '2026-11-26T23:04:00Z', reason: 'lost' }],
  gaps_left_out: 0,
  events: {
    items: [
      { ...EVENT, id: 'late', occurred_at: '2026-11-26T23:02:30Z', alert_id: 'raised' },
      { ...EVENT, id: 'early', occurred_at: '2026-11-26T23:01:00Z', alert_id: null },
    ],
    next: null,
  },
  alerts: {
    items: [
      {
        id: 'lost',
        event_id: null,
        rule_id: null,
        raised_at: '2026-11-26T23:03:50Z',
        state: 'raised',
        title: 'Lost',
        severity: 'warning',
      },
      {
        id: 'raised',
        event_id: 'late',
        rule_id: 'r',
        raised_at: '2026-11-26T23:02:31Z',
        state: 'raised',
        title: 'A man',
        severity: 'critical',
      },
    ],
    next: null,
  },
}

describe('a day', () => {
  it('has as many minutes as its clock', () => {
    expect(countMinutes(DAY)).toBe(1440)
    expect(countMinutes({ since: '2026-03-28T23:00:00Z', until: '2026-03-29T22:00:00Z' })).toBe(1380)
  })

  it('tells its minutes by its own clock', () => {
    expect(findMinute(DAY, '2026-11-26T23:01:30Z')).toBe(1.5)
    expect(findMinute(DAY, '2026-11-26T20:00:00Z')).toBe(0)
    expect(formatMinute(DAY, 0, 'fr')).toBe('00:00')
    expect(formatMinute(DAY, 845, 'fr')).toBe('14:05')
  })

  it('draws only the minutes in which something moved, and small motion larger than it was', () => {
    expect(drawMotion(DAY, 0, 1440)).toBe('M1,1V0.500h1V1ZM2,1V0.000h1V1Z')
    expect(drawMotion(DAY, 2, 1440)).toBe('M2,1V0.000h1V1Z')
  })

  it('writes no more hours than there is room for', () => {
    expect(listHours(DAY, 0, 1440, 8)).toEqual([0, 180, 360, 540, 720, 900, 1080, 1260, 1440])
    expect(listHours(DAY, 100, 160, 4)).toEqual([105, 120, 135, 150])
  })

  it('marks events with their alerts, and alerts without an event', () => {
    expect(listMarks(DAY).map((mark) => [mark.event?.id, mark.alert?.id])).toEqual([
      ['early', undefined],
      ['late', 'raised'],
      [undefined, 'lost'],
    ])
  })

  it('is walked from mark to mark', () => {
    const marks = listMarks(DAY)
    expect(findNextMark(marks, 0, 1)?.event?.id).toBe('early')
    expect(findNextMark(marks, 1, 1)?.event?.id).toBe('late')
    expect(findNextMark(marks, 2.5, -1)?.event?.id).toBe('early')
    expect(findNextMark(marks, 1, -1)).toBeUndefined()
    expect(findNearestMark(marks, 2, 1)?.event?.id).toBe('late')
    expect(findNearestMark(marks, 100, 5)).toBeUndefined()
  })

  it('is looked at from its end, behind its last mark', () => {
    expect(findLatest(DAY, [])).toBe(4)
    const marks = [{ minute: 4.5, event: undefined, alert: undefined }]
    expect(findNextMark(marks, findLatest(DAY, marks), -1)?.minute).toBe(4.5)
    expect(findLatest({ ...DAY, as_of: DAY.until }, [])).toBe(1439)
  })

  it('knows when nothing was seen', () => {
    expect(findGap(DAY, 3.5)?.reason).toBe('lost')
    expect(findGap(DAY, 3)).toBeUndefined()
  })
})
