import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { View } from '@/shared/api/client'
import { eventOptions } from '@/shared/api/events'
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
  const [fails, setFails] = useState(false)
  if (!event) return null
  const footage = findFootage(event)
  const picture = event.has_snapshot ? `/events/${event.id}/snapshot.jpg` : undefined
  const heard = event.transcript?.text
  return (
    <section className={classes.footage} aria-label={said.footage}>
      {footage && !fails ? (
        <video
          className={classes.video}
          src={footage}
          poster={picture}
          controls
          playsInline
          muted
          preload="metadata"
          aria-label={said.footage}
          onError={() => setFails(true)}
        />
      ) : (
        <Picture src={picture} alt={shared.pictureOf(findSentence(alert, event))} />
      )}
      {fails && footage && (
        <Text size="sm">
          {said.cannotPlay}{' '}
          <Anchor href={footage} download>
            {said.download}
          </Anchor>
        </Text>
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

/** As browsers play it, whatever the camera sent; from the moment on, where the clip holds more than it. */
export function findFootage(event: Pick<View<'EventView'>, 'id' | 'clip_id' | 'start_s' | 'has_evidence'>) {
  if (event.has_evidence) return `/events/${event.id}/evidence.mp4?playable=true`
  if (event.clip_id) return `/clips/${event.clip_id}/media?playable=true#t=${event.start_s}`
  return undefined
}
