import { Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'

/** What stands where nothing is yet, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py="xl" ta="center">
      <Text fw={600}>{title}</Text>
      {children}
    </Stack>
  )
}
