import { type Dispatch, type KeyboardEvent, type PointerEvent, useState } from 'react'
import { useWords } from '@/shared/words/language'
import classes from './cameras.module.css'
import { type Corner, clamp, LEAST_CORNERS, type Shape, type Step } from './shapes'
import { words } from './words'

const STEP = 0.01
const LONG_STEP = 0.05
/** As near to the first corner as this, in pixels, closes the shape. */
const NEAR_PX = 14

export const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** Where an arrow key leads from a place; undefined for other keys. */
export function follow(event: KeyboardEvent, from: Corner): Corner | undefined {
  const arrow = ARROWS[event.key]
  if (!arrow) return undefined
  const step = event.shiftKey ? LONG_STEP : STEP
  return clamp({ x: from.x + arrow[0] * step, y: from.y + arrow[1] * step })
}

/** Which share of an element a pointer points at. */
export function findPlace(event: PointerEvent, element: Element): Corner {
  const box = element.getBoundingClientRect()
  return clamp({ x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height })
}

interface SurfaceProps {
  shape: Shape
  dispatch: Dispatch<Step>
}

/** Takes the corners of the shape that is being traced: by pointer, or by a cross that the arrow keys move. */
export function Surface({ shape, dispatch }: SurfaceProps) {
  const said = useWords(words)
  const [cross, setCross] = useState<Corner>({ x: 0.5, y: 0.5 })
  const mayClose = shape.polygon.length >= LEAST_CORNERS
  const point = (event: PointerEvent<HTMLDivElement>) => {
    event.preventDefault()
    event.currentTarget.focus({ preventScroll: true })
    const place = findPlace(event, event.currentTarget)
    const first = shape.polygon[0]
    const box = event.currentTarget.getBoundingClientRect()
    const isNear = first && Math.hypot((place.x - first.x) * box.width, (place.y - first.y) * box.height) < NEAR_PX
    dispatch(isNear && mayClose ? { do: 'close' } : { do: 'add', corner: place })
    setCross(place)
  }
  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    const next = follow(event, cross)
    const step = findStep(event.key, cross, shape)
    if (!next && !step) return
    event.preventDefault()
    if (next) setCross(next)
    if (step) dispatch(step)
  }
  return (
    <div
      ref={focus}
      className={classes.surface}
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is worked with the arrow keys
      tabIndex={0}
      aria-label={said.surface(shape.polygon.length)}
      aria-description={said.surfaceKeys}
      onPointerDown={point}
      onKeyDown={press}
    >
      <span className={classes.cross} style={{ left: `${cross.x * 100}%`, top: `${cross.y * 100}%` }} />
      {shape.polygon.map((corner, at) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: a corner is its place in the order
          key={at}
          className={classes.dot}
          data-first={at === 0 && mayClose}
          style={{ left: `${corner.x * 100}%`, top: `${corner.y * 100}%` }}
        />
      ))}
    </div>
  )
}

/** Whoever begins a shape by keyboard goes on there. */
function focus(element: HTMLDivElement | null): void {
  element?.focus({ preventScroll: true })
}

function findStep(key: string, cross: Corner, shape: Shape): Step | undefined {
  if (key === ' ') return { do: 'add', corner: cross }
  if (key === 'Enter') return shape.polygon.length >= LEAST_CORNERS ? { do: 'close' } : { do: 'add', corner: cross }
  if (key === 'Backspace' && shape.polygon.length > 0) return { do: 'drop', at: shape.polygon.length - 1 }
  return key === 'Escape' ? { do: 'cancel' } : undefined
}
