import { Group, List, Loader, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { recipientsOptions, rulesOptions } from '@/shared/api/names'
import { useMay } from '@/shared/session/session'
import { When } from '@/shared/time/When'
import { Deletion } from '@/shared/ui/Deletion'
import { Failure } from '@/shared/ui/Failure'
import { PageHead } from '@/shared/ui/PageHead'
import { useLanguage, useWords } from '@/shared/words/language'
import { type Recipient, toDraft } from './chains'
import { Facts } from './Facts'
import { recipientOptions, toldOptions, useDeleteRecipient } from './queries'
import { RecipientForm } from './RecipientForm'
import classes from './recipients.module.css'
import { TestAlert } from './TestAlert'
import { ToList } from './ToList'
import { words } from './words'

const route = getRouteApi('/shell/recipients/$recipientId')

/** Somebody who is told: how, when, by which rules, and what they were told. */
export function RecipientPage() {
  const { recipientId } = route.useParams()
  const { data, error, refetch } = useQuery({ ...recipientOptions(recipientId), refetchOnWindowFocus: false })
  return (
    <Stack gap="sm">
      <ToList />
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loader aria-hidden />}
      {data && <Opened key={data.id} recipient={data} />}
    </Stack>
  )
}

function Opened({ recipient }: { recipient: Recipient }) {
  const mayChange = useMay('admin')
  const navigate = useNavigate()
  const { data: all = [] } = useQuery(recipientsOptions)
  return (
    <>
      <PageHead title={recipient.name}>
        <Group gap="sm">
          <TestAlert recipient={recipient} />
        </Group>
      </PageHead>
      <div>
        <Facts recipient={recipient} all={all} />
      </div>
      <Steps id={recipient.id} />
      {mayChange && (
        <RecipientForm
          id={recipient.id}
          initial={toDraft(recipient)}
          onSaved={() => void navigate({ to: '/recipients' })}
        >
          <Remove recipient={recipient} />
        </RecipientForm>
      )}
      <WhatTold id={recipient.id} />
    </>
  )
}

const MINUTE_S = 60

/** The steps of rules in which they are told when nobody answers; the rules are where those are changed. */
function Steps({ id }: { id: string }) {
  const said = useWords(words)
  const { language } = useLanguage()
  const { data: rules = [] } = useQuery(rulesOptions)
  const steps = rules.flatMap((rule) =>
    rule.escalation.filter((step) => step.recipient_ids.includes(id)).map((step) => ({ rule, after_s: step.after_s })),
  )
  if (steps.length === 0) return null
  return (
    <section>
      <Title order={2} size="h5">
        {said.steps}
      </Title>
      <List size="sm">
        {steps.map(({ rule, after_s }) => (
          <List.Item key={`${rule.id} ${after_s}`}>
            <Link to="/rules/$ruleId" params={{ ruleId: rule.id }} className={classes.link}>
              {said.stepOf(rule.name, new Intl.NumberFormat(language).format(after_s / MINUTE_S))}
            </Link>
          </List.Item>
        ))}
      </List>
    </section>
  )
}

function WhatTold({ id }: { id: string }) {
  const said = useWords(words)
  const { data } = useQuery(toldOptions(id))
  if (!data) return null
  return (
    <section>
      <Title order={2} size="h5" mt="md">
        {said.told}
      </Title>
      {data.items.length === 0 && <Text size="sm">{said.toldNothing}</Text>}
      <List size="sm" listStyleType="none">
        {data.items.map((told) => (
          <List.Item key={told.id}>
            <When at={told.created_at} />
            {' · '}
            <Link to="/alerts/$alertId" params={{ alertId: told.alert_id }} className={classes.link}>
              {told.title}
            </Link>
            {` · ${said.channel[told.channel]}, ${said.state[told.state]}`}
            {told.reason && `: ${told.reason}`}
          </List.Item>
        ))}
      </List>
    </section>
  )
}

function Remove({ recipient }: { recipient: Recipient }) {
  const said = useWords(words)
  const navigate = useNavigate()
  const remove = useDeleteRecipient(recipient.id)
  return (
    <Deletion
      title={said.askDelete(recipient.name)}
      why={said.deleteWhy}
      isPending={remove.isPending}
      onConfirm={() => remove.mutate(undefined, { onSuccess: () => void navigate({ to: '/recipients' }) })}
    />
  )
}
