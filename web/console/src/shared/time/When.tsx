import { useSyncExternalStore } from 'react'
import { useLanguage } from '@/shared/words/language'
import { formatAgo, formatMoment } from './format'

const TICK_MS = 10_000

/** One timer for all times of a page. */
const ticking = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

function watch(listener: () => void): () => void {
  ticking.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const each of ticking) each()
  }, TICK_MS)
  return () => {
    ticking.delete(listener)
    if (ticking.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

export function useNow(): number {
  return useSyncExternalStore(watch, () => now)
}

/** When something was, as people say it; the exact time in the viewer's zone is its title. `exact` shows that. */
export function When({ at, exact = false }: { at: string; exact?: boolean }) {
  const { language } = useLanguage()
  const tick = useNow()
  const moment = new Date(at)
  const whole = formatMoment(moment, language)
  return (
    <time dateTime={at} title={whole}>
      {exact ? whole : formatAgo(moment, new Date(Math.max(tick, moment.getTime())), language)}
    </time>
  )
}
