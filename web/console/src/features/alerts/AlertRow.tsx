import { Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import { eventOptions } from '@/shared/api/events'
import { useCameraName, useRuleName } from '@/shared/api/names'
import { When } from '@/shared/time/When'
import { SeverityBadge, StateBadge } from '@/shared/ui/Badges'
import { Picture } from '@/shared/ui/Picture'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import { AlertActions } from './AlertActions'
import classes from './alerts.module.css'
import { type Alert, findSentence } from './queries'
import { words } from './words'

/** An alert in the inbox: seen, read, heard, and answered without opening it. Scrolling draws no row anew. */
export const AlertRow = memo(function AlertRow({ alert, isOpened }: { alert: Alert; isOpened: boolean }) {
  const said = useWords(words)
  const shared = useWords(common)
  const camera = useCameraName(alert.camera_id)
  const rule = useRuleName(alert.rule_id)
  const { data: event } = useQuery({ ...eventOptions(alert.event_id ?? ''), enabled: alert.event_id !== null })
  const sentence = findSentence(alert, event)
  const heard = event?.transcript?.text
  return (
    <article className={classes.row} data-alert={alert.id} data-opened={isOpened} data-state={alert.state}>
      <div className={classes.thumb}>
        <Picture
          src={event?.has_snapshot ? `/events/${event.id}/snapshot.jpg` : undefined}
          alt={shared.pictureOf(sentence)}
          fit="cover"
        />
      </div>
      <div className={classes.text}>
        <Link
          to="/alerts/$alertId"
          params={{ alertId: alert.id }}
          search={true}
          className={classes.title}
          aria-current={isOpened}
        >
          {alert.title}
        </Link>
        <Text size="sm" lineClamp={2}>
          {sentence}
        </Text>
        {heard && (
          <Text size="sm" fs="italic" lineClamp={1}>
            {said.heard(heard)}
          </Text>
        )}
        <Group gap={6} mt={4}>
          <SeverityBadge severity={alert.severity} />
          <StateBadge state={alert.state} />
          <Text size="xs" c="dimmed">
            <When at={alert.raised_at} />
            {[camera, rule, alert.answered_by && said.answeredBy(alert.answered_by)]
              .filter(Boolean)
              .map((each) => ` · ${each}`)
              .join('')}
            {alert.incident && ` · ${said.times(alert.incident.count)}`}
          </Text>
        </Group>
      </div>
      <AlertActions alert={alert} />
    </article>
  )
})
