import { describe, expect, it } from 'vitest'
import { words as scheduleWords } from '@/shared/schedule/words'
import type { Language } from '@/shared/words/catalogue'
import { type Condition, type RuleDraft, withScore } from './draft'
import { type Speaker, sayAfterwards, sayRule } from './sentences'
import { words } from './words'

const speak = (language: Language): Speaker => ({
  said: words[language],
  schedule: scheduleWords[language],
  language,
  cameras: new Map([['c1', 'the counter']]),
  recipients: new Map([
    ['r1', 'Guard'],
    ['r2', 'Owner'],
  ]),
})

const fight: RuleDraft = {
  name: 'A fight',
  conditions: [{ kind: 'concept', concept: 'fight', min_score: 0.5 }],
  combine: 'all',
  camera_ids: ['c1'],
  recipient_ids: ['r1', 'r2'],
  severity: 'critical',
  cooldown_s: 60,
  escalation: [{ after_s: 300, recipient_ids: ['r2'], on_call_since: null }],
  schedule: { hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], start: '20:00', end: '06:00' }], holidays: [] },
  confirmation: { kind: 'hits', hits: 2, of: 3 },
  second_look: null,
  enabled: true,
}

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ')

describe('a rule', () => {
  it('is said in English', () => {
    expect(plain(sayRule(fight, speak('en')))).toBe(
      'Tell Guard and Owner, critical, when “fight” is at least 50% in 2 of 3 windows at the counter, weekdays 20:00 to 06:00.',
    )
    expect(sayAfterwards(fight, speak('en'))).toBe(
      'If nobody answers for 5 min, tell Owner, too. Then quiet for 1 min.',
    )
  })

  it('is said in French', () => {
    expect(plain(sayRule(fight, speak('fr')))).toBe(
      'Prévenir Guard et Owner, critique, quand « fight » atteint 50 % dans 2 fenêtres sur 3 (the counter), du lundi au vendredi de 20:00 à 06:00.',
    )
    expect(sayAfterwards(fight, speak('fr'))).toBe(
      'Sans réponse pendant 5 min, prévenir aussi Owner. Puis silence pendant 1 min.',
    )
  })

  it('that tells everybody, everywhere, always, says no more than that', () => {
    const rule = { ...fight, camera_ids: null, recipient_ids: null, schedule: null, confirmation: null }
    expect(plain(sayRule(rule, speak('en')))).toBe('Tell everybody, critical, when “fight” is at least 50%.')
  })

  it('names what is gone as gone', () =>
    expect(sayRule({ ...fight, recipient_ids: ['r9'] }, speak('en'))).toMatch(/^Tell gone, /))

  it.each<[Condition, string, string]>([
    [
      { kind: 'caption', phrases: ['red car', 'van'], min_score: 0.3 },
      'what is seen mentions “red car” or “van” (at least 30%)',
      'ce qui est vu mentionne « red car » ou « van » (au moins 30 %)',
    ],
    [
      { kind: 'speech', phrases: ['help'], max_distance: 1 },
      'somebody says “help” (1 letter may differ)',
      'quelqu’un dit « help » (à 1 lettre près)',
    ],
    [
      { kind: 'meaning', meaning: 'intent', name: 'call', value: null, min_confidence: 0.7 },
      'what is said has the intent “call” (at least 70%)',
      'ce qui est dit a pour intention « call » (au moins 70 %)',
    ],
    [
      { kind: 'zone', zone: 'door', min_share: 0.5 },
      'at least 50% of what moves is in “door”',
      'au moins 50 % de ce qui bouge est dans « door »',
    ],
    [
      { kind: 'object', label: 'person', min_score: 0.5, min_count: 2, max_count: null, zone: 'door', for_s: 30 },
      'at least 2 × person (at least 50%) is there in “door” for 30 s',
      'au moins 2 × person (au moins 50 %) est là dans « door » pendant 30 s',
    ],
    [
      { kind: 'absence', label: 'person', for_s: 300, zone: null, min_score: 0.3 },
      'no person was seen for 5 min',
      'aucun « person » n’a été vu pendant 5 min',
    ],
    [
      { kind: 'passage', label: 'person', way: 'enter', zone: 'door', line: null, min_score: 0.5, min_count: 1 },
      'a person goes into “door”',
      '« person » entre dans « door »',
    ],
    [
      {
        kind: 'passage',
        label: 'car',
        way: 'left',
        zone: null,
        line: [
          { x: 0, y: 0 },
          { x: 1, y: 1 },
        ],
        min_score: 0.5,
        min_count: 1,
      },
      'a car goes to the left over a line',
      '« car » passe une ligne vers la gauche',
    ],
  ])('says each kind of condition: %o', (condition, english, french) => {
    const rule = { ...fight, conditions: [condition], confirmation: null, schedule: null, camera_ids: null }
    expect(plain(sayRule(rule, speak('en')))).toContain(`when ${english}.`)
    expect(plain(sayRule(rule, speak('fr')))).toContain(`quand ${french}.`)
  })

  it('says whether all or one of its conditions must hold', () => {
    const two = { ...fight, conditions: [...fight.conditions, ...withScore(fight, 0, 0.8).conditions] }
    expect(sayRule(two, speak('en'))).toContain('50% and “fight”')
    expect(sayRule({ ...two, combine: 'any' }, speak('en'))).toContain('50% or “fight”')
  })
})
