import { describe, expect, it } from 'vitest'
import { toSchedule, toWeek } from '@/shared/schedule/schedule'
import {
  beginFromWords,
  canBeConfirmed,
  findFreeName,
  parseDraft,
  type Rule,
  replaceAt,
  toDraft,
  withScore,
} from './draft'

/** Everything that a rule can hold, and something that a later service may add. */
const rule = {
  id: 'x1',
  created_at: '2026-11-28T00:00:00Z',
  warning: null,
  name: 'All of it',
  combine: 'any',
  conditions: [
    { kind: 'concept', concept: 'fight', min_score: 0.333 },
    {
      kind: 'passage',
      label: 'car',
      way: 'left',
      zone: null,
      line: [
        { x: 0.1, y: 0.2 },
        { x: 1, y: 1 },
      ],
      min_score: 0.5,
      min_count: 1,
    },
    { kind: 'nested', of: [{ kind: 'zone', zone: 'door', min_share: 0.1 }] },
  ],
  camera_ids: ['c1'],
  recipient_ids: null,
  severity: 'info',
  cooldown_s: 12.5,
  escalation: [{ after_s: 45, recipient_ids: ['r1'], on_call_since: '2026-01-01' }],
  schedule: { hours: [{ days: ['mon', 'holiday'], start: '20:07', end: '06:00' }], holidays: ['2026-12-25'] },
  confirmation: { kind: 'mean', over_s: 8 },
  second_look: { question: 'Is it?', may_reject: false },
  enabled: false,
  later: { anything: 1 },
} as unknown as Rule

describe('a draft', () => {
  it('is all of the rule but what the service adds to it', () => {
    const { id, created_at, warning, ...rest } = rule
    expect(toDraft(rule)).toEqual(rest)
  })

  it('keeps what a change does not touch, whether the form shows it or not', () => {
    const before = toDraft(rule)
    const after = withScore(before, 0, 0.6)
    expect(after.conditions[0]).toEqual({ kind: 'concept', concept: 'fight', min_score: 0.6 })
    expect({ ...after, conditions: replaceAt(after.conditions, 0, before.conditions[0] as never) }).toEqual(before)
    expect(withScore(before, 2, 0.6)).toBe(before)
    const painted = { ...before, schedule: toSchedule(toWeek(null, 60), before.schedule) }
    expect({ ...painted, schedule: before.schedule }).toEqual(before)
  })

  it('goes to JSON and back without loss', () =>
    expect(parseDraft(JSON.stringify(toDraft(rule)))).toEqual(toDraft(rule)))

  it.each([
    '',
    '[]',
    '{"name": 1}',
    '{"name": "x", "conditions": [1]}',
    '{"name": "x", "conditions": [{"kind": "speech"}]}',
  ])('is not made of what is no rule: %s', (text) => expect(parseDraft(text)).toBeUndefined())

  it('refuses a schedule that could not be shown', () => {
    const text = JSON.stringify({ ...toDraft(rule), schedule: { hours: [{ days: ['mon'], start: 8, end: '9' }] } })
    expect(parseDraft(text)).toBeUndefined()
  })

  it('begins with words that were read, where they were seen', () => {
    expect(beginFromWords('red car', 'c1')).toMatchObject({
      name: 'red car',
      camera_ids: ['c1'],
      conditions: [{ kind: 'caption', phrases: ['red car'] }],
    })
    expect(beginFromWords('red car', undefined).camera_ids).toBeNull()
  })

  it('has a name of its own', () => {
    expect(findFreeName('A fight', [])).toBe('A fight')
    expect(findFreeName('A fight', ['A fight', 'A fight 2'])).toBe('A fight 3')
  })

  it('asks for no confirmation of what is said', () => {
    expect(canBeConfirmed(beginFromWords('x', undefined))).toBe(true)
    const said = {
      ...beginFromWords('x', undefined),
      conditions: [{ kind: 'speech', phrases: ['x'], max_distance: 0 }],
    }
    expect(canBeConfirmed(said as never)).toBe(false)
  })
})
