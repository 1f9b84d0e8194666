import { keepPreviousData, type QueryKey, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect } from 'react'
import { bundlesOptions } from '@/shared/api/capabilities'
import { api, ask, type View } from '@/shared/api/client'
import { eventOptions, type SeenEvent } from '@/shared/api/events'
import { listOptions, putItem } from '@/shared/api/lists'
import { isWorthAnotherTry } from '@/shared/api/problem'
import type { News } from '@/shared/news/news'
import { useNews } from '@/shared/news/useNews'
import { fits, type Sought, toQuery } from './sought'

const LISTS = ['events', 'list'] as const
const PAGE = 50
/** More news than this at once are not worth a request each. */
const MOST_SINGLE = 10
const DAY_AGAIN_MS = 30_000

export const eventsOptions = (sought: Sought) =>
  listOptions<SeenEvent>([...LISTS, sought], (after, signal) =>
    ask(api.GET('/events', { params: { query: { ...toQuery(sought), after, limit: PAGE } }, signal })),
  )

/** A camera's day in one answer; today's is asked for again as it goes on. */
export const dayOptions = (cameraId: string, day: string, isToday: boolean) =>
  queryOptions({
    queryKey: ['days', cameraId, day],
    queryFn: ({ signal }) => {
      const query = { date: day, time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone }
      return ask(api.GET('/cameras/{camera_id}/day', { params: { path: { camera_id: cameraId }, query }, signal }))
    },
    placeholderData: keepPreviousData,
    refetchInterval: isToday && DAY_AGAIN_MS,
  })

/** What came of an event. */
export const alertsOfEventOptions = (eventId: string) =>
  queryOptions({
    queryKey: ['alerts', 'of-event', eventId],
    queryFn: ({ signal }) => ask(api.GET('/alerts', { params: { query: { event_id: eventId } }, signal })),
  })

/** What can be looked for: all that the models in use know, each once. */
export function useMarks(): { concepts: string[]; labels: string[] } {
  const { data } = useQuery({ ...bundlesOptions, staleTime: Number.POSITIVE_INFINITY })
  const bundles: readonly View<'BundleView'>[] = data?.bundles ?? []
  const gather = (of: 'concepts' | 'labels') => [...new Set(bundles.flatMap((bundle) => bundle[of]))].sort()
  return { concepts: gather('concepts'), labels: gather('labels') }
}

function isIn(key: QueryKey, event: SeenEvent): boolean {
  return fits(key[2] as Sought, event)
}

function isLater(one: SeenEvent, other: SeenEvent): boolean {
  if (one.occurred_at !== other.occurred_at) return Date.parse(one.occurred_at) > Date.parse(other.occurred_at)
  return one.id > other.id
}

/** Lets the lists move by themselves. */
export function useEventNews(): void {
  const client = useQueryClient()
  const put = useCallback((event: SeenEvent) => putItem<SeenEvent>(client, LISTS, event, isIn, isLater), [client])
  // Nobody keeps them up to date once the page is left.
  useEffect(() => () => void client.invalidateQueries({ queryKey: LISTS, refetchType: 'none' }), [client])
  useNews('event', (news: News[]) => {
    // A list that is being read may or may not hold them.
    const isMuch = news.length > MOST_SINGLE || client.isFetching({ queryKey: LISTS }) > 0
    if (isMuch || news.some((each) => each.change === 'ended')) {
      void client.invalidateQueries({ queryKey: LISTS })
      return
    }
    for (const { id } of news) void client.fetchQuery({ ...eventOptions(id), staleTime: 0 }).then(put, () => undefined)
  })
}

/** Asks for an event's alerts again when one is raised: it may be of this one. */
export function useAlertsOfEvent(eventId: string) {
  const client = useQueryClient()
  const options = alertsOfEventOptions(eventId)
  useNews('alert', () => void client.invalidateQueries({ queryKey: options.queryKey }))
  useNews('event', (news) => {
    if (news.some((each) => each.id === eventId)) void client.invalidateQueries(eventOptions(eventId))
  })
  return useQuery({ ...options, retry: (failures, error) => failures < 2 && isWorthAnotherTry(error) })
}
