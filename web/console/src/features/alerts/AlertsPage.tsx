import { Loader, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Outlet, useMatch } from '@tanstack/react-router'
import { flatten, useOnEnd } from '@/shared/api/lists'
import { useMay } from '@/shared/session/session'
import { Choice } from '@/shared/ui/Choice'
import { Empty } from '@/shared/ui/Empty'
import { Failure } from '@/shared/ui/Failure'
import { FullHeight } from '@/shared/ui/FullHeight'
import { LiveList } from '@/shared/ui/LiveList'
import { PageHead } from '@/shared/ui/PageHead'
import { useWords } from '@/shared/words/language'
import { AlertRow } from './AlertRow'
import classes from './alerts.module.css'
import { type AlertState, alertsOptions, useAlertNews } from './queries'
import { useAlertKeys } from './useAlertKeys'
import { words } from './words'

const ROW_PX = 132
const FILTERS = ['raised', 'all', 'acknowledged', 'dismissed'] as const

const route = getRouteApi('/shell/alerts')

/** The inbox, and beside it (on a phone: in its place) the alert that was opened. */
export function AlertsPage() {
  const said = useWords(words)
  const { state } = route.useSearch()
  const navigate = route.useNavigate()
  useAlertNews()
  const opened = useMatch({ from: '/shell/alerts/$alertId', shouldThrow: false })?.params.alertId
  const choose = (filter: (typeof FILTERS)[number]) =>
    navigate({ search: filter === 'all' ? {} : { state: filter }, replace: true })
  return (
    <div className={classes.page} data-opened={opened !== undefined}>
      <FullHeight className={classes.inbox}>
        <PageHead title={said.title}>
          <Choice
            label={said.show}
            value={state ?? 'all'}
            onChoose={choose}
            choices={FILTERS.map((each) => ({ value: each, label: said.filter[each] }))}
          />
        </PageHead>
        <Inbox state={state} opened={opened} />
      </FullHeight>
      {opened !== undefined && (
        <section className={classes.opened}>
          <Outlet />
        </section>
      )}
    </div>
  )
}

function Inbox({ state, opened }: { state: AlertState | undefined; opened: string | undefined }) {
  const said = useWords(words)
  const mayAnswer = useMay('operate')
  const list = useInfiniteQuery(alertsOptions(state))
  const alerts = flatten(list.data)
  const keys = useAlertKeys(alerts, mayAnswer)
  const onEnd = useOnEnd(list)
  if (list.isPending) return <Loader aria-hidden />
  if (list.isError) return <Failure error={list.error} onRetry={() => void list.refetch()} />
  if (alerts.length === 0) return <Empty title={said.none}>{state ? null : <Text>{said.noneWhy}</Text>}</Empty>
  return (
    <>
      {mayAnswer && (
        <Text size="xs" c="dimmed" mb="xs" visibleFrom="sm">
          {said.keys}
        </Text>
      )}
      <LiveList
        items={alerts}
        label={said.list}
        rowPx={ROW_PX}
        sayNew={said.newOnes}
        onEnd={onEnd}
        onKeyDown={keys}
        render={(alert) => <AlertRow alert={alert} isOpened={alert.id === opened} />}
      />
    </>
  )
}
