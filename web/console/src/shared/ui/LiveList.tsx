import { Button } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, useEffect, useState } from 'react'
import classes from './LiveList.module.css'
import { useArrivals } from './useArrivals'

interface LiveListProps<Item> {
  items: readonly Item[]
  label: string
  /** About how high a row is; each is measured. */
  rowPx: number
  render: (item: Item) => ReactNode
  /** What the pill says where something came above what is read: "3 new alerts". */
  sayNew: (count: number) => string
  /** Called when the end comes near, as long as there is more. */
  onEnd?: (() => void) | undefined
  onKeyDown?: (event: KeyboardEvent<HTMLElement>) => void
  /** Nothing in a row has to take the focus: then the list itself does, so that keys scroll it. */
  isForReading?: boolean
}

/**
 * A long list, newest first, that moves by itself and scrolls by itself, in what is left of a `FullHeight`; only what is
 * seen of it is in the page.
 */
export function LiveList<Item extends { id: string }>(props: LiveListProps<Item>) {
  const { items, label, rowPx, render, onEnd } = props
  // The element itself, not a ref: the rows inside are drawn once it is there.
  const [scroller, setScroller] = useState<HTMLElement | null>(null)
  const arrivals = useArrivals(items, scroller, rowPx)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys act on what has the focus inside
    <div
      ref={setScroller}
      className={classes.scroller}
      onKeyDown={props.onKeyDown}
      onScroll={arrivals.onScroll}
      {...(props.isForReading && { tabIndex: 0, role: 'group', 'aria-label': label })}
    >
      <div role="status" className={classes.pill}>
        {arrivals.count > 0 && (
          <Button size="compact-sm" radius="xl" onClick={arrivals.show}>
            {props.sayNew(arrivals.count)}
          </Button>
        )}
      </div>
      <Rows items={items} label={label} rowPx={rowPx} render={render} onEnd={onEnd} scroller={scroller} />
    </div>
  )
}

type RowsProps<Item> = Pick<LiveListProps<Item>, 'items' | 'label' | 'rowPx' | 'render' | 'onEnd'> & {
  scroller: HTMLElement | null
}

const NEAR_END = 8

function Rows<Item extends { id: string }>({ items, label, rowPx, render, onEnd, scroller }: RowsProps<Item>) {
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller,
    estimateSize: () => rowPx,
    getItemKey: (position) => items[position]?.id ?? position,
    overscan: 6,
  })
  const shown = rows.getVirtualItems()
  const last = shown.at(-1)?.index ?? -1
  useEffect(() => {
    if (onEnd && last >= items.length - NEAR_END) onEnd()
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
              {render(item)}
            </li>
          )
        )
      })}
    </ul>
  )
}
