/** What stands in the place of a page. */
import { Button, Center, Loader, Stack } from '@mantine/core'
import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router'
import { Empty } from '@/shared/ui/Empty'
import { Failure } from '@/shared/ui/Failure'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import { words } from './words'

export function PagePending() {
  const shared = useWords(common)
  return (
    <Center mih="40vh" role="status" aria-label={shared.loading}>
      <Loader aria-hidden />
    </Center>
  )
}

export function PageFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const retry = () => {
    reset()
    void router.invalidate()
  }
  return (
    <Stack p="md" maw="40rem" mx="auto">
      <Failure error={error} onRetry={retry} />
    </Stack>
  )
}

export function Nowhere() {
  const said = useWords(words)
  return (
    <Empty title={said.nowhere}>
      <Button component={Link} to="/">
        {said.home}
      </Button>
    </Empty>
  )
}
