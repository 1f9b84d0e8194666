import { Button, Group, Loader, Stack, Text, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { eventOptions } from '@/shared/api/events'
import { useCameraName, useRuleName } from '@/shared/api/names'
import { useNews } from '@/shared/news/useNews'
import { When } from '@/shared/time/When'
import { SeverityBadge, StateBadge } from '@/shared/ui/Badges'
import { Failure } from '@/shared/ui/Failure'
import { BackLink } from '@/shared/ui/links'
import { useWords } from '@/shared/words/language'
import { AlertActions } from './AlertActions'
import classes from './alerts.module.css'
import { Deliveries } from './Deliveries'
import { Footage } from './Footage'
import { type Alert, alertOptions, findSentence } from './queries'
import { Why } from './Why'
import { words } from './words'

const route = getRouteApi('/shell/alerts/$alertId')

/** One alert: what was seen and heard, who was told, and why. */
export function AlertPage() {
  const said = useWords(words)
  const { alertId } = route.useParams()
  const client = useQueryClient()
  const { data: alert, error, refetch } = useQuery(alertOptions(alertId))
  // A delivery's news does not say of which alert it is: there are few, and only this one is looked at.
  useNews('delivery', () => void client.invalidateQueries({ queryKey: alertOptions(alertId).queryKey }))
  useEffect(() => {
    if (alert) document.title = `${alert.title} · InstantReact`
  }, [alert])
  return (
    <Stack gap="sm">
      <BackLink to="/alerts" search={true}>
        {said.toList}
      </BackLink>
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {!alert && !error && <Loader aria-hidden />}
      {alert && <Opened key={alert.id} alert={alert} />}
    </Stack>
  )
}

function Opened({ alert }: { alert: Alert }) {
  const said = useWords(words)
  const [showsWhy, setShowsWhy] = useState(false)
  return (
    <article data-alert={alert.id}>
      <Title order={2} size="h3">
        {alert.title}
      </Title>
      <Sentence alert={alert} />
      <Group gap={6} my="xs">
        <SeverityBadge severity={alert.severity} />
        <StateBadge state={alert.state} />
      </Group>
      <AlertActions alert={alert} />
      <Footage alert={alert} />
      <Facts alert={alert} />
      <Deliveries alert={alert} />
      {alert.event_id && (
        <>
          <Button
            mt="sm"
            size="compact-md"
            variant="default"
            aria-expanded={showsWhy}
            onClick={() => setShowsWhy(!showsWhy)}
          >
            {showsWhy ? said.whyHide : said.why}
          </Button>
          {showsWhy && <Why eventId={alert.event_id} />}
        </>
      )}
    </article>
  )
}

function Sentence({ alert }: { alert: Alert }) {
  const { data: event } = useQuery({ ...eventOptions(alert.event_id ?? ''), enabled: alert.event_id !== null })
  return <Text className={classes.sentence}>{findSentence(alert, event)}</Text>
}

function Facts({ alert }: { alert: Alert }) {
  const said = useWords(words)
  const camera = useCameraName(alert.camera_id)
  const rule = useRuleName(alert.rule_id)
  return (
    <Text size="sm" mt="sm" component="p">
      {camera && `${said.camera}: ${camera} · `}
      {rule && `${said.rule}: ${rule} · `}
      {said.raised} <When at={alert.raised_at} exact />
      {alert.answered_at && (
        <>
          {` · ${said.answered} `}
          <When at={alert.answered_at} exact /> {alert.answered_by && said.answeredBy(alert.answered_by)}
        </>
      )}
      {alert.second_look?.sentence && ` · ${said.secondLook}: ${alert.second_look.sentence}`}
    </Text>
  )
}
