/** Events, as more than one feature reads them. */
import { queryOptions } from '@tanstack/react-query'
import { api, ask, type View } from './client'

export type SeenEvent = View<'EventView'>

/** What was seen and heard; it does not change but for its evidence, and where it grows: news tells of both. */
export const eventOptions = (id: string) =>
  queryOptions({
    queryKey: ['events', 'one', id],
    queryFn: ({ signal }) => ask(api.GET('/events/{event_id}', { params: { path: { event_id: id } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  })
