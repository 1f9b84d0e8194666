import { Button, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { May } from '@/shared/session/May'
import { useWords } from '@/shared/words/language'
import type { Recipient } from './chains'
import { testAlertOptions, useTestAlert } from './queries'
import classes from './recipients.module.css'
import { words } from './words'

/** A test alert, and what became of it, without looking anywhere else. */
export function TestAlert({ recipient }: { recipient: Recipient }) {
  const said = useWords(words)
  const send = useTestAlert()
  return (
    <May scope="operate">
      {send.data && <Outcome alertId={send.data.id} />}
      <Button
        size="sm"
        variant="default"
        loading={send.isPending}
        aria-label={said.testOf(recipient.name)}
        onClick={() => send.mutate(recipient.id)}
      >
        {said.test}
      </Button>
    </May>
  )
}

function Outcome({ alertId }: { alertId: string }) {
  const said = useWords(words)
  const { data: alert } = useQuery(testAlertOptions(alertId))
  const delivery = alert?.deliveries[0]
  const error = delivery?.parts.find((part) => part.error)?.error
  const isWaiting = !delivery || delivery.state === 'pending'
  return (
    <Text size="sm" role="status">
      <Link to="/alerts/$alertId" params={{ alertId }} className={classes.link}>
        {isWaiting ? said.testWaits : said.testState(said.state[delivery.state])}
      </Link>
      {error && ` ${error}`}
    </Text>
  )
}
