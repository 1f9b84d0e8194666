import { Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { camerasOptions } from '@/shared/api/names'
import { formatMoment } from '@/shared/time/format'
import { useLanguage, useWords } from '@/shared/words/language'
import { DayStrip } from './DayStrip'
import { DayTrack } from './DayTrack'
import { addMinutes, dayOf, lastMinuteOf, toAt } from './days'
import classes from './events.module.css'
import type { Sought } from './sought'
import { words } from './words'

const HOUR_MIN = 60

interface MomentsProps {
  sought: Sought
  onChange: (changed: Partial<Sought>) => void
}

/** Where one says when: a day, and on the tracks of the cameras the moment in it. Two clicks. */
export function Moments({ sought, onChange }: MomentsProps) {
  const said = useWords(words)
  const { data: cameras = [] } = useQuery(camerasOptions)
  const today = dayOf(new Date())
  const at = sought.at === undefined ? undefined : new Date(sought.at)
  const day = at ? dayOf(at) : today
  const shown = sought.camera ? cameras.filter((each) => each.id === sought.camera) : cameras
  const onDay = (chosen: string) => onChange({ at: chosen === today ? undefined : toAt(lastMinuteOf(chosen)) })
  return (
    <>
      <DayStrip day={day} onDay={onDay} />
      {shown.length > 0 && (
        <section className={classes.days} aria-label={said.days} title={said.legend}>
          {shown.map((camera) => (
            <DayTrack
              key={camera.id}
              camera={camera}
              day={day}
              isToday={day === today}
              at={at}
              onMoment={(moment) => onChange({ at: toAt(moment) })}
              onCamera={(camera) => onChange({ camera })}
            />
          ))}
          <Hours />
        </section>
      )}
      {at && <Chosen at={at} onChange={onChange} />}
    </>
  )
}

const HOURS = [0, 6, 12, 18]

function Hours() {
  const { language } = useLanguage()
  const hour = new Intl.DateTimeFormat(language, { hour: 'numeric' })
  return (
    <div className={classes.hours} aria-hidden="true">
      {HOURS.map((each) => (
        <span key={each}>{hour.format(new Date(2026, 0, 1, each))}</span>
      ))}
    </div>
  )
}

function Chosen({ at, onChange }: { at: Date; onChange: MomentsProps['onChange'] }) {
  const said = useWords(words)
  const { language } = useLanguage()
  const later = addMinutes(at, HOUR_MIN)
  const isPast = later.getTime() < Date.now()
  return (
    <Group gap="xs" mb="xs">
      <Text size="sm">{said.until(formatMoment(at, language))}</Text>
      <Button size="xs" variant="default" onClick={() => onChange({ at: isPast ? toAt(later) : undefined })}>
        {said.later}
      </Button>
      <Button size="xs" variant="default" onClick={() => onChange({ at: undefined })}>
        {said.newest}
      </Button>
    </Group>
  )
}
