import { useEffect, useLayoutEffect, useRef, useState } from 'react'

const TOP_PX = 40

/** What came above while somebody reads further down: the list keeps its place, and says how many there are. */
export function useArrivals(
  items: readonly { id: string }[],
  scroller: HTMLElement | null,
  rowPx: number,
): { count: number; show: () => void; onScroll: () => void } {
  const [count, setCount] = useState(0)
  const first = useRef<string>(undefined)
  useLayoutEffect(() => {
    const before = items.findIndex((each) => each.id === first.current)
    first.current = items[0]?.id
    if (before <= 0 || !scroller || scroller.scrollTop < TOP_PX) return
    scroller.scrollTop += before * rowPx
    setCount((known) => known + before)
  }, [items, scroller, rowPx])
  useEffect(() => {
    if (items.length === 0) setCount(0)
  }, [items.length])
  return {
    count,
    show: () => scroller?.scrollTo({ top: 0 }),
    onScroll: () => {
      if (count > 0 && (scroller?.scrollTop ?? 0) < TOP_PX) setCount(0)
    },
  }
}
