import { Loader, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { View } from '@/shared/api/client'
import { formatShare } from '@/shared/time/format'
import { Failure } from '@/shared/ui/Failure'
import { useLanguage, useWords } from '@/shared/words/language'
import { explanationOptions } from './queries'
import { words } from './words'

type Measured = View<'MeasuredView'>

/** Why each rule did or did not raise an alert for an event. */
export function Why({ eventId }: { eventId: string }) {
  const said = useWords(words)
  const { data, error, refetch } = useQuery(explanationOptions(eventId))
  if (error) return <Failure error={error} onRetry={() => void refetch()} />
  if (!data) return <Loader aria-hidden size="sm" />
  return (
    <Stack component="section" gap="xs" mt="xs" aria-label={said.why}>
      {data.rules.map((rule) => (
        <div key={rule.rule_id}>
          <Text size="sm" fw={600}>
            {rule.rule}
          </Text>
          <Text size="sm">{rule.why}</Text>
          {rule.conditions.map((measured) => (
            <Condition key={JSON.stringify(measured.condition)} measured={measured} />
          ))}
        </div>
      ))}
    </Stack>
  )
}

function Condition({ measured }: { measured: Measured }) {
  const said = useWords(words)
  const { language } = useLanguage()
  const { score, needed, holds } = measured
  const share = (value: number | null) => (value === null ? '–' : formatShare(value, language))
  return (
    <Text size="xs" c="dimmed">
      {`${nameCondition(measured.condition)}: ${needed === null ? share(score) : said.needed(share(score), share(needed))}`}
      {` (${holds ? said.holds : said.holdsNot})`}
    </Text>
  )
}

/** What a condition asks for, in the rule's own words. */
export function nameCondition(condition: Measured['condition']): string {
  switch (condition.kind) {
    case 'concept':
      return condition.concept
    case 'caption':
    case 'speech':
      return condition.phrases.join(', ')
    case 'object':
    case 'absence':
    case 'passage':
      return condition.label
    case 'zone':
      return condition.zone
    default:
      return condition.kind ?? ''
  }
}
