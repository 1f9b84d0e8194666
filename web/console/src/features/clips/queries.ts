import { keepPreviousData, type QueryKey, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { api, ask, type View } from '@/shared/api/client'
import type { SeenEvent } from '@/shared/api/events'
import { listOptions, putItem } from '@/shared/api/lists'
import { useNews } from '@/shared/news/useNews'
import { tell, useTellError } from '@/shared/ui/notify'
import { useWords } from '@/shared/words/language'
import type { Clip } from './uploads'
import { uploads } from './useUploads'
import { words } from './words'

export type ClipState = View<'ClipState'>

const LISTS = ['clips', 'list'] as const
const PAGE = 50
const FOLLOWED_MS = 1000

export const clipsOptions = (state: ClipState | undefined) =>
  listOptions<Clip>([...LISTS, state ?? 'all'], (after, signal) =>
    ask(api.GET('/clips', { params: { query: { state, after, limit: PAGE } }, signal })),
  )

/** Whether more will be known of it. */
export function isUnderWay(clip: Clip): boolean {
  return (
    clip.state === 'stored' || clip.state === 'analyzing' || (clip.state === 'analyzed' && clip.listening === 'pending')
  )
}

/** A clip, followed until all is known of it: the feed does not tell how far it is. */
export const clipOptions = (id: string) =>
  queryOptions({
    queryKey: ['clips', 'one', id],
    queryFn: ({ signal }) => ask(api.GET('/clips/{clip_id}', { params: { path: { clip_id: id } }, signal })),
    refetchInterval: ({ state }) => state.data !== undefined && isUnderWay(state.data) && FOLLOWED_MS,
  })

/** What was seen and heard in it, in the order of its windows; more of it as the analysis goes on. */
export const clipEventsOptions = (clip: Clip) =>
  queryOptions({
    queryKey: ['clips', 'events', clip.id, clip.progress, clip.listening, clip.state],
    queryFn: ({ signal }): Promise<SeenEvent[]> =>
      ask(api.GET('/clips/{clip_id}/events', { params: { path: { clip_id: clip.id } }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  })

const isIn = ([, , state]: QueryKey, clip: Clip) => state === 'all' || state === clip.state

function isLater(one: Clip, other: Clip): boolean {
  if (one.submitted_at !== other.submitted_at) return Date.parse(one.submitted_at) > Date.parse(other.submitted_at)
  return one.id > other.id
}

/** Lets the list move: by what is sent from here, and by what others send, of which events tell. */
export function useClipsNews(): void {
  const client = useQueryClient()
  useEffect(() => {
    const stop = uploads.whenFiled((clip) => putItem<Clip>(client, LISTS, clip, isIn, isLater))
    return () => {
      stop()
      void client.invalidateQueries({ queryKey: LISTS, refetchType: 'none' })
    }
  }, [client])
  useNews('event', (news) => {
    // An event without a camera is of a clip; whose, it does not say.
    if (news.some((each) => each.camera_id === null)) void client.invalidateQueries({ queryKey: LISTS })
  })
}

export function useDelete(onDone: () => void) {
  const said = useWords(words)
  const client = useQueryClient()
  const onError = useTellError()
  return useMutation({
    mutationFn: (id: string) => ask(api.DELETE('/clips/{clip_id}', { params: { path: { clip_id: id } } })),
    onSuccess: (_, id) => {
      tell(said.deleted)
      onDone()
      client.removeQueries({ queryKey: ['clips', 'one', id] })
      void client.invalidateQueries({ queryKey: LISTS })
    },
    onError,
  })
}
