// Shows a page that says so when the service cannot be reached. It keeps nothing else: what cameras see is not stored
// in browsers, and what is shown is never old.
const CACHE = 'offline-1'
const KEPT = ['/console/offline.html', '/console/offline.css', '/console/icon.svg']

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(KEPT))
      .then(() => self.skipWaiting()),
  )
})

self.addEventListener('activate', (event) => {
  const drop = async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name)
    await self.clients.claim()
  }
  event.waitUntil(drop())
})

self.addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url)
  if (event.request.mode === 'navigate') {
    event.respondWith(fetch(event.request).catch(() => caches.match('/console/offline.html')))
  } else if (KEPT.includes(pathname)) {
    event.respondWith(fetch(event.request).catch(() => caches.match(pathname)))
  }
})

// Alerts of the channel `webpush`: what comes is a notification's title and options.
self.addEventListener('push', (event) => {
  const { title, ...options } = event.data.json()
  event.waitUntil(self.registration.showNotification(title, { icon: '/console/icon-192.png', ...options }))
})

self.addEventListener('notificationclick', (event) => {
  const { alert_id: id } = event.notification.data
  event.notification.close()
  event.waitUntil(event.action ? answer(id, event.action) : open(id))
})

// With the session of this browser; where that has ended, the page asks for it.
async function answer(id, action) {
  const said = await fetch(`/alerts/${id}/${action}`, { method: 'POST' }).catch(() => undefined)
  if (!said?.ok) await open(id)
}

// In the tab that is open already, if there is one.
async function open(id) {
  const address = `/console/alerts/${id}`
  const [tab] = await self.clients.matchAll({ type: 'window' })
  if (!tab) return self.clients.openWindow(address)
  await tab.focus()
  return tab.navigate(address)
}
