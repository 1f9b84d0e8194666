import { Button, Group, Loader, Switch, Text } from '@mantine/core'
import { IconPlus, IconQrcode } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { recipientsOptions } from '@/shared/api/names'
import { May } from '@/shared/session/May'
import { useMay } from '@/shared/session/session'
import { Empty } from '@/shared/ui/Empty'
import { Failure } from '@/shared/ui/Failure'
import { PageHead } from '@/shared/ui/PageHead'
import rows from '@/shared/ui/rows.module.css'
import { useWords } from '@/shared/words/language'
import type { Recipient } from './chains'
import { Facts } from './Facts'
import { Invitations } from './Invitations'
import { useSwitchRecipient } from './queries'
import { TestAlert } from './TestAlert'
import { words } from './words'

/** Everybody who is told, how, and whether it reaches them. */
export function RecipientsPage() {
  const said = useWords(words)
  const { data: recipients, error, refetch } = useQuery(recipientsOptions)
  return (
    <>
      <PageHead title={said.title}>
        <May scope="admin">
          <Group gap={6}>
            <Button
              component={Link}
              to="/recipients/invite"
              size="sm"
              leftSection={<IconQrcode size={16} aria-hidden />}
            >
              {said.invite}
            </Button>
            <Button
              component={Link}
              to="/recipients/new"
              size="sm"
              variant="default"
              leftSection={<IconPlus size={16} aria-hidden />}
            >
              {said.add}
            </Button>
          </Group>
        </May>
      </PageHead>
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {!recipients && !error && <Loader aria-hidden />}
      {recipients?.length === 0 && (
        <Empty title={said.none}>
          <Text>{said.noneWhy}</Text>
        </Empty>
      )}
      {recipients && recipients.length > 0 && (
        <ul className={rows.list} aria-label={said.title}>
          {recipients.map((recipient) => (
            <li key={recipient.id} data-recipient={recipient.id} className={rows.row}>
              <Row recipient={recipient} all={recipients} />
            </li>
          ))}
        </ul>
      )}
      <May scope="admin">
        <Invitations />
      </May>
    </>
  )
}

function Row({ recipient, all }: { recipient: Recipient; all: readonly Recipient[] }) {
  return (
    <>
      <div className={rows.text}>
        <Link to="/recipients/$recipientId" params={{ recipientId: recipient.id }} className={rows.name}>
          {recipient.name}
        </Link>
        <Facts recipient={recipient} all={all} />
      </div>
      <Group gap="sm">
        <TestAlert recipient={recipient} />
        <OnOff recipient={recipient} />
      </Group>
    </>
  )
}

function OnOff({ recipient }: { recipient: Recipient }) {
  const said = useWords(words)
  const mayChange = useMay('admin')
  const change = useSwitchRecipient(recipient)
  if (!mayChange) return recipient.enabled ? null : <Text size="sm">{said.off}</Text>
  return (
    <Switch
      size="md"
      aria-label={said.isOn(recipient.name)}
      checked={change.isPending ? change.variables : recipient.enabled}
      disabled={change.isPending}
      onChange={(event) => change.mutate(event.currentTarget.checked)}
    />
  )
}
