import { Alert, Button, Code, CopyButton, Group, Loader, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { View } from '@/shared/api/client'
import { When } from '@/shared/time/When'
import { Empty } from '@/shared/ui/Empty'
import { Failure } from '@/shared/ui/Failure'
import { useWords } from '@/shared/words/language'
import { KeyForm } from './KeyForm'
import { type Key, keysOptions, useReplaceKey, useTakeBackKey } from './queries'
import { SureButton } from './SureButton'
import classes from './system.module.css'
import { words } from './words'

const OVERLAP_S = 24 * 3600

type NewKey = View<'NewKeyView'>

/** Keys for programs: made and shown once, replaced, taken back. */
export function Keys() {
  const said = useWords(words)
  const { data: keys, error, refetch } = useQuery(keysOptions)
  const [shown, setShown] = useState<NewKey>()
  return (
    <>
      {shown && <Shown made={shown} onClose={() => setShown(undefined)} />}
      <KeyForm onMade={setShown} />
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {!keys && !error && <Loader aria-hidden />}
      {keys?.length === 0 && <Empty title={said.noKeys} />}
      <ul className={classes.list} aria-label={said.tab.keys}>
        {keys?.map((key) => (
          <li key={key.id} className={classes.row} data-key={key.id}>
            <KeyText item={key} />
            <KeyActions item={key} onMade={setShown} />
          </li>
        ))}
      </ul>
    </>
  )
}

/** The only time that anybody sees it. */
function Shown({ made, onClose }: { made: NewKey; onClose: () => void }) {
  const said = useWords(words)
  return (
    <Alert color="green" variant="light" title={said.newKey(made.name)} mb="md" role="status">
      <Text size="sm">{said.once}</Text>
      <Code block className={classes.card} data-shown>
        {made.key}
      </Code>
      <Group gap="sm" mt="xs">
        {window.isSecureContext && (
          <CopyButton value={made.key}>
            {({ copied, copy }) => (
              <Button size="xs" variant="default" onClick={copy}>
                {copied ? said.copied : said.copy}
              </Button>
            )}
          </CopyButton>
        )}
        <Button size="xs" onClick={onClose}>
          {said.haveIt}
        </Button>
      </Group>
    </Alert>
  )
}

function KeyText({ item }: { item: Key }) {
  const said = useWords(words)
  const isConfined = item.site_ids !== null || item.camera_ids !== null
  return (
    <div>
      <Text size="sm" fw={600}>
        {item.name}
      </Text>
      <Text size="sm">
        {item.scopes.map((each) => said.scope[each]).join(', ')}
        {isConfined && ` · ${said.confined}`}
      </Text>
      <Text size="xs" c="dimmed">
        {item.last_used_at ? `${said.lastUsed} ` : said.neverUsed}
        {item.last_used_at && <When at={item.last_used_at} />}
        {item.expires_at && ` · ${said.expires} `}
        {item.expires_at && <When at={item.expires_at} exact />}
        {item.old_until && ` · ${said.oldUntil} `}
        {item.old_until && <When at={item.old_until} exact />}
      </Text>
    </div>
  )
}

function KeyActions({ item, onMade }: { item: Key; onMade: (made: NewKey) => void }) {
  const said = useWords(words)
  const replace = useReplaceKey()
  const takeBack = useTakeBackKey()
  return (
    <Group gap={6}>
      <SureButton
        label={said.replace}
        sure={said.sureReplace(item.name)}
        isPending={replace.isPending}
        onSure={() => replace.mutate({ id: item.id, overlap_s: OVERLAP_S }, { onSuccess: onMade })}
      />
      <SureButton
        label={said.takeBack}
        sure={said.sureTakeBack(item.name)}
        isPending={takeBack.isPending}
        onSure={() => takeBack.mutate(item.id)}
      />
    </Group>
  )
}
