import type { SeenEvent } from '@/shared/api/events'

const MOST_LETTERS = 200

/** Where a rule begins with what was seen here. A plain address: the rules are another feature's. */
export function findRuleAddress(event: SeenEvent): string {
  const search = new URLSearchParams({ words: event.caption.text.slice(0, MOST_LETTERS) })
  if (event.camera_id) search.set('camera', event.camera_id)
  return `/console/rules/new?${search}`
}
