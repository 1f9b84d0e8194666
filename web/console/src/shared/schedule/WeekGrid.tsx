import { VisuallyHidden } from '@mantine/core'
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react'
import { useWords } from '@/shared/words/language'
import { countRows, DAYS, listBetween, paint, toClock, type Week } from './schedule'
import classes from './WeekGrid.module.css'
import { words } from './words'

interface WeekGridProps {
  label: string
  week: Week
  onPaint: (week: Week) => void
}

/** A week to be painted with a mouse, a finger or the keyboard: days beside each other, hours below each other. */
export function WeekGrid({ label, week, onPaint }: WeekGridProps) {
  const said = useWords(words)
  const [focused, setFocused] = useState(0)
  const stroke = useStroke(week, onPaint)
  const keys = useKeys(week, onPaint, setFocused)
  const rows = countRows(week.step)
  const toggle = (cells: number[]) => onPaint(paint(week, cells, !cells.every((cell) => week.cells[cell])))
  return (
    <div className={classes.scroller}>
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table whose cells are painted is a grid */}
      <table role="grid" aria-label={label} aria-multiselectable className={classes.grid} onKeyDown={keys} {...stroke}>
        <thead>
          <tr>
            <td className={classes.corner} />
            {DAYS.map((day, column) => (
              <th key={day} scope="col">
                <button
                  type="button"
                  className={classes.head}
                  title={said.day[day]}
                  onClick={() => toggle(listBetween(column * rows, (column + 1) * rows - 1, week.step))}
                >
                  {said.short[day]}
                  <VisuallyHidden>{`: ${said.paintDay(said.day[day])}`}</VisuallyHidden>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: rows }, (_, row) => (
            <tr key={toClock(row * week.step)}>
              <th scope="row">
                <button
                  type="button"
                  className={`${classes.head} ${classes.hour}`}
                  aria-label={said.paintHour(toClock(row * week.step))}
                  onClick={() => toggle(listBetween(row, (DAYS.length - 1) * rows + row, week.step))}
                >
                  {toClock(row * week.step)}
                </button>
              </th>
              {DAYS.map((day, column) => (
                <Cell
                  key={day}
                  cell={column * rows + row}
                  name={said.cell(said.day[day], toClock(row * week.step))}
                  isPainted={week.cells[column * rows + row] ?? false}
                  isFocused={focused === column * rows + row}
                  onFocus={setFocused}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface CellProps {
  cell: number
  name: string
  isPainted: boolean
  isFocused: boolean
  onFocus: (cell: number) => void
}

function Cell({ cell, name, isPainted, isFocused, onFocus }: CellProps) {
  return (
    <td
      // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the cells of a grid are painted
      role="gridcell"
      data-cell={cell}
      tabIndex={isFocused ? 0 : -1}
      aria-label={name}
      aria-selected={isPainted}
      className={classes.cell}
      onFocus={() => onFocus(cell)}
    >
      {isPainted && <span aria-hidden>✓</span>}
    </td>
  )
}

function findCell(at: Element | null): number | undefined {
  const cell = at?.closest<HTMLElement>('[data-cell]')?.dataset.cell
  return cell === undefined ? undefined : Number(cell)
}

/** One stroke of a mouse or finger: everything between where it began and where it is gets what the first cell gets. */
function useStroke(week: Week, onPaint: (week: Week) => void) {
  const stroke = useRef<{ from: number; to: number; before: Week; painted: boolean } | null>(null)
  const end = () => {
    stroke.current = null
  }
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      stroke.current = null
      const from = findCell(event.target instanceof Element ? event.target : null)
      if (from === undefined || event.button !== 0) return
      // A finger is captured by where it came down; the cell under it is looked up instead.
      const target = event.target as Element
      if (target.hasPointerCapture(event.pointerId)) target.releasePointerCapture(event.pointerId)
      stroke.current = { from, to: from, before: week, painted: !week.cells[from] }
      onPaint(paint(week, [from], !week.cells[from]))
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      const now = stroke.current
      if (!now) return
      if (event.buttons === 0) return end()
      const to = findCell(document.elementFromPoint(event.clientX, event.clientY))
      if (to === undefined || to === now.to) return
      now.to = to
      onPaint(paint(now.before, listBetween(now.from, to, week.step), now.painted))
    },
    onPointerUp: end,
    onPointerCancel: end,
  }
}

function useKeys(week: Week, onPaint: (week: Week) => void, setFocused: (cell: number) => void) {
  const rows = countRows(week.step)
  const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, ArrowRight: rows, ArrowLeft: -rows }
  const move = (list: HTMLElement, cell: number, to: number, isPainting: boolean) => {
    setFocused(to)
    list.querySelector<HTMLElement>(`[data-cell="${to}"]`)?.focus()
    if (isPainting) onPaint(paint(week, [cell, to], week.cells[cell] ?? false))
  }
  return (event: KeyboardEvent<HTMLElement>) => {
    const cell = findCell(event.target instanceof Element ? event.target : null)
    if (cell === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    const isToggle = event.key === ' ' || event.key === 'Enter'
    const to = findNext(cell, event.key, steps, rows)
    if (!isToggle && to === undefined) return
    event.preventDefault()
    if (to === undefined) onPaint(paint(week, [cell], !week.cells[cell]))
    else move(event.currentTarget, cell, to, event.shiftKey)
  }
}

/** Where a key leads from a cell; not beyond the edges of its day or of the week. */
function findNext(cell: number, key: string, steps: Readonly<Record<string, number>>, rows: number) {
  const top = cell - (cell % rows)
  if (key === 'Home') return top
  if (key === 'End') return top + rows - 1
  const step = steps[key]
  if (step === undefined) return undefined
  const to = cell + step
  const isWithin = Math.abs(step) === 1 ? to >= top && to < top + rows : to >= 0 && to < DAYS.length * rows
  return isWithin ? to : cell
}
