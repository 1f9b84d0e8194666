import { Button, Group, Menu } from '@mantine/core'
import { IconBellOff, IconCheck, IconX } from '@tabler/icons-react'
import { May } from '@/shared/session/May'
import { useWords } from '@/shared/words/language'
import classes from './alerts.module.css'
import { type Alert, type MuteDraft, useAnswer, useMute } from './queries'
import { words } from './words'

const HOURS = [1, 8] as const
const HOUR_S = 3600

/** What somebody says about an alert, in one tap each. */
export function AlertActions({ alert }: { alert: Alert }) {
  const said = useWords(words)
  const answer = useAnswer()
  const isSending = (which: string) => answer.isPending && answer.variables.answer === which
  return (
    <May scope="operate">
      <Group gap={6} wrap="wrap" className={classes.actions}>
        {alert.state === 'raised' && (
          <Button
            size="xs"
            leftSection={<IconCheck size={16} aria-hidden />}
            loading={isSending('acknowledge')}
            onClick={() => answer.mutate({ id: alert.id, answer: 'acknowledge' })}
          >
            {said.acknowledge}
          </Button>
        )}
        {alert.state !== 'dismissed' && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconX size={16} aria-hidden />}
            loading={isSending('dismiss')}
            onClick={() => answer.mutate({ id: alert.id, answer: 'dismiss' })}
          >
            {said.dismiss}
          </Button>
        )}
        <MuteMenu alert={alert} />
      </Group>
    </May>
  )
}

function MuteMenu({ alert }: { alert: Alert }) {
  const said = useWords(words)
  const mute = useMute()
  const whats: { name: string; draft: Pick<MuteDraft, 'rule_id' | 'camera_id'> }[] = [
    ...(alert.rule_id ? [{ name: said.muteRule, draft: { rule_id: alert.rule_id, camera_id: null } }] : []),
    ...(alert.camera_id ? [{ name: said.muteCamera, draft: { rule_id: null, camera_id: alert.camera_id } }] : []),
    { name: said.muteAll, draft: { rule_id: null, camera_id: null } },
  ]
  return (
    <Menu position="bottom-start" withinPortal>
      <Menu.Target>
        <Button
          data-mute
          size="xs"
          variant="default"
          leftSection={<IconBellOff size={16} aria-hidden />}
          loading={mute.isPending}
        >
          {said.mute}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {whats.flatMap(({ name, draft }) =>
          HOURS.map((hours) => (
            <Menu.Item
              key={`${name} ${hours}`}
              onClick={() => mute.mutate({ ...draft, duration_s: hours * HOUR_S })}
            >{`${name} ${said.hours(hours)}`}</Menu.Item>
          )),
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
