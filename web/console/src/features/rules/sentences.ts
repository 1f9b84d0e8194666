/** Rules as people read them. */
import { saySchedule } from '@/shared/schedule/saySchedule'
import type { words as scheduleWords } from '@/shared/schedule/words'
import { formatShare } from '@/shared/time/format'
import type { Condition, Confirmation, RuleDraft } from './draft'
import type { words } from './words'

/** What a sentence needs besides the rule: words, names by ids, and how numbers are written. */
export interface Speaker {
  said: (typeof words)['en']
  schedule: (typeof scheduleWords)['en']
  language: string
  cameras: ReadonlyMap<string, string>
  recipients: ReadonlyMap<string, string>
}

const MINUTE_S = 60
const HOUR_S = 3600

/** "Tell Guard and Owner, critical, when “fight” is at least 50 % in 2 of 3 windows at the counter, weekdays ..." */
export function sayRule(rule: RuleDraft, speaker: Speaker): string {
  const { sentence } = speaker.said
  const conditions = rule.conditions.map((each) => sayCondition(each, speaker))
  const when = list(conditions, speaker, rule.combine === 'any' ? 'disjunction' : 'conjunction')
  const confirmed = rule.confirmation ? sayConfirmation(rule.confirmation, speaker) : ''
  const cameras = rule.camera_ids ? sentence.at(sayNames(rule.camera_ids, speaker.cameras, speaker)) : ''
  const hours = rule.schedule ? sentence.hours(saySchedule(rule.schedule, speaker.schedule, speaker.language)) : ''
  const whom = rule.recipient_ids
    ? sayNames(rule.recipient_ids, speaker.recipients, speaker) || sentence.write
    : sentence.everybody
  return sentence.tell(whom, sentence.severity[rule.severity], `${when}${confirmed}`, cameras, hours)
}

/** What happens after it told: sentences of their own. */
export function sayAfterwards(rule: RuleDraft, speaker: Speaker): string {
  const { sentence } = speaker.said
  const steps = (rule.escalation ?? []).map((step) => {
    const names = sayNames(step.recipient_ids, speaker.recipients, speaker)
    return sentence.escalates(saySpan(step.after_s, speaker), step.on_call_since ? sentence.onCall(names) : names)
  })
  const quiet = rule.cooldown_s > 0 ? [sentence.quiet(saySpan(rule.cooldown_s, speaker))] : []
  return [...steps, ...quiet, ...(rule.second_look ? [sentence.second] : [])].join(' ')
}

function list(items: readonly string[], { language }: Speaker, type: 'conjunction' | 'disjunction'): string {
  return new Intl.ListFormat(language, { type }).format(items)
}

function sayNames(ids: readonly string[], names: ReadonlyMap<string, string>, speaker: Speaker): string {
  const known = ids.map((id) => names.get(id) ?? speaker.said.gone)
  return list([...new Set(known)], speaker, 'conjunction')
}

export function saySpan(seconds: number, { said, language }: Pick<Speaker, 'said' | 'language'>): string {
  const { span } = said.sentence
  const write = (number: number) => new Intl.NumberFormat(language).format(number)
  if (seconds >= HOUR_S && seconds % HOUR_S === 0) return span.h(write(seconds / HOUR_S))
  if (seconds >= MINUTE_S && seconds % MINUTE_S === 0) return span.min(write(seconds / MINUTE_S))
  return span.s(write(seconds))
}

function sayConfirmation(confirmation: Confirmation, speaker: Speaker): string {
  const { sentence } = speaker.said
  if (confirmation.kind === 'hits') return sentence.hits(confirmation.hits, confirmation.of)
  if (confirmation.kind === 'duration') return sentence.duration(saySpan(confirmation.at_least_s, speaker))
  return sentence.mean(saySpan(confirmation.over_s, speaker))
}

function sayCondition(condition: Condition, speaker: Speaker): string {
  const { sentence, meaning } = speaker.said
  const share = (score: number) => formatShare(score, speaker.language)
  switch (condition.kind) {
    case 'concept':
      return sentence.concept(condition.concept, share(condition.min_score))
    case 'caption':
      return sentence.caption(sayPhrases(condition.phrases, speaker), share(condition.min_score))
    case 'speech':
      return sentence.speech(sayPhrases(condition.phrases, speaker), condition.max_distance)
    case 'meaning': {
      const { value, min_confidence: score } = condition
      return sentence.meaning(meaning[condition.meaning], condition.name, value ?? '', share(score))
    }
    case 'zone':
      return sentence.zone(condition.zone, share(condition.min_share))
    default:
      return sayThings(condition, speaker)
  }
}

type OfThings = Extract<Condition, { kind: 'object' | 'absence' | 'passage' }>

function sayThings(condition: OfThings, speaker: Speaker): string {
  const { sentence } = speaker.said
  const zone = condition.zone ? sentence.inZone(condition.zone) : ''
  if (condition.kind === 'absence') {
    return sentence.absence(condition.label, zone, sentence.time(saySpan(condition.for_s, speaker)))
  }
  if (condition.kind === 'passage') {
    const things = sentence.number(condition.min_count, null, condition.label)
    const over = condition.zone ? sentence.quoted(condition.zone) : sentence.line
    const which = condition.way ?? (condition.zone ? 'either' : 'cross')
    return sentence.passage[which](things, over)
  }
  if (condition.kind === 'object') {
    const things = sentence.number(condition.min_count, condition.max_count ?? null, condition.label)
    const time = condition.for_s > 0 ? sentence.time(saySpan(condition.for_s, speaker)) : ''
    return sentence.object(things, formatShare(condition.min_score, speaker.language), zone, time)
  }
  return sentence.unknown((condition as { kind: string }).kind)
}

function sayPhrases(phrases: readonly string[], speaker: Speaker): string {
  return list(
    phrases.map((each) => speaker.said.sentence.quoted(each)),
    speaker,
    'disjunction',
  )
}
