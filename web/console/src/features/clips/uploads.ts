/** Files on their way to the service: one after the other, on whichever page one is meanwhile. */
import type { View } from '@/shared/api/client'

export type Clip = View<'ClipView'>
export type SubmitDraft = { camera_id?: string; notify?: View<'Notify'> }

export interface Upload {
  id: number
  file: File
  draft: SubmitDraft
  state: 'waiting' | 'sending' | 'refused' | 'filed'
  /** Bytes that are there. */
  sent: number
  /** Why it was refused. */
  error?: unknown
  clip?: Clip
  /** The service had it, and had seen it, before. */
  isKnown?: boolean
}

export interface Sent {
  clip: Clip
  isKnown: boolean
}

export interface Sending {
  done: Promise<Sent>
  stop: () => void
}

export type Send = (file: File, draft: SubmitDraft, onSent: (bytes: number) => void) => Sending

export class Uploads {
  readonly #send: Send
  readonly #listeners = new Set<() => void>()
  readonly #filed = new Set<(clip: Clip) => void>()
  #uploads: readonly Upload[] = []
  #current: { id: number; stop: () => void } | undefined
  #count = 0

  constructor(send: Send) {
    this.#send = send
  }

  get all(): readonly Upload[] {
    return this.#uploads
  }

  get isBusy(): boolean {
    return this.#current !== undefined
  }

  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Called with each clip that was filed. */
  readonly whenFiled = (listener: (clip: Clip) => void): (() => void) => {
    this.#filed.add(listener)
    return () => this.#filed.delete(listener)
  }

  add(files: Iterable<File>, draft: SubmitDraft): void {
    const added = [...files].map((file): Upload => {
      this.#count += 1
      return { id: this.#count, file, draft, state: 'waiting', sent: 0 }
    })
    this.#set([...this.#uploads, ...added])
    void this.#goOn()
  }

  /** One that waits or is on its way is given up, another is not shown any more. */
  remove(id: number): void {
    if (this.#current?.id === id) this.#current.stop()
    this.#set(this.#uploads.filter((each) => each.id !== id))
  }

  retry(id: number): void {
    this.#change(id, { state: 'waiting', sent: 0, error: undefined })
    void this.#goOn()
  }

  async #goOn(): Promise<void> {
    const next = this.#uploads.find((each) => each.state === 'waiting')
    if (this.#current || !next) return
    const { id, file, draft } = next
    const sending = this.#send(file, draft, (sent) => this.#change(id, { sent }))
    this.#current = { id, stop: sending.stop }
    this.#change(id, { state: 'sending' })
    try {
      const { clip, isKnown } = await sending.done
      this.#change(id, { state: 'filed', clip, isKnown, sent: file.size })
      for (const tell of this.#filed) tell(clip)
    } catch (error) {
      this.#change(id, { state: 'refused', error })
    }
    this.#current = undefined
    void this.#goOn()
  }

  #change(id: number, changed: Partial<Upload>): void {
    this.#set(this.#uploads.map((each) => (each.id === id ? { ...each, ...changed } : each)))
  }

  #set(uploads: readonly Upload[]): void {
    this.#uploads = uploads
    for (const each of this.#listeners) each()
  }
}
