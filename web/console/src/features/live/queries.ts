import { queryOptions, useQueryClient } from '@tanstack/react-query'
import { api, ask, type View } from '@/shared/api/client'
import { useNews } from '@/shared/news/useNews'

export type Camera = View<'CameraView'>
export type Event = View<'EventView'>

/** The newest that was seen at a camera; null where nothing was. */
export const newestEventOptions = (cameraId: string) =>
  queryOptions({
    queryKey: ['events', 'newest', cameraId],
    queryFn: async ({ signal }): Promise<Event | null> => {
      const page = await ask(api.GET('/events', { params: { query: { camera_id: cameraId, limit: 1 } }, signal }))
      return page.items[0] ?? null
    },
    staleTime: Number.POSITIVE_INFINITY, // news keeps it fresh
  })

/** One question for each camera that saw something, however much it saw. */
export function useSentenceNews(): void {
  const client = useQueryClient()
  useNews('event', (news) => {
    for (const id of new Set(news.map((each) => each.camera_id))) {
      if (id) void client.invalidateQueries({ queryKey: newestEventOptions(id).queryKey })
    }
  })
}

/** How long boxes are drawn for after they were seen. */
const BOXES_S = 15

/** The boxes that were seen last, if that is not too long ago to lie over a picture of now. */
export function listBoxes(event: Event | null | undefined, now: number): Event['detections'] {
  if (!event) return []
  const last_s = Math.max(...event.detections.map((each) => each.time_s))
  const seenAt = Date.parse(event.occurred_at) + (last_s - event.start_s) * 1000
  if (!(now - seenAt < BOXES_S * 1000)) return []
  return event.detections.filter((each) => each.time_s === last_s)
}
