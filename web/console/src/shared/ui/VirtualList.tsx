import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, type RefObject, useEffect } from 'react'
import classes from './VirtualList.module.css'

interface VirtualListProps<Item> {
  items: readonly Item[]
  /** About how high a row is; each is measured. */
  rowHeight: number
  label: string
  render: (item: Item, position: number) => ReactNode
  /** What scrolls. */
  scroller: RefObject<HTMLElement | null>
  /** Called when the end comes near, as long as there is more. */
  onEnd: (() => void) | undefined
}

/** A long list of which only what is seen is in the page. */
export function VirtualList<Item extends { id: string }>(props: VirtualListProps<Item>) {
  const { items, rowHeight, label, render, scroller, onEnd } = props
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (position) => items[position]?.id ?? position,
    overscan: 6,
  })
  const shown = rows.getVirtualItems()
  const last = shown.at(-1)?.index ?? -1
  useEffect(() => {
    if (onEnd && last >= items.length - 8) onEnd()
  }, [last, items.length, onEnd])
  return (
    <ul aria-label={label} className={classes.list} style={{ height: rows.getTotalSize() }}>
      {shown.map((row) => {
        const item = items[row.index]
        return (
          item && (
            <li
              key={row.key}
              data-index={row.index}
              ref={rows.measureElement}
              className={classes.row}
              style={{ transform: `translateY(${row.start}px)` }}
              aria-setsize={onEnd ? -1 : items.length}
              aria-posinset={row.index + 1}
            >
              {render(item, row.index)}
            </li>
          )
        )
      })}
    </ul>
  )
}
