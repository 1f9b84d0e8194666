import { type Dispatch, type KeyboardEvent, type PointerEvent, useRef } from 'react'
import { useWords } from '@/shared/words/language'
import classes from './cameras.module.css'
import { findPlace, follow } from './Surface'
import { findMiddle, MOST_CORNERS, type Shape, type Step } from './shapes'
import { words } from './words'

interface HandlesProps {
  shape: Shape
  corner: number | undefined
  onCorner: (at: number) => void
  dispatch: Dispatch<Step>
}

/** The corners of the chosen shape, to be dragged, moved by arrow keys and deleted; between them, new ones. */
export function Handles({ shape, corner, onCorner, dispatch }: HandlesProps) {
  const said = useWords(words)
  const gestures = useRef(0)
  const { polygon } = shape
  const drag = (event: PointerEvent<HTMLButtonElement>, at: number) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
    const picture = event.currentTarget.parentElement
    if (picture) dispatch({ do: 'move', at, to: findPlace(event, picture), gesture: `drag ${gestures.current}` })
  }
  const press = (event: KeyboardEvent, at: number) => {
    const place = polygon[at]
    const to = place && follow(event, place)
    if (to) {
      event.preventDefault()
      dispatch({ do: 'move', at, to, gesture: `keys ${at}` })
    }
    if (event.key === 'Delete' || event.key === 'Backspace') dispatch({ do: 'drop', at })
  }
  return (
    <>
      {polygon.length < MOST_CORNERS &&
        polygon.map((_, at) => {
          const middle = findMiddle(polygon, at)
          return (
            <button
              // biome-ignore lint/suspicious/noArrayIndexKey: a corner is its place in the order
              key={`after ${at}`}
              type="button"
              className={classes.middle}
              style={{ left: `${middle.x * 100}%`, top: `${middle.y * 100}%` }}
              aria-label={said.insert(at + 1)}
              onClick={() => dispatch({ do: 'insert', after: at, corner: middle })}
            />
          )
        })}
      {polygon.map(({ x, y }, at) => (
        <button
          // biome-ignore lint/suspicious/noArrayIndexKey: a corner is its place in the order
          key={`corner ${at}`}
          type="button"
          className={classes.handle}
          style={{ left: `${x * 100}%`, top: `${y * 100}%` }}
          data-corner={at}
          aria-label={said.corner(at + 1, polygon.length, Math.round(x * 100), Math.round(y * 100))}
          aria-pressed={at === corner}
          onFocus={() => onCorner(at)}
          onPointerDown={(event) => {
            gestures.current += 1
            event.currentTarget.setPointerCapture(event.pointerId)
          }}
          onPointerMove={(event) => drag(event, at)}
          onKeyDown={(event) => press(event, at)}
        />
      ))}
    </>
  )
}
