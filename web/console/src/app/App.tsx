import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './app.css'
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useEffect } from 'react'
import { whenSignedOut } from '@/shared/api/client'
import { feed } from '@/shared/news/feed'
import type { Told } from '@/shared/news/news'
import { sessionOptions } from '@/shared/session/session'
import { LanguageProvider } from '@/shared/words/language'
import { nonce } from './nonce'
import { queryClient } from './queryClient'
import { router } from './router'
import { resolveColors, theme } from './theme'

export function App() {
  useEffect(() => {
    const stops = [whenSignedOut(forget), feed.listen((told) => isEnd(told) && forget())]
    return () => {
      for (const stop of stops) stop()
    }
  }, [])
  return (
    <MantineProvider theme={theme} cssVariablesResolver={resolveColors} defaultColorScheme="auto" getStyleNonce={nonce}>
      <LanguageProvider>
        <QueryClientProvider client={queryClient}>
          <Notifications position="top-center" />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </LanguageProvider>
    </MantineProvider>
  )
}

function isEnd(told: Told): boolean {
  return told.kind === 'signed-out' || (told.kind === 'connection' && told.connection === 'refused')
}

let isLeaving = false

/** The session has ended: the way leads to the sign-in, by a page of its own, so that nothing that was read stays. */
function forget(): void {
  if (isLeaving || !queryClient.getQueryData(sessionOptions.queryKey)) return
  isLeaving = true
  feed.tellSignedOut()
  feed.stop()
  location.assign(`/console/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`)
}
