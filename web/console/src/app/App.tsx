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

/** The session has ended: nothing that was read for it stays, and the way leads to the sign-in. */
function forget(): void {
  if (!queryClient.getQueryData(sessionOptions.queryKey)) return
  feed.tellSignedOut()
  feed.stop()
  queryClient.clear()
  queryClient.setQueryData(sessionOptions.queryKey, null)
  void router.invalidate()
}
