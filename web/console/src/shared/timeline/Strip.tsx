import { useMemo } from 'react'
import { useLanguage } from '@/shared/words/language'
import { type Day, drawMotion, findMinute, formatMinute, listHours, type Mark } from './day'
import classes from './timeline.module.css'

interface StripProps {
  day: Day
  marks: readonly Mark[]
  from: number
  span: number
  minute: number
}

const MOST_HOURS = 8

/** The picture of a day, or of a part of it; it is all said in words beside it. */
export function Strip({ day, marks, from, span, minute }: StripProps) {
  const { language } = useLanguage()
  const motion = useMemo(() => drawMotion(day, from, from + span), [day, from, span])
  const place = (at: number) => `${((at - from) / span) * 100}%`
  const isSeen = (at: number) => at >= from && at <= from + span
  return (
    <div className={classes.strip} aria-hidden>
      <svg className={classes.ground} viewBox={`${from} 0 ${span} 1`} preserveAspectRatio="none" aria-hidden>
        {day.gaps.map((gap) => {
          const begin = findMinute(day, gap.since)
          const width = Math.max(findMinute(day, gap.until) - begin, span / 1000)
          return (
            <rect
              key={gap.since}
              className={classes.gap}
              data-gap={gap.reason ?? 'unknown'}
              x={begin}
              y={0}
              width={width}
              height={1}
            />
          )
        })}
        <path className={classes.motion} d={motion} />
      </svg>
      {marks
        .filter((mark) => isSeen(mark.minute))
        .map((mark) => (
          <span
            key={mark.event?.id ?? mark.alert?.id}
            className={classes.mark}
            data-severity={mark.alert?.severity ?? 'none'}
            style={{ left: place(mark.minute) }}
          />
        ))}
      {isSeen(minute) && <span className={classes.cursor} style={{ left: place(minute) }} />}
      <div className={classes.hours}>
        {listHours(day, from, from + span, MOST_HOURS).map((each) => (
          <span key={each} style={{ left: place(each) }}>
            {formatMinute(day, each, language)}
          </span>
        ))}
      </div>
    </div>
  )
}
