import { useEffect, useState } from 'react'
import { Overlay } from '@/shared/live/Outlines'
import { formatShare } from '@/shared/time/format'
import { useLanguage } from '@/shared/words/language'
import classes from './live.module.css'
import { type Event, listBoxes } from './queries'

const LOOK_MS = 1000

/** What was detected last, as boxes; they go when they are too old to be where things are now. */
export function Boxes({ event }: { event: Event | null | undefined }) {
  const { language } = useLanguage()
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), LOOK_MS)
    return () => clearInterval(timer)
  }, [])
  const boxes = listBoxes(event, now)
  return (
    <>
      <Overlay>
        {boxes.map(({ label, box }) => (
          <rect
            key={`${label} ${box.left} ${box.top}`}
            className={classes.box}
            x={box.left}
            y={box.top}
            width={box.right - box.left}
            height={box.bottom - box.top}
          />
        ))}
      </Overlay>
      {boxes.map(({ label, box, score }) => (
        <span
          key={`${label} ${box.left} ${box.top}`}
          className={classes.label}
          style={{ left: `${box.left * 100}%`, top: `${box.top * 100}%` }}
          data-box={label}
        >
          {`${label} ${formatShare(score, language)}`}
        </span>
      ))}
    </>
  )
}
