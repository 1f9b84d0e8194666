import { Text, UnstyledButton } from '@mantine/core'
import { useInViewport } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useState } from 'react'
import { formatClock } from '@/shared/time/format'
import { SeekTrack } from '@/shared/ui/SeekTrack'
import { useLanguage, useWords } from '@/shared/words/language'
import { addMinutes, minutesBetween } from './days'
import { type CameraDay, countMinutes, drawEvents, drawMotion, HEIGHT, placeGaps, sum } from './drawing'
import classes from './events.module.css'
import { dayOptions } from './queries'
import { words } from './words'

const SETTLED_MS = 250

interface DayTrackProps {
  camera: { id: string; name: string }
  day: string
  isToday: boolean
  /** The moment that is looked at; as far as the day has passed where none was chosen. */
  at: Date | undefined
  onMoment: (moment: Date) => void
  onCamera: (id: string) => void
}

/** A camera's day: when something moved, what was filed, when nothing was seen; pointing at it goes there. */
export function DayTrack({ camera, day, isToday, at, onMoment, onCamera }: DayTrackProps) {
  const said = useWords(words)
  const { ref, inViewport } = useInViewport()
  const { data } = useQuery({ ...dayOptions(camera.id, day, isToday), enabled: inViewport })
  const about = useId()
  return (
    <div ref={ref} className={classes.day} data-camera={camera.id}>
      <UnstyledButton
        className={classes.dayName}
        title={said.onlyCamera(camera.name)}
        onClick={() => onCamera(camera.id)}
      >
        {camera.name}
      </UnstyledButton>
      {data ? (
        <Track day={data} name={camera.name} at={at} about={about} onMoment={onMoment} />
      ) : (
        <div className={classes.emptyTrack} />
      )}
      <Text size="xs" c="dimmed" id={about} className={classes.dayAbout}>
        {data && describe(data, said)}
      </Text>
    </div>
  )
}

function describe(day: CameraDay, said: (typeof words)['en']): string {
  const gaps = day.gaps.length + day.gaps_left_out
  const alerts = day.alerts.items.length
  const parts = [said.events(sum(day.events_in_minute))]
  if (alerts > 0) parts.push(said.alerts(alerts))
  if (gaps > 0) parts.push(said.gaps(gaps))
  return parts.join(' · ')
}

interface TrackProps {
  day: CameraDay
  name: string
  at: Date | undefined
  about: string
  onMoment: (moment: Date) => void
}

function Track({ day, name, at, about, onMoment }: TrackProps) {
  const said = useWords(words)
  const { language } = useLanguage()
  const minutes = countMinutes(day)
  const chosen = Math.floor(minutesBetween(day.since, at ?? day.as_of))
  const [pointed, setPointed] = usePointed(chosen, (minute) => onMoment(addMinutes(day.since, minute)))
  return (
    <SeekTrack
      label={said.moment(name)}
      length={minutes}
      step={1}
      value={pointed}
      valueText={formatClock(addMinutes(day.since, pointed), language)}
      describedBy={about}
      onSeek={setPointed}
    >
      <Drawing day={day} minutes={minutes} />
    </SeekTrack>
  )
}

/** Where somebody points; who moves on within a quarter of a second has not chosen yet. */
function usePointed(chosen: number, onChoose: (value: number) => void) {
  const [pointed, setPointed] = useState<number>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is chosen last counts, not who is told of it
  useEffect(() => {
    if (pointed === undefined) return
    const timer = setTimeout(() => {
      onChoose(pointed)
      setPointed(undefined)
    }, SETTLED_MS)
    return () => clearTimeout(timer)
  }, [pointed])
  return [pointed ?? chosen, setPointed] as const
}

function Drawing({ day, minutes }: { day: CameraDay; minutes: number }) {
  const striped = useId()
  return (
    <svg viewBox={`0 0 ${minutes} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <defs>
        <pattern id={striped} width="8" height="4" patternUnits="userSpaceOnUse">
          <rect width="8" height="2" className={classes.gap} />
        </pattern>
      </defs>
      {placeGaps(day).map(({ x, width }) => (
        <rect key={x} x={x} width={width} height={HEIGHT} fill={`url(#${striped})`} />
      ))}
      <path d={drawMotion(day.motion_permille)} className={classes.motion} />
      <path d={drawEvents(day.events_in_minute)} className={classes.filed} />
      {day.alerts.items.map((alert) => (
        <rect
          key={alert.id}
          x={minutesBetween(day.since, alert.raised_at) - 2}
          width={4}
          height={HEIGHT}
          className={classes.alert}
        />
      ))}
    </svg>
  )
}
