import type { SeenEvent } from '@/shared/api/events'
import type { Clip } from './uploads'

/** What POST /analyze answers with, as a file. */
export function saveResult(clip: Clip, events: readonly SeenEvent[]): void {
  const address = URL.createObjectURL(
    new Blob([JSON.stringify({ clip, events }, null, 2)], { type: 'application/json' }),
  )
  const link = document.createElement('a')
  link.href = address
  link.download = `${(clip.filename || clip.id).replace(/\.[^.]*$/, '')}.json`
  link.click()
  URL.revokeObjectURL(address)
}
