import { Title, UnstyledButton } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useState } from 'react'
import type { SeenEvent } from '@/shared/api/events'
import { formatFootage, formatShare } from '@/shared/time/format'
import { TextLink } from '@/shared/ui/links'
import { useLanguage, useWords } from '@/shared/words/language'
import classes from './clips.module.css'
import { words } from './words'

const ROW_PX = 44
const WORTH = 0.5

interface WindowsProps {
  events: readonly SeenEvent[]
  current: SeenEvent | undefined
  onSeek: (at: number) => void
}

/** Every window with its sentence, what was likely in it, and what was said; an hour has some thousand. */
export function Windows({ events, current, onSeek }: WindowsProps) {
  const said = useWords(words)
  const [scroller, setScroller] = useState<HTMLElement | null>(null)
  const rows = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller,
    estimateSize: () => ROW_PX,
    getItemKey: (place) => events[place]?.id ?? place,
    overscan: 8,
  })
  return (
    <section>
      <Title order={2} size="h5" mt="md" mb="xs">
        {said.windows(events.length)}
      </Title>
      <div ref={setScroller} className={classes.windows}>
        <ol className={classes.windowList} aria-label={said.windowList} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((row) => {
            const event = events[row.index]
            return (
              event && (
                <li
                  key={row.key}
                  data-index={row.index}
                  ref={rows.measureElement}
                  style={{ transform: `translateY(${row.start}px)` }}
                  aria-setsize={events.length}
                  aria-posinset={row.index + 1}
                >
                  <WindowRow event={event} isCurrent={event.id === current?.id} onSeek={onSeek} />
                </li>
              )
            )
          })}
        </ol>
      </div>
    </section>
  )
}

interface WindowRowProps {
  event: SeenEvent
  isCurrent: boolean
  onSeek: (at: number) => void
}

function WindowRow({ event, isCurrent, onSeek }: WindowRowProps) {
  const said = useWords(words)
  const { language } = useLanguage()
  const likely = Object.entries(event.concepts)
    .filter(([, share]) => share >= WORTH)
    .sort(([, one], [, other]) => other - one)
    .map(([name, share]) => `${name} ${formatShare(share, language)}`)
  const labels = [...new Set(event.detections.map((each) => each.label))]
  return (
    <div className={classes.windowRow}>
      <UnstyledButton
        className={classes.windowButton}
        aria-current={isCurrent}
        data-window={event.id}
        onClick={() => onSeek(event.start_s)}
      >
        <span className={classes.time}>{formatFootage(event.start_s)}</span>
        <span>
          {event.caption.text}
          {likely.length > 0 && <b>{` · ${likely.join(' · ')}`}</b>}
          {labels.length > 0 && ` · ${labels.join(', ')}`}
          {event.transcript?.text && <i>{` · ${said.heard(event.transcript.text)}`}</i>}
        </span>
      </UnstyledButton>
      <TextLink to="/events/$eventId" params={{ eventId: event.id }} size="xs" className={classes.more}>
        {said.details}
        <span className={classes.hidden}>{` ${formatFootage(event.start_s)}`}</span>
      </TextLink>
    </div>
  )
}
