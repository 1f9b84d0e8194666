import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { View } from '@/shared/api/client'
import { eventOptions } from '@/shared/api/events'
import { Player } from '@/shared/media/Player'
import type { Footage as Watched } from '@/shared/media/playable'
import { Picture } from '@/shared/ui/Picture'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import classes from './alerts.module.css'
import { type Alert, findSentence } from './queries'
import { words } from './words'

const CUTTING_MS = 3000
/** How long after an alert its evidence may still be on its way. */
const LATEST_MS = 120_000

/** The picture and the clip of an alert, and what was heard. */
export function Footage({ alert }: { alert: Alert }) {
  const said = useWords(words)
  const shared = useWords(common)
  const isFresh = Date.now() - Date.parse(alert.raised_at) < LATEST_MS
  const { data: event } = useQuery({
    ...eventOptions(alert.event_id ?? ''),
    enabled: alert.event_id !== null,
    refetchInterval: ({ state }) => isFresh && state.data && isWaited(state.data) && CUTTING_MS,
  })
  if (!event) return null
  const footage = findFootage(event)
  const picture = event.has_snapshot ? `/events/${event.id}/snapshot.jpg` : undefined
  const heard = event.transcript?.text
  return (
    <section className={classes.footage} aria-label={said.footage}>
      {footage ? (
        <Player footage={footage} label={said.footage} poster={picture} startS={findStart(event)} />
      ) : (
        <Picture src={picture} alt={shared.pictureOf(findSentence(alert, event))} />
      )}
      {!footage && <Text size="sm">{isFresh && isWaited(event) ? said.footageWaits : said.noFootage}</Text>}
      {heard && (
        <Text fs="italic" mt={4}>
          {said.heard(heard)}
        </Text>
      )}
    </section>
  )
}

function isWaited(event: View<'EventView'>): boolean {
  return event.camera_id !== null && !event.has_evidence && event.clip_id === null
}

/** The clip that was cut for it, or the one that it was seen in. */
function findFootage(event: View<'EventView'>): Watched | undefined {
  if (event.has_evidence) return { of: 'event', id: event.id }
  return event.clip_id ? { of: 'clip', id: event.clip_id } : undefined
}

/** From the moment on, where the clip holds more than it. */
function findStart(event: View<'EventView'>): number {
  return event.has_evidence ? 0 : event.start_s
}
