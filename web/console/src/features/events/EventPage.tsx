import { Button, Group, Loader, Stack, Text, Title } from '@mantine/core'
import { IconClock, IconMovie, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect } from 'react'
import { eventOptions, type SeenEvent } from '@/shared/api/events'
import { useCameraName } from '@/shared/api/names'
import { Player } from '@/shared/media/Player'
import { May } from '@/shared/session/May'
import { formatFootage, formatShare } from '@/shared/time/format'
import { When } from '@/shared/time/When'
import { Failure } from '@/shared/ui/Failure'
import { BackLink, ButtonLink } from '@/shared/ui/links'
import { Picture } from '@/shared/ui/Picture'
import { common } from '@/shared/words/common'
import { useLanguage, useWords } from '@/shared/words/language'
import { AlertsOfEvent } from './AlertsOfEvent'
import { toAt } from './days'
import { Facts } from './Facts'
import { findRuleAddress } from './ruleAddress'
import { words } from './words'

const route = getRouteApi('/shell/events/$eventId')

/** One event: what was seen and heard, and what came of it. */
export function EventPage() {
  const said = useWords(words)
  const { eventId } = route.useParams()
  const { data: event, error, refetch } = useQuery(eventOptions(eventId))
  useEffect(() => {
    if (event) document.title = `${event.caption.text} · InstantReact`
  }, [event])
  return (
    <Stack gap="sm">
      <BackLink to="/events" search={true}>
        {said.toList}
      </BackLink>
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {!event && !error && <Loader aria-hidden />}
      {event && <Opened key={event.id} event={event} />}
    </Stack>
  )
}

function Opened({ event }: { event: SeenEvent }) {
  const said = useWords(words)
  const { language } = useLanguage()
  const camera = useCameraName(event.camera_id)
  return (
    <article data-event={event.id}>
      <Title order={2} size="h3">
        {event.caption.text}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {said.sure(formatShare(event.caption.score, language))}
        {' · '}
        <When at={event.occurred_at} exact />
        {camera && ` · ${camera}`}
      </Text>
      <Seen event={event} />
      <Ways event={event} />
      <Facts event={event} />
      <AlertsOfEvent eventId={event.id} />
    </article>
  )
}

function Seen({ event }: { event: SeenEvent }) {
  const said = useWords(words)
  const shared = useWords(common)
  const picture = event.has_snapshot ? `/events/${event.id}/snapshot.jpg` : undefined
  if (event.has_evidence)
    return <Player footage={{ of: 'event', id: event.id }} label={said.footage} poster={picture} />
  if (event.clip_id) {
    const footage = { of: 'clip', id: event.clip_id } as const
    return <Player footage={footage} label={said.footage} poster={picture} startS={event.start_s} />
  }
  return (
    <>
      <Picture src={picture} alt={shared.pictureOf(event.caption.text)} />
      <Text size="sm">{said.noFootage}</Text>
    </>
  )
}

/** Where one may want to go from here. */
function Ways({ event }: { event: SeenEvent }) {
  const said = useWords(words)
  return (
    <Group gap="xs" my="sm">
      {event.clip_id && (
        <ButtonLink
          size="xs"
          variant="default"
          to="/clips/$clipId"
          params={{ clipId: event.clip_id }}
          search={{ at: event.start_s }}
          leftSection={<IconMovie size={16} aria-hidden />}
        >
          {`${said.toClip}, ${formatFootage(event.start_s)}`}
        </ButtonLink>
      )}
      <ButtonLink
        size="xs"
        variant="default"
        to="/events"
        search={{ at: toAt(new Date(event.occurred_at)) }}
        leftSection={<IconClock size={16} aria-hidden />}
      >
        {said.toMoment}
      </ButtonLink>
      <May scope="admin">
        <Button
          size="xs"
          variant="default"
          component="a"
          href={findRuleAddress(event)}
          leftSection={<IconPlus size={16} aria-hidden />}
        >
          {said.toRule}
        </Button>
      </May>
    </Group>
  )
}
