import { Group, Text, Title } from '@mantine/core'
import { When } from '@/shared/time/When'
import { SeverityBadge, StateBadge } from '@/shared/ui/Badges'
import { Failure } from '@/shared/ui/Failure'
import { TextLink } from '@/shared/ui/links'
import { useWords } from '@/shared/words/language'
import classes from './events.module.css'
import { useAlertsOfEvent } from './queries'
import { words } from './words'

/** Who was told of it is said there. */
export function AlertsOfEvent({ eventId }: { eventId: string }) {
  const said = useWords(words)
  const { data, error, refetch } = useAlertsOfEvent(eventId)
  if (error) return <Failure error={error} onRetry={() => void refetch()} />
  if (!data) return null
  return (
    <section aria-label={said.told}>
      <Title order={3} size="h5" mt="md">
        {said.told}
      </Title>
      {data.items.length === 0 && <Text size="sm">{said.untold}</Text>}
      <ul className={classes.shares}>
        {data.items.map((alert) => (
          <li key={alert.id}>
            <Group gap={6}>
              <TextLink to="/alerts/$alertId" params={{ alertId: alert.id }} size="sm">
                {alert.title}
              </TextLink>
              <SeverityBadge severity={alert.severity} />
              <StateBadge state={alert.state} />
              <Text size="xs" c="dimmed">
                <When at={alert.raised_at} />
              </Text>
            </Group>
          </li>
        ))}
      </ul>
    </section>
  )
}
