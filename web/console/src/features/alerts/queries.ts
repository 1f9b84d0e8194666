import { type QueryKey, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect } from 'react'
import { api, ask, type View } from '@/shared/api/client'
import { listOptions, putItem } from '@/shared/api/lists'
import type { News } from '@/shared/news/news'
import { useNews } from '@/shared/news/useNews'
import { tell, useTellError } from '@/shared/ui/notify'
import { useWords } from '@/shared/words/language'
import { words } from './words'

export type Alert = View<'AlertView'>
export type AlertState = Alert['state']

const LISTS = ['alerts', 'list'] as const
const PAGE = 50
/** More news than this at once are not worth a request each. */
const MOST_SINGLE = 10

export const alertsOptions = (state: AlertState | undefined) =>
  listOptions<Alert>([...LISTS, state ?? 'all'], (after, signal) =>
    ask(api.GET('/alerts', { params: { query: { state, after, limit: PAGE } }, signal })),
  )

export const alertOptions = (id: string) =>
  queryOptions({
    queryKey: ['alerts', 'one', id],
    queryFn: ({ signal }) => ask(api.GET('/alerts/{alert_id}', { params: { path: { alert_id: id } }, signal })),
  })

export const explanationOptions = (eventId: string) =>
  queryOptions({
    queryKey: ['events', 'explained', eventId],
    queryFn: ({ signal }) =>
      ask(api.GET('/events/{event_id}/explain', { params: { path: { event_id: eventId } }, signal })),
  })

/** What was seen, in a sentence; what a channel would say where nothing was, as of a camera that is lost. */
export function findSentence(alert: Alert, event: View<'EventView'> | undefined): string {
  return event?.caption.text ?? alert.evidence.find((each) => each.quote)?.quote ?? alert.text
}

function fits(key: QueryKey, alert: Alert): boolean {
  const [, , state] = key
  return state === 'all' || state === alert.state
}

function isLater(one: Alert, other: Alert): boolean {
  if (one.raised_at !== other.raised_at) return Date.parse(one.raised_at) > Date.parse(other.raised_at)
  return one.id > other.id
}

/** Puts an alert, as it is now, into every list and page that shows it. */
function usePutAlert(): (alert: Alert) => void {
  const client = useQueryClient()
  return useCallback(
    (alert) => {
      client.setQueryData(alertOptions(alert.id).queryKey, alert)
      putItem(client, LISTS, alert, fits, isLater)
    },
    [client],
  )
}

/** Lets the lists move by themselves. */
export function useAlertNews(): void {
  const client = useQueryClient()
  const put = usePutAlert()
  // Nobody keeps them up to date once the page is left.
  useEffect(() => () => void client.invalidateQueries({ queryKey: LISTS, refetchType: 'none' }), [client])
  useNews('alert', (news: News[]) => {
    // A list that is being read may or may not hold them.
    if (news.length > MOST_SINGLE || client.isFetching({ queryKey: LISTS }) > 0) {
      void client.invalidateQueries({ queryKey: ['alerts'] })
      return
    }
    for (const { id } of news) void client.fetchQuery({ ...alertOptions(id), staleTime: 0 }).then(put, () => undefined)
  })
}

export function useAnswer() {
  const put = usePutAlert()
  const onError = useTellError()
  return useMutation({
    mutationFn: ({ id, answer }: { id: string; answer: 'acknowledge' | 'dismiss' }) =>
      ask(api.POST(`/alerts/{alert_id}/${answer}`, { params: { path: { alert_id: id } } })),
    onSuccess: put,
    onError,
  })
}

export function useSendAgain(alertId: string) {
  const put = usePutAlert()
  const onError = useTellError()
  return useMutation({
    mutationFn: (deliveryId: string) =>
      ask(
        api.POST('/alerts/{alert_id}/deliveries/{delivery_id}/retry', {
          params: { path: { alert_id: alertId, delivery_id: deliveryId } },
        }),
      ),
    onSuccess: put,
    onError,
  })
}

export type MuteDraft = Pick<View<'MuteDraft'>, 'rule_id' | 'camera_id' | 'duration_s'>

export function useMute() {
  const said = useWords(words)
  const client = useQueryClient()
  const onError = useTellError()
  return useMutation({
    mutationFn: (draft: MuteDraft) => ask(api.POST('/mutes', { body: { ...draft, recipient_id: null } })),
    onSuccess: () => {
      tell(said.muted)
      void client.invalidateQueries({ queryKey: ['mutes'] })
    },
    onError,
  })
}
