import { formatShare } from '@/shared/time/format'
import { useLanguage } from '@/shared/words/language'
import { type Found, findBoxes } from './boxes'
import classes from './clips.module.css'

/** What was detected, over the pictures; the list of windows says it in words. */
export function Boxes({ found, at }: { found: readonly Found[]; at: number }) {
  const { language } = useLanguage()
  return (
    <div className={classes.boxes} aria-hidden="true">
      {findBoxes(found, at).map(({ label, score, box }) => (
        <div
          key={`${label} ${box.left} ${box.top}`}
          className={classes.box}
          data-box={label}
          style={{
            left: `${box.left * 100}%`,
            top: `${box.top * 100}%`,
            width: `${(box.right - box.left) * 100}%`,
            height: `${(box.bottom - box.top) * 100}%`,
          }}
        >
          <span>{`${label} ${formatShare(score, language)}`}</span>
        </div>
      ))}
    </div>
  )
}
