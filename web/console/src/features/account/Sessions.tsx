import { Button, Group, Loader, Stack, Text, Title } from '@mantine/core'
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, ask, type View } from '@/shared/api/client'
import { loadAll } from '@/shared/api/lists'
import { nameBrowser } from '@/shared/session/nameBrowser'
import { useSession } from '@/shared/session/session'
import { When } from '@/shared/time/When'
import { Failure } from '@/shared/ui/Failure'
import { useTellError } from '@/shared/ui/notify'
import { useWords } from '@/shared/words/language'
import classes from './account.module.css'
import { words } from './words'

const sessionsOptions = (userId: string | null) =>
  queryOptions({
    queryKey: ['sessions', userId],
    queryFn: () =>
      loadAll<View<'UserSessionView'>>((after) =>
        ask(api.GET('/sessions', { params: { query: { user_id: userId, after } } })),
      ),
  })

/** Where one is signed in; what is not oneself is ended here. */
export function Sessions() {
  const said = useWords(words)
  const { id, session_id: here } = useSession()
  const sessions = useQuery(sessionsOptions(id))
  return (
    <Stack component="section" gap="sm">
      <Title order={2} size="h4">
        {said.sessions}
      </Title>
      {sessions.error && <Failure error={sessions.error} onRetry={() => void sessions.refetch()} />}
      {sessions.isPending && <Loader size="sm" aria-hidden />}
      <ul className={classes.sessions}>
        {sessions.data?.map((session) => (
          <li key={session.id}>
            <SessionLine session={session} isHere={session.id === here} />
          </li>
        ))}
      </ul>
    </Stack>
  )
}

function SessionLine({ session, isHere }: { session: View<'UserSessionView'>; isHere: boolean }) {
  const said = useWords(words)
  const client = useQueryClient()
  const end = useMutation({
    mutationFn: () => ask(api.DELETE('/sessions/{session_id}', { params: { path: { session_id: session.id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['sessions'] }),
    onError: useTellError(),
  })
  return (
    <Group justify="space-between" gap="xs">
      <Text size="sm" lineClamp={2} flex="1 1 14rem">
        {nameBrowser(session.browser)} {session.source && said.from(session.source)}
        {' · '}
        {isHere ? said.here : said.used} {!isHere && <When at={session.used_at} />}
      </Text>
      {!isHere && (
        <Button size="xs" variant="default" loading={end.isPending} onClick={() => end.mutate()}>
          {said.end}
        </Button>
      )}
    </Group>
  )
}
