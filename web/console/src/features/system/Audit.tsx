import { Button, Group, Loader, Text, TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { flatten, useOnEnd } from '@/shared/api/lists'
import { When } from '@/shared/time/When'
import { Choice } from '@/shared/ui/Choice'
import { Empty } from '@/shared/ui/Empty'
import { Failure } from '@/shared/ui/Failure'
import { LiveList } from '@/shared/ui/LiveList'
import { useWords } from '@/shared/words/language'
import { auditOptions, type Entry } from './queries'
import classes from './system.module.css'
import { TallList } from './TallList'
import { words } from './words'

const ROW_PX = 72
const FILTERS = ['all', 'changed', 'answered', 'saw', 'signed_in', 'refused'] as const

const route = getRouteApi('/shell/system')

/** Who did what, the latest first. */
export function Audit() {
  const said = useWords(words)
  const { action, whose } = route.useSearch()
  const list = useInfiniteQuery({ ...auditOptions({ action, principal: whose }), staleTime: 0 })
  const entries = flatten(list.data)
  const onEnd = useOnEnd(list)
  return (
    <TallList>
      <Filter onAgain={() => void list.refetch()} />
      {list.isPending && <Loader aria-hidden />}
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && entries.length === 0 && <Empty title={said.noEntries} />}
      {entries.length > 0 && (
        <LiveList
          key={`${action} ${whose}`}
          items={entries}
          label={said.tab.audit}
          rowPx={ROW_PX}
          isForReading
          sayNew={said.newOnes}
          onEnd={onEnd}
          render={(entry) => <EntryRow entry={entry} />}
        />
      )}
    </TallList>
  )
}

function Filter({ onAgain }: { onAgain: () => void }) {
  const said = useWords(words)
  const { action, whose } = route.useSearch()
  const navigate = route.useNavigate()
  const choose = (chosen: (typeof FILTERS)[number]) =>
    navigate({
      search: { tab: 'audit', ...(chosen !== 'all' && { action: chosen }), ...(whose && { whose }) },
      replace: true,
    })
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const name = String(new FormData(event.currentTarget).get('whose') ?? '').trim()
    if (name === (whose ?? '')) onAgain()
    void navigate({ search: { tab: 'audit', ...(action && { action }), ...(name && { whose: name }) }, replace: true })
  }
  return (
    <>
      <Choice
        label={said.show}
        value={action ?? 'all'}
        onChoose={choose}
        choices={FILTERS.map((each) => ({ value: each, label: said.action[each] }))}
      />
      <form onSubmit={send}>
        <Group gap="sm" align="flex-end">
          <TextInput name="whose" label={said.whose} defaultValue={whose} maxLength={120} />
          <Button type="submit" variant="default">
            {said.find}
          </Button>
        </Group>
      </form>
    </>
  )
}

function EntryRow({ entry }: { entry: Entry }) {
  const said = useWords(words)
  return (
    <div className={classes.row}>
      <div>
        <Text size="sm" fw={600}>
          {`${entry.principal} · ${said.action[entry.action]}`}
        </Text>
        <Text size="sm">{[entry.route, entry.subject].filter(Boolean).join(' · ')}</Text>
        <Text size="xs" c="dimmed">
          <When at={entry.at} exact />
          {[said.kind[entry.principal_kind], entry.source, entry.status].filter(Boolean).map((each) => ` · ${each}`)}
        </Text>
      </div>
    </div>
  )
}
