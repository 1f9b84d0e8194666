import { Button, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Failure } from '@/shared/ui/Failure'
import { useWords } from '@/shared/words/language'
import { trialOptions, useSendTrial } from './queries'
import classes from './start.module.css'
import { words } from './words'

/** An alert that says of itself that nothing happened, to everybody, and what became of it. */
export function TestStep() {
  const said = useWords(words)
  const send = useSendTrial()
  return (
    <>
      <Text size="sm">{said.testWhy}</Text>
      {send.error && <Failure error={send.error} />}
      <Button loading={send.isPending} onClick={() => send.mutate()}>
        {send.data ? said.testAgain : said.test}
      </Button>
      {send.data && <Told alertId={send.data.id} />}
    </>
  )
}

function Told({ alertId }: { alertId: string }) {
  const said = useWords(words)
  const { data: alert, error } = useQuery(trialOptions(alertId))
  if (error) return <Failure error={error} />
  if (!alert) return null
  if (alert.deliveries.length === 0) return <Text role="status">{alert.untold_reason ?? said.nobody}</Text>
  return (
    <ul className={classes.list} aria-live="polite">
      {alert.deliveries.map((delivery) => (
        <li key={delivery.id}>
          <Text size="sm">{`${delivery.recipient_name}: ${said.delivery[delivery.state]}`}</Text>
          {delivery.parts
            .filter((part) => part.error !== null)
            .map((part) => (
              <Text key={part.kind} size="sm" c="red">
                {part.error}
              </Text>
            ))}
        </li>
      ))}
    </ul>
  )
}
