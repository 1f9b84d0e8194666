import { Chip, Group } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { SeenEvent } from '@/shared/api/events'
import { formatFootage, formatShare } from '@/shared/time/format'
import { SeekTrack } from '@/shared/ui/SeekTrack'
import { useLanguage, useWords } from '@/shared/words/language'
import classes from './clips.module.css'
import { type Curve, drawCurve, HEIGHT, listCurves } from './curves'
import type { Clip } from './uploads'
import { words } from './words'

/** Lines differ by their dashes, too. */
const LINES = [
  { color: 'red', dashes: undefined },
  { color: 'blue', dashes: '8 4' },
  { color: 'green', dashes: '2 3' },
  { color: 'grape', dashes: '10 3 2 3' },
  { color: 'orange', dashes: '5 2' },
  { color: 'cyan', dashes: '1 4' },
] as const
const FIRST = 3
const STEP_S = 0.1

interface TimelineProps {
  clip: Clip
  events: readonly SeenEvent[]
  at: number
  current: SeenEvent | undefined
  onSeek: (at: number) => void
}

/** How likely each concept was over the clip; one points at where to go. */
export function Timeline({ clip, events, at, current, onSeek }: TimelineProps) {
  const said = useWords(words)
  const duration = clip.info?.duration_s ?? events.at(-1)?.end_s ?? 0
  const curves = useMemo(() => listCurves(events), [events])
  const [chosen, setChosen] = useState<string[]>()
  const shown = chosen ?? curves.slice(0, FIRST).map((each) => each.name)
  return (
    <section aria-label={said.timeline}>
      <div className={classes.timeline}>
        <SeekTrack
          label={said.place}
          length={duration}
          step={STEP_S}
          value={at}
          valueText={current ? `${formatFootage(at)}, ${current.caption.text}` : formatFootage(at)}
          onSeek={onSeek}
        >
          <svg viewBox={`0 0 ${duration || 1} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
            {current && (
              <rect
                x={current.start_s}
                width={current.end_s - current.start_s}
                height={HEIGHT}
                className={classes.window}
              />
            )}
            <path d={`M0 ${HEIGHT / 2}H${duration}`} className={classes.half} />
            {curves.map(
              (curve, place) =>
                shown.includes(curve.name) && <Line key={curve.name} curve={curve} place={place} duration={duration} />,
            )}
          </svg>
        </SeekTrack>
      </div>
      <Legend curves={curves} shown={shown} onShow={setChosen} />
    </section>
  )
}

const lineOf = (place: number) => LINES[place % LINES.length] ?? LINES[0]

function Line({ curve, place, duration }: { curve: Curve; place: number; duration: number }) {
  const { color, dashes } = lineOf(place)
  return (
    <path
      d={drawCurve(curve, duration)}
      data-curve={curve.name}
      className={classes.curve}
      style={{ stroke: `var(--curve-${color})` }}
      strokeDasharray={dashes}
    />
  )
}

function Legend({
  curves,
  shown,
  onShow,
}: {
  curves: readonly Curve[]
  shown: string[]
  onShow: (names: string[]) => void
}) {
  const said = useWords(words)
  const { language } = useLanguage()
  return (
    <Group gap={6} mt={6} role="group" aria-label={said.concepts}>
      <Chip.Group multiple value={shown} onChange={onShow}>
        {curves.map(({ name, most }, place) => (
          <Chip key={name} value={name} size="xs" variant="outline">
            <svg className={classes.sample} viewBox="0 0 20 4" aria-hidden="true">
              <path
                d="M0 2H20"
                style={{ stroke: `var(--curve-${lineOf(place).color})` }}
                strokeDasharray={lineOf(place).dashes}
              />
            </svg>
            {`${name} ${said.upTo(formatShare(most, language))}`}
          </Chip>
        ))}
      </Chip.Group>
    </Group>
  )
}
