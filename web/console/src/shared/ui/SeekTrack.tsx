import type { ReactNode } from 'react'
import classes from './SeekTrack.module.css'

interface SeekTrackProps {
  label: string
  /** How long it is, in steps or seconds. */
  length: number
  step: number
  value: number
  /** What the value means: a time. */
  valueText: string
  describedBy?: string | undefined
  onSeek: (value: number) => void
  /** The drawing, as wide as the track. */
  children: ReactNode
}

/**
 * A stretch of time as a drawing on which one points at a moment. Over the drawing lies the browser's own slider, so
 * that finger, mouse, arrows and screen readers all know what to do with it.
 */
export function SeekTrack(props: SeekTrackProps) {
  const { label, length, step, value, valueText, describedBy, onSeek, children } = props
  return (
    <div className={classes.track}>
      {children}
      <input
        type="range"
        className={classes.slider}
        min={0}
        max={length}
        step={step}
        value={Math.min(Math.max(value, 0), length)}
        aria-label={label}
        aria-valuetext={valueText}
        aria-describedby={describedBy}
        onChange={(event) => onSeek(Number(event.currentTarget.value))}
      />
    </div>
  )
}
