import { Group, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'

/** The heading of a page, its name in the tab, and what can be done with all of it. */
export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · InstantReact`
  }, [title])
  return (
    <Group justify="space-between" gap="sm" mb="md">
      <Title order={1} size="h2">
        {title}
      </Title>
      {children}
    </Group>
  )
}
