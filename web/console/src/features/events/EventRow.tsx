import { Badge, Group, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import type { SeenEvent } from '@/shared/api/events'
import { useCameraName } from '@/shared/api/names'
import { formatFootage, formatShare } from '@/shared/time/format'
import { When } from '@/shared/time/When'
import { Picture } from '@/shared/ui/Picture'
import { common } from '@/shared/words/common'
import { useLanguage, useWords } from '@/shared/words/language'
import classes from './events.module.css'
import { countObjects, listConcepts } from './summary'
import { words } from './words'

const MOST_MARKS = 3

/** An event in the list: picture, sentence, what was heard, and what is sure about it. */
export const EventRow = memo(function EventRow({ event, isOpened }: { event: SeenEvent; isOpened: boolean }) {
  const said = useWords(words)
  const shared = useWords(common)
  const { language } = useLanguage()
  const camera = useCameraName(event.camera_id)
  const heard = event.transcript?.text
  const places = [camera, event.clip_id && said.ofClip(formatFootage(event.start_s))].filter(Boolean)
  return (
    <article className={classes.row} data-event={event.id} data-opened={isOpened}>
      <div className={classes.thumb}>
        <Picture
          src={event.has_snapshot ? `/events/${event.id}/snapshot.jpg` : undefined}
          alt={shared.pictureOf(event.caption.text)}
          fit="cover"
        />
      </div>
      <div className={classes.text}>
        <Link
          to="/events/$eventId"
          params={{ eventId: event.id }}
          search={true}
          className={classes.sentence}
          aria-current={isOpened}
        >
          {event.caption.text}
        </Link>
        {heard && (
          <Text size="sm" fs="italic" lineClamp={1}>
            {said.heard(heard)}
          </Text>
        )}
        <Group gap={6} mt={2}>
          <Text size="xs" c="dimmed">
            <When at={event.occurred_at} />
            {places.map((each) => ` · ${each}`).join('')}
          </Text>
          {listConcepts(event)
            .slice(0, MOST_MARKS)
            .map(({ name, score }) => (
              <Badge key={name} variant="light" color="blue" tt="none">
                {`${name} ${formatShare(score, language)}`}
              </Badge>
            ))}
          {countObjects(event)
            .slice(0, MOST_MARKS)
            .map(({ label, count }) => (
              <Badge key={label} variant="outline" color="gray" tt="none">
                {said.objects(label, count)}
              </Badge>
            ))}
        </Group>
      </div>
    </article>
  )
})
