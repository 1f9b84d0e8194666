import { useSyncExternalStore } from 'react'
import { sendClip } from './sendClip'
import { type Upload, Uploads } from './uploads'

/** Of this tab. */
export const uploads = new Uploads(sendClip)

/** Whoever closes the tab while a file is on its way is asked. */
uploads.watch(() => {
  window.onbeforeunload = uploads.isBusy ? (event) => event.preventDefault() : null
})

export function useUploads(): readonly Upload[] {
  return useSyncExternalStore(uploads.watch, () => uploads.all)
}
