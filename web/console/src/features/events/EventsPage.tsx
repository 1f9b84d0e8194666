import { Button, Loader, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Outlet, useMatch } from '@tanstack/react-router'
import { flatten, useOnEnd } from '@/shared/api/lists'
import { Empty } from '@/shared/ui/Empty'
import { Failure } from '@/shared/ui/Failure'
import { FullHeight } from '@/shared/ui/FullHeight'
import { LiveList } from '@/shared/ui/LiveList'
import { PageHead } from '@/shared/ui/PageHead'
import { useWords } from '@/shared/words/language'
import { EventRow } from './EventRow'
import classes from './events.module.css'
import { Filters } from './Filters'
import { Moments } from './Moments'
import { eventsOptions, useEventNews } from './queries'
import type { Sought } from './sought'
import { words } from './words'

const ROW_PX = 84

const route = getRouteApi('/shell/events')

/** Everything that was seen, and beside it (on a phone: in its place) the event that was opened. */
export function EventsPage() {
  const said = useWords(words)
  const sought: Sought = route.useSearch()
  const navigate = route.useNavigate()
  useEventNews()
  const opened = useMatch({ from: '/shell/events/$eventId', shouldThrow: false })?.params.eventId
  const change = (changed: Partial<Sought>) =>
    navigate({ search: (before: Sought) => ({ ...before, ...changed }), replace: 'q' in changed })
  return (
    <div className={classes.page} data-opened={opened !== undefined}>
      <FullHeight className={classes.all}>
        <PageHead title={said.title} />
        <Filters sought={sought} onChange={change} />
        <Moments sought={sought} onChange={change} />
        <Found sought={sought} opened={opened} onClear={() => void navigate({ search: {} })} />
      </FullHeight>
      {opened !== undefined && (
        <section className={classes.opened}>
          <Outlet />
        </section>
      )}
    </div>
  )
}

interface FoundProps {
  sought: Sought
  opened: string | undefined
  onClear: () => void
}

function Found({ sought, opened, onClear }: FoundProps) {
  const said = useWords(words)
  const list = useInfiniteQuery(eventsOptions(sought))
  const onEnd = useOnEnd(list)
  if (list.isPending) return <Loader aria-hidden />
  if (list.isError) return <Failure error={list.error} onRetry={() => void list.refetch()} />
  const events = flatten(list.data)
  if (events.length === 0) {
    const isAll = Object.values(sought).every((each) => each === undefined)
    return (
      <Empty title={said.none}>
        <Text>{said.noneWhy}</Text>
        {!isAll && (
          <Button variant="default" onClick={onClear}>
            {said.clear}
          </Button>
        )}
      </Empty>
    )
  }
  return (
    <LiveList
      // Another question is another list, which begins at its top.
      key={JSON.stringify(sought)}
      items={events}
      label={said.list}
      rowPx={ROW_PX}
      sayNew={said.newOnes}
      onEnd={onEnd}
      render={(event) => <EventRow event={event} isOpened={event.id === opened} />}
    />
  )
}
