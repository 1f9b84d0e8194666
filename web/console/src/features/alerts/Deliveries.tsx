import { Button, Group, Text, Title } from '@mantine/core'
import { May } from '@/shared/session/May'
import { When } from '@/shared/time/When'
import { useWords } from '@/shared/words/language'
import classes from './alerts.module.css'
import { type Alert, useSendAgain } from './queries'
import { words } from './words'

type Delivery = Alert['deliveries'][number]

/** Everybody who was told, and what became of each part of it. */
export function Deliveries({ alert }: { alert: Alert }) {
  const said = useWords(words)
  return (
    <section>
      <Title order={3} size="h5" mt="md">
        {said.deliveries}
      </Title>
      {alert.deliveries.length === 0 && (
        <Text size="sm">{alert.untold_reason ? said.untold(alert.untold_reason) : said.nobodyTold}</Text>
      )}
      <ul className={classes.deliveries}>
        {alert.deliveries.map((delivery) => (
          <li key={delivery.id}>
            <DeliveryOf alertId={alert.id} delivery={delivery} />
          </li>
        ))}
      </ul>
    </section>
  )
}

/** What was not told, and may be asked for again. */
const FAILED: ReadonlySet<Delivery['state']> = new Set(['buried', 'refused', 'held'])

function DeliveryOf({ alertId, delivery }: { alertId: string; delivery: Delivery }) {
  const said = useWords(words)
  const sendAgain = useSendAgain(alertId)
  return (
    <>
      <Group gap={6}>
        <Text size="sm" fw={600}>
          {delivery.recipient_name}
        </Text>
        <Text size="sm">{`${delivery.channel} · ${said.delivery[delivery.state]}`}</Text>
        {FAILED.has(delivery.state) && (
          <May scope="operate">
            <Button
              size="xs"
              variant="default"
              loading={sendAgain.isPending}
              onClick={() => sendAgain.mutate(delivery.id)}
            >
              {said.sendAgain}
            </Button>
          </May>
        )}
      </Group>
      {delivery.parts.map((part) => (
        <Text key={part.kind} size="xs" c="dimmed">
          {`${said.part[part.kind]}: ${said.delivery[part.state]}`}
          {part.attempts > 1 && `, ${said.tries(part.attempts)}`}
          {part.sent_at && (
            <>
              {', '}
              <When at={part.sent_at} exact />
            </>
          )}
          {part.error && (
            <Text span inherit c="red" className={classes.error}>
              {` ${part.error}`}
            </Text>
          )}
        </Text>
      ))}
    </>
  )
}
