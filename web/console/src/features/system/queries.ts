import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, ask, type View } from '@/shared/api/client'
import { listOptions, loadAll } from '@/shared/api/lists'
import { ApiProblem } from '@/shared/api/problem'
import { useTellError } from '@/shared/ui/notify'

export type Job = View<'JobView'>
export type Key = View<'KeyView'>
export type KeyDraft = View<'KeyDraft'>
export type User = View<'UserView'>
export type UserDraft = View<'UserDraft'>
export type Entry = View<'AuditEntryView'>

const MOST = 200
const PAGE = 50

export const doctorOptions = queryOptions({
  queryKey: ['doctor'],
  queryFn: ({ signal }) => ask(api.GET('/doctor', { signal })),
  staleTime: 60_000,
})

/** Whether it can do its work, and which checks say otherwise: that it cannot is an answer too. */
export const readinessOptions = queryOptions({
  queryKey: ['readiness'],
  queryFn: async ({ signal }) => {
    try {
      return await ask(api.GET('/readyz', { signal }))
    } catch (error) {
      if (error instanceof ApiProblem && error.problem.checks) {
        return { status: 'broken' as const, checks: error.problem.checks }
      }
      throw error
    }
  },
  refetchInterval: 30_000,
})

export const jobsOptions = (state: Job['state'] | undefined) =>
  listOptions<Job>(['jobs', 'list', state ?? 'all'], (after, signal) =>
    ask(api.GET('/jobs', { params: { query: { state, after, limit: PAGE } }, signal })),
  )

export const retentionOptions = queryOptions({
  queryKey: ['retention'],
  queryFn: ({ signal }) => ask(api.GET('/retention', { signal })),
})

export const keysOptions = queryOptions({
  queryKey: ['keys'],
  queryFn: () => loadAll<Key>((after) => ask(api.GET('/keys', { params: { query: { after, limit: MOST } } }))),
})

export const usersOptions = queryOptions({
  queryKey: ['users'],
  queryFn: () => loadAll<User>((after) => ask(api.GET('/users', { params: { query: { after, limit: MOST } } }))),
})

export const allSessionsOptions = listOptions<View<'UserSessionView'>>(['sessions', 'all'], (after, signal) =>
  ask(api.GET('/sessions', { params: { query: { after, limit: PAGE } }, signal })),
)

export interface AuditFilter {
  action: Entry['action'] | undefined
  principal: string | undefined
}

export const auditOptions = ({ action, principal }: AuditFilter) =>
  listOptions<Entry>(['audit', action ?? 'all', principal ?? ''], (after, signal) =>
    ask(api.GET('/audit', { params: { query: { action, principal, after, limit: PAGE } }, signal })),
  )

export const cardOptions = (kind: View<'BundleKind'>) =>
  queryOptions({
    queryKey: ['bundles', 'card', kind],
    queryFn: ({ signal }) =>
      ask(api.GET('/bundles/{kind}/card', { params: { path: { kind } }, parseAs: 'text', signal })),
    staleTime: Number.POSITIVE_INFINITY,
  })

/** Something changes, and the list of its kind is read anew; where it fails, that is told. */
function useChange<Given, Answer>(topic: string, change: (given: Given) => Promise<Answer>, tells = true) {
  const client = useQueryClient()
  const tellError = useTellError()
  return useMutation({
    mutationFn: change,
    onSuccess: () => client.invalidateQueries({ queryKey: [topic] }),
    ...(tells && { onError: tellError }),
  })
}

export const useRerun = () =>
  useChange('jobs', (id: string) => ask(api.POST('/jobs/{job_id}/rerun', { params: { path: { job_id: id } } })))

export const useMakeKey = () => useChange('keys', (body: KeyDraft) => ask(api.POST('/keys', { body })), false)

export const useReplaceKey = () =>
  useChange('keys', ({ id, overlap_s }: { id: string; overlap_s: number }) =>
    ask(api.POST('/keys/{key_id}/rotate', { params: { path: { key_id: id } }, body: { overlap_s } })),
  )

export const useTakeBackKey = () =>
  useChange('keys', (id: string) => ask(api.DELETE('/keys/{key_id}', { params: { path: { key_id: id } } })))

/** A new user, or one as they are from now on. */
export const useSaveUser = (id: string | undefined) =>
  useChange(
    'users',
    (body: UserDraft) =>
      ask(id ? api.PUT('/users/{user_id}', { params: { path: { user_id: id } }, body }) : api.POST('/users', { body })),
    false,
  )

export const useRemoveUser = () =>
  useChange('users', (id: string) => ask(api.DELETE('/users/{user_id}', { params: { path: { user_id: id } } })))

export const useDropFactor = () =>
  useChange('users', (id: string) => ask(api.DELETE('/users/{user_id}/totp', { params: { path: { user_id: id } } })))

export const useEndSession = () =>
  useChange('sessions', (id: string) =>
    ask(api.DELETE('/sessions/{session_id}', { params: { path: { session_id: id } } })),
  )
