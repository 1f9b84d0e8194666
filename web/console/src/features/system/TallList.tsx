import { Stack } from '@mantine/core'
import type { ReactNode } from 'react'

/** Room for a `LiveList` below the tabs. */
export function TallList({ children }: { children: ReactNode }) {
  return (
    <Stack gap="sm" h="70dvh" mih="22rem">
      {children}
    </Stack>
  )
}
