import { Button, Loader, Text } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { View } from '@/shared/api/client'
import { flatten, useOnEnd } from '@/shared/api/lists'
import { nameBrowser } from '@/shared/session/nameBrowser'
import { useSession } from '@/shared/session/session'
import { When } from '@/shared/time/When'
import { Failure } from '@/shared/ui/Failure'
import { LiveList } from '@/shared/ui/LiveList'
import { useWords } from '@/shared/words/language'
import { allSessionsOptions, useEndSession, usersOptions } from './queries'
import classes from './system.module.css'
import { TallList } from './TallList'
import { words } from './words'

const ROW_PX = 72

/** Where everybody is signed in. */
export function Sessions() {
  const said = useWords(words)
  const { data: users } = useQuery(usersOptions)
  const list = useInfiniteQuery({ ...allSessionsOptions, staleTime: 0 })
  const onEnd = useOnEnd(list)
  if (list.isPending) return <Loader aria-hidden />
  if (list.isError) return <Failure error={list.error} onRetry={() => void list.refetch()} />
  return (
    <TallList>
      <LiveList
        items={flatten(list.data)}
        label={said.tab.sessions}
        rowPx={ROW_PX}
        isForReading
        sayNew={said.newOnes}
        onEnd={onEnd}
        render={(each) => (
          <SessionRow session={each} name={users?.find((user) => user.id === each.user_id)?.name ?? each.user_id} />
        )}
      />
    </TallList>
  )
}

function SessionRow({ session, name }: { session: View<'UserSessionView'>; name: string }) {
  const said = useWords(words)
  const { session_id: here } = useSession()
  const end = useEndSession()
  return (
    <div className={classes.row}>
      <div>
        <Text size="sm" fw={600}>
          {name}
        </Text>
        <Text size="sm">
          {[nameBrowser(session.browser), session.source].filter(Boolean).join(' · ')}
          {' · '}
          <When at={session.used_at} />
        </Text>
      </div>
      {session.id === here ? (
        <Text size="sm">{said.here}</Text>
      ) : (
        <Button size="xs" variant="default" loading={end.isPending} onClick={() => end.mutate(session.id)}>
          {said.end}
        </Button>
      )}
    </div>
  )
}
