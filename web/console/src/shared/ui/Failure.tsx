import { Alert, Button, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import { describeError, problemWords } from '@/shared/words/problems'

/** Says in words what went wrong, and lets it be tried again. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const words = useWords(problemWords)
  const shared = useWords(common)
  const said = describeError(error, words)
  return (
    <Alert role="alert" color="red" variant="light" title={said.summary} icon={<IconAlertTriangle aria-hidden />}>
      {said.detail && <Text size="sm">{said.detail}</Text>}
      {said.requestId && (
        <Text size="xs" mt={4}>
          {words.request(said.requestId)}
        </Text>
      )}
      {onRetry && (
        <Button mt="sm" size="compact-md" variant="default" onClick={onRetry}>
          {shared.retry}
        </Button>
      )}
    </Alert>
  )
}
