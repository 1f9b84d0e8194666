import { Button, Group, Loader, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { When } from '@/shared/time/When'
import { DayTimeline } from '@/shared/timeline/DayTimeline'
import type { Mark } from '@/shared/timeline/day'
import { SeverityBadge } from '@/shared/ui/Badges'
import { Failure } from '@/shared/ui/Failure'
import { Picture } from '@/shared/ui/Picture'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import classes from './cameras.module.css'
import { type Camera, dayOptions } from './queries'
import { Section } from './Section'
import { words } from './words'

/** A camera's day: what moved, happened and was missed, and what was seen at the moment one points at. */
export function DaySection({ camera }: { camera: Camera }) {
  const said = useWords(words)
  const [date, setDate] = useState<string>()
  const { data: day, error, refetch } = useQuery(dayOptions(camera.id, date))
  const [mark, setMark] = useState<Mark>()
  const go = (days: number) => {
    const shown = date ?? day?.date
    if (shown) setDate(shiftDate(shown, days))
    setMark(undefined)
  }
  return (
    <Section title={said.day}>
      <Group gap="xs" mb="xs" align="flex-end">
        <Button size="xs" variant="default" onClick={() => go(-1)}>
          {said.dayBefore}
        </Button>
        <TextInput
          type="date"
          size="xs"
          aria-label={said.date}
          value={date ?? day?.date ?? ''}
          onChange={(event) => setDate(event.currentTarget.value || undefined)}
        />
        <Button size="xs" variant="default" disabled={date === undefined} onClick={() => go(1)}>
          {said.dayAfter}
        </Button>
        {date !== undefined && (
          <Button size="xs" variant="subtle" onClick={() => setDate(undefined)}>
            {said.today}
          </Button>
        )}
      </Group>
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {!day && !error && <Loader aria-hidden />}
      {day && <DayTimeline key={day.date} day={day} onPick={(_, picked) => setMark(picked)} />}
      {mark && <Marked mark={mark} />}
    </Section>
  )
}

/** A day later or earlier, as the calendar has it. */
export function shiftDate(date: string, days: number): string {
  const moved = new Date(`${date}T00:00:00Z`)
  moved.setUTCDate(moved.getUTCDate() + days)
  return moved.toISOString().slice(0, 10)
}

function Marked({ mark: { event, alert } }: { mark: Mark }) {
  const said = useWords(words)
  const shared = useWords(common)
  return (
    <article className={classes.marked} data-marked={event?.id ?? alert?.id}>
      {event?.has_snapshot && (
        <div className={classes.thumb}>
          <Picture src={`/events/${event.id}/snapshot.jpg`} alt={shared.pictureOf(event.caption)} />
        </div>
      )}
      <div className={classes.text}>
        {event ? (
          <Link to="/events/$eventId" params={{ eventId: event.id }}>
            {event.caption}
          </Link>
        ) : (
          <Text>{alert?.title}</Text>
        )}
        <Text size="sm" c="dimmed">
          <When at={event?.occurred_at ?? alert?.raised_at ?? ''} exact />
        </Text>
        {alert && (
          <Group gap={6} mt={4}>
            <SeverityBadge severity={alert.severity} />
            <Link to="/alerts/$alertId" params={{ alertId: alert.id }}>
              {said.toAlert(alert.title)}
            </Link>
          </Group>
        )}
      </div>
    </article>
  )
}
