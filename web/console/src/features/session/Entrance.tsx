import { Box, Container, Paper, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'

/** The frame of what stands before the first page. */
export function Entrance({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · InstantReact`
  }, [title])
  return (
    <Box component="main" mih="100%">
      <Container size={420} py="xl">
        <Title order={1} size="h2" ta="center" mb="lg">
          {title}
        </Title>
        <Paper withBorder p="lg">
          {children}
        </Paper>
      </Container>
    </Box>
  )
}
