/** Footage as browsers play it: the service makes H.264 of what they may not know when it is first asked for. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, ask } from '@/shared/api/client'
import { ApiProblem } from '@/shared/api/problem'

/** The evidence of an event, or the file of a clip. */
export interface Footage {
  of: 'event' | 'clip'
  id: string
}

const AGAIN_MS = 4000
const UNAVAILABLE = 503
/** So little of it that asking costs nothing; a refusal says why. */
const FIRST_BYTE = { Range: 'bytes=0-0' }

export function findAddress({ of, id }: Footage): string {
  const path = of === 'event' ? `/events/${id}/evidence.mp4` : `/clips/${id}/media`
  return `${path}?playable=true`
}

function touch({ of, id }: Footage, signal: AbortSignal): Promise<unknown> {
  const more = { headers: FIRST_BYTE, parseAs: 'blob', signal } as const
  const query = { playable: true }
  return of === 'event'
    ? ask(api.GET('/events/{event_id}/evidence.mp4', { params: { path: { event_id: id }, query }, ...more }))
    : ask(api.GET('/clips/{clip_id}/media', { params: { path: { clip_id: id }, query }, ...more }))
}

const playableOptions = (footage: Footage) =>
  queryOptions({
    queryKey: ['playable', footage.of, footage.id],
    queryFn: async ({ signal }): Promise<'ready' | 'coding'> => {
      try {
        await touch(footage, signal)
        return 'ready'
      } catch (error) {
        if (error instanceof ApiProblem && error.status === UNAVAILABLE) return 'coding'
        throw error
      }
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    refetchInterval: ({ state }) => state.data === 'coding' && AGAIN_MS,
  })

/** Whether it can be played by now. An element whose source is refused would never ask again by itself. */
export function usePlayable(footage: Footage) {
  return useQuery(playableOptions(footage))
}
