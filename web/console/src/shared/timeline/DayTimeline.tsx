import { ActionIcon, Group, Text } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { type KeyboardEvent, type PointerEvent, useMemo, useState } from 'react'
import { formatShare } from '@/shared/time/format'
import { Choice } from '@/shared/ui/Choice'
import { useLanguage, useWords } from '@/shared/words/language'
import {
  countMinutes,
  type Day,
  findGap,
  findLatest,
  findNearestMark,
  findNextMark,
  formatMinute,
  listMarks,
  type Mark,
} from './day'
import { Strip } from './Strip'
import classes from './timeline.module.css'
import { words } from './words'

const HOURS = ['24', '6', '1'] as const
const HOUR_MIN = 60
/** How near to a mark one has to point, as a share of what is shown. */
const NEAR = 0.01

interface DayTimelineProps {
  day: Day
  /** The minute of the day that is looked at, and what is marked there. */
  onPick: (minute: number, mark: Mark | undefined) => void
}

/** A camera's day: motion, events, alerts and gaps. A slider to those who do not see it. */
export function DayTimeline({ day, onPick }: DayTimelineProps) {
  const said = useWords(words)
  const { language } = useLanguage()
  const marks = useMemo(() => listMarks(day), [day])
  const whole = countMinutes(day)
  const [minute, setMinute] = useState(() => findLatest(day, marks))
  const [hours, setHours] = useState<(typeof HOURS)[number]>('24')
  const [begin, setBegin] = useState(0)
  const span = Math.min(Number(hours) * HOUR_MIN, whole)
  const from = Math.min(Math.max(begin, 0), whole - span)
  const go = (to: number, mark?: Mark) => {
    const next = Math.min(Math.max(to, 0), whole - 1)
    setMinute(next)
    if (next < from || next >= from + span) setBegin(next - span / 2)
    onPick(next, mark ?? findNearestMark(marks, next, 0.5))
  }
  const point = (event: PointerEvent<HTMLDivElement>) => {
    if (event.buttons === 0 && event.type !== 'pointerdown') return
    const box = event.currentTarget.getBoundingClientRect()
    const at = from + ((event.clientX - box.left) / box.width) * span
    const mark = findNearestMark(marks, at, span * NEAR)
    go(mark?.minute ?? at, mark)
  }
  const zoom = (next: (typeof HOURS)[number]) => {
    setHours(next)
    setBegin(minute - (Number(next) * HOUR_MIN) / 2)
  }
  return (
    <div>
      <Group gap="xs" mb={4}>
        <Choice
          label={said.zoom}
          value={hours}
          choices={HOURS.map((each) => ({ value: each, label: said.hours(Number(each)) }))}
          onChoose={zoom}
        />
        {span < whole && <Shift said={said} onShift={(by) => setBegin(from + by * span * 0.75)} />}
      </Group>
      <div
        className={classes.slider}
        role="slider"
        tabIndex={0}
        aria-label={said.label(day.date)}
        aria-description={said.keys}
        aria-valuemin={0}
        aria-valuemax={whole - 1}
        aria-valuenow={Math.round(minute)}
        aria-valuetext={describe(day, minute, said, language)}
        onKeyDown={(event) => walk(event, minute, marks, go)}
        onPointerDown={point}
        onPointerMove={point}
      >
        <Strip day={day} marks={marks} from={from} span={span} minute={minute} />
      </div>
      <Text size="sm" aria-hidden data-minute={Math.floor(minute)}>
        {describe(day, minute, said, language)}
      </Text>
      <Legend day={day} said={said} />
    </div>
  )
}

type Said = (typeof words)['en']

function Shift({ said, onShift }: { said: Said; onShift: (by: 1 | -1) => void }) {
  return (
    <>
      <ActionIcon variant="default" size="lg" aria-label={said.earlier} onClick={() => onShift(-1)}>
        <IconChevronLeft size={18} aria-hidden />
      </ActionIcon>
      <ActionIcon variant="default" size="lg" aria-label={said.later} onClick={() => onShift(1)}>
        <IconChevronRight size={18} aria-hidden />
      </ActionIcon>
    </>
  )
}

function Legend({ day, said }: { day: Day; said: Said }) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone
  return (
    <Group gap="sm" mt={4} className={classes.legend}>
      {(['motion', 'event', 'alert', 'gap'] as const).map((each) => (
        <span key={each} data-legend={each}>
          {said.legend[each]}
        </span>
      ))}
      {day.time_zone !== own && <span>{said.zone(day.time_zone)}</span>}
    </Group>
  )
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: HOUR_MIN,
  PageDown: -HOUR_MIN,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
}

function walk(
  event: KeyboardEvent,
  minute: number,
  marks: readonly Mark[],
  go: (to: number, mark?: Mark) => void,
): void {
  const step = STEPS[event.key]
  if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return
  event.preventDefault()
  const mark = event.shiftKey ? findNextMark(marks, minute, step > 0 ? 1 : -1) : undefined
  if (mark) go(mark.minute, mark)
  else if (!event.shiftKey) go(Math.floor(minute) + step)
}

/** What a minute was, in a line. */
function describe(day: Day, minute: number, said: Said, language: string): string {
  const whole = Math.floor(minute)
  const clock = formatMinute(day, whole, language)
  if (whole >= day.motion_permille.length) return `${clock}: ${said.unseen}`
  const gap = findGap(day, minute)
  const share = (day.motion_permille[whole] ?? 0) / 1000
  const events = day.events_in_minute[whole] ?? 0
  const motion = share > 0 ? said.motion(formatShare(share, language)) : said.still
  const parts = [gap ? said.gap[gap.reason ?? 'unknown'] : motion, events > 0 && said.events(events)]
  return `${clock}: ${parts.filter(Boolean).join(', ')}`
}
