import { Badge, Group, Text } from '@mantine/core'
import { saySchedule } from '@/shared/schedule/saySchedule'
import { words as scheduleWords } from '@/shared/schedule/words'
import { useNow, When } from '@/shared/time/When'
import { useLanguage, useWords } from '@/shared/words/language'
import { listFallbacks, type Recipient } from './chains'
import { words } from './words'

interface FactsProps {
  recipient: Recipient
  all: readonly Recipient[]
}

/** How somebody is reached, in order, and what stands against it. */
export function Facts({ recipient, all }: FactsProps) {
  const said = useWords(words)
  const ofSchedule = useWords(scheduleWords)
  const { language } = useLanguage()
  return (
    <>
      <Text size="sm">
        {[
          said.channel[recipient.channel],
          ...listFallbacks(recipient, all).map((each) => said.instead(each.name, said.channel[each.channel])),
        ].join(', ')}
      </Text>
      <Problems recipient={recipient} />
      <Text size="xs" c="dimmed" component="div">
        <ChatWindow recipient={recipient} />
        {recipient.quiet_hours && (
          <div>{`${said.quiet}: ${saySchedule(recipient.quiet_hours, ofSchedule, language)}`}</div>
        )}
        {recipient.report_at && <div>{said.report(recipient.report_at)}</div>}
      </Text>
    </>
  )
}

function Problems({ recipient }: { recipient: Recipient }) {
  const said = useWords(words)
  return (
    <>
      {recipient.opted_out_at && (
        <Group gap={6}>
          <Badge variant="outline" color="red">
            {said.optedOut}
          </Badge>
          <Text size="sm">
            <When at={recipient.opted_out_at} /> · {said.optedOutWhy}
          </Text>
        </Group>
      )}
      {recipient.unreachable_reason && (
        <Group gap={6}>
          <Badge variant="outline" color="orange">
            {said.unreachable}
          </Badge>
          <Text size="sm">{recipient.unreachable_reason}</Text>
        </Group>
      )}
    </>
  )
}

function ChatWindow({ recipient }: { recipient: Recipient }) {
  const said = useWords(words)
  const now = useNow()
  if (recipient.channel !== 'messenger') return null
  const { window_open_until: until } = recipient
  if (!until) return <div>{said.windowUnknown}</div>
  if (Date.parse(until) < now) return <div>{said.windowShut}</div>
  return (
    <div>
      {said.windowOpen} <When at={until} exact />
    </div>
  )
}
