import { IconVideoOff } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import classes from './live.module.css'
import type { Live } from './useLive'

interface LivePictureProps {
  live: Live
  alt: string
  /** What lies exactly over the picture. */
  children?: ReactNode
  /** What is said in its place while there is none. */
  missing?: ReactNode
}

/** A live picture, whole, in the middle of a frame that is as large as there is room. */
export function LivePicture({ live, alt, children, missing }: LivePictureProps) {
  const words = useWords(common)
  const ratio = live.ratio ?? 16 / 9
  const isMissing = live.ratio === undefined || live.problem !== undefined
  return (
    <div ref={live.setFrame} className={classes.frame} data-pictured={live.ratio !== undefined}>
      <div
        className={classes.stage}
        style={{ aspectRatio: ratio, width: `min(100cqw, calc(100cqh * ${ratio.toFixed(4)}))` }}
      >
        <canvas ref={live.setCanvas} className={classes.canvas} role="img" aria-label={words.pictureOf(alt)} />
        {children}
      </div>
      {isMissing && (
        <div className={classes.missing}>
          <IconVideoOff size={20} aria-hidden />
          {missing ?? words.loading}
        </div>
      )}
    </div>
  )
}
