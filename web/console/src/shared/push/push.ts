/** Being told in this browser: its maker's push service, asked for by its own service worker. */
import { api, ask } from '@/shared/api/client'
import type { Language } from '@/shared/words/catalogue'

export function canBeNotified(): boolean {
  return 'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis
}

export async function findSubscription(): Promise<PushSubscription | null> {
  if (!canBeNotified()) return null
  const worker = await navigator.serviceWorker.getRegistration('/console/')
  return (await worker?.pushManager.getSubscription()) ?? null
}

/** Ask the person, then the push service, then be registered. Throws where any of them will not. */
export async function subscribe(name: string, language: Language): Promise<void> {
  const worker = await navigator.serviceWorker.ready
  const { applicationServerKey } = await ask(api.GET('/browsers/key'))
  const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })
  const { endpoint = '', expirationTime = null, keys } = subscription.toJSON()
  const body = {
    name,
    language,
    endpoint,
    expirationTime,
    keys: { p256dh: keys?.p256dh ?? '', auth: keys?.auth ?? '' },
  }
  await ask(api.POST('/browsers', { body }))
}

/** The service forgets this browser, and it the service. Nothing happens where it is not notified. */
export async function unsubscribe(): Promise<void> {
  const subscription = await findSubscription()
  if (!subscription) return
  const address = await nameAddress(subscription.endpoint)
  const own = (await ask(api.GET('/browsers'))).find((each) => each.address === address)
  if (own) await ask(api.DELETE('/browsers/{browser_id}', { params: { path: { browser_id: own.id } } }))
  await subscription.unsubscribe()
}

/** What the service calls a browser's address: half of the SHA-256 of its endpoint. */
export async function nameAddress(endpoint: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(endpoint)))
  return [...hash.slice(0, 16)].map((each) => each.toString(16).padStart(2, '0')).join('')
}
