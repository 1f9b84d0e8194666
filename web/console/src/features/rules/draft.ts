/** What people decide about a rule, while they decide it. The form changes the draft itself: what it does not show stays. */
import type { View } from '@/shared/api/client'

export type Rule = View<'RuleView'>
export type RuleDraft = View<'RuleDraft'>
export type Condition = RuleDraft['conditions'][number]
export type Kind = Condition['kind']
export type Confirmation = NonNullable<RuleDraft['confirmation']>

export const KINDS = ['concept', 'caption', 'speech', 'object', 'absence', 'passage', 'zone', 'meaning'] as const

/** A rule as it may be sent back. */
export function toDraft({ id: _, created_at: __, warning: ___, ...draft }: Rule): RuleDraft {
  return draft as RuleDraft
}

const FRESH: { [Each in Kind]: Extract<Condition, { kind: Each }> } = {
  concept: { kind: 'concept', concept: 'fight', min_score: 0.5 },
  caption: { kind: 'caption', phrases: [], min_score: 0.3 },
  speech: { kind: 'speech', phrases: [], max_distance: 0 },
  object: { kind: 'object', label: 'person', min_score: 0.5, min_count: 1, max_count: null, zone: null, for_s: 0 },
  absence: { kind: 'absence', label: 'person', for_s: 300, zone: null, min_score: 0.3 },
  passage: { kind: 'passage', label: 'person', way: 'enter', zone: '', line: null, min_score: 0.5, min_count: 1 },
  zone: { kind: 'zone', zone: '', min_share: 0.5 },
  meaning: { kind: 'meaning', meaning: 'intent', name: '', value: null, min_confidence: 0.7 },
}

export function begin(kind: Kind): Condition {
  return FRESH[kind]
}

/** A rule for words that somebody read, in what a camera showed where they say which. */
export function beginFromWords(words: string, cameraId: string | undefined): RuleDraft {
  return {
    name: words.slice(0, MOST_NAME),
    conditions: [{ kind: 'caption', phrases: [words.slice(0, MOST_PHRASE)], min_score: 0.3 }],
    combine: 'all',
    camera_ids: cameraId === undefined ? null : [cameraId],
    recipient_ids: null,
    severity: 'warning',
    cooldown_s: 60,
    escalation: [],
    schedule: null,
    confirmation: null,
    second_look: null,
    enabled: true,
  }
}

const MOST_NAME = 120
const MOST_PHRASE = 200

/** A name that no rule has yet: "A fight", "A fight 2". */
export function findFreeName(wanted: string, taken: readonly string[]): string {
  if (!taken.includes(wanted)) return wanted
  let number = 2
  while (taken.includes(`${wanted} ${number}`)) number += 1
  return `${wanted} ${number}`
}

export function replaceAt<Item>(items: readonly Item[], at: number, item: Item): Item[] {
  return items.map((each, position) => (position === at ? item : each))
}

export function removeAt<Item>(items: readonly Item[], at: number): Item[] {
  return items.filter((_, position) => position !== at)
}

/** What a condition asks for at least, under the name that its kind has for it; undefined where it has none. */
export function findScoreKey(condition: Condition): 'min_score' | 'min_share' | 'min_confidence' | undefined {
  return (['min_score', 'min_share', 'min_confidence'] as const).find((key) => key in condition)
}

export function withScore(draft: RuleDraft, at: number, score: number): RuleDraft {
  const condition = draft.conditions[at]
  const key = condition && findScoreKey(condition)
  if (!condition || !key) return draft
  return { ...draft, conditions: replaceAt(draft.conditions, at, { ...condition, [key]: score } as Condition) }
}

/** Rules about what is said take no confirmation: a phrase is said once. */
export function canBeConfirmed(draft: RuleDraft): boolean {
  return !draft.conditions.some(({ kind }) => kind === 'speech' || kind === 'meaning')
}

/** A rule out of JSON; undefined where it is none that this page could show. What is right in it, the service says. */
export function parseDraft(text: string): RuleDraft | undefined {
  try {
    const found: unknown = JSON.parse(text)
    return isRecord(found) && isShaped(found) ? (found as unknown as RuleDraft) : undefined
  } catch {
    return undefined
  }
}

type Some = Record<string, unknown>

function isRecord(value: unknown): value is Some {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isShaped(found: Some): boolean {
  const { name, conditions, schedule, escalation } = found
  const areConditions = Array.isArray(conditions) && conditions.every(isCondition)
  const areIds = [found.camera_ids, found.recipient_ids].every((ids) => ids == null || Array.isArray(ids))
  const areSteps = escalation == null || (Array.isArray(escalation) && escalation.every(isStep))
  const isSchedule = schedule == null || (isRecord(schedule) && isHours(schedule.hours))
  return typeof name === 'string' && areConditions && areIds && areSteps && isSchedule
}

function isCondition(value: unknown): boolean {
  if (!isRecord(value) || typeof value.kind !== 'string') return false
  return !['caption', 'speech'].includes(value.kind) || Array.isArray(value.phrases)
}

function isStep(value: unknown): boolean {
  return isRecord(value) && Array.isArray(value.recipient_ids)
}

function isHours(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((each) => isRecord(each) && Array.isArray(each.days) && isClock(each.start) && isClock(each.end))
  )
}

function isClock(value: unknown): boolean {
  return typeof value === 'string' && /^([01]\d|2[0-3]):[0-5]\d$/.test(value)
}
