import { notifications } from '@mantine/notifications'
import { useCallback } from 'react'
import { useWords } from '@/shared/words/language'
import { describeError, problemWords } from '@/shared/words/problems'

/** Tell of something that failed, where no place on the page says it: `onError: useTellError()`. */
export function useTellError(): (error: unknown) => void {
  const words = useWords(problemWords)
  return useCallback(
    (error) => {
      const said = describeError(error, words)
      const message = said.detail ?? ''
      notifications.show({ color: 'red', title: said.summary, message, role: 'alert', autoClose: 8000 })
    },
    [words],
  )
}

/** Say shortly that something was done. */
export function tell(message: string): void {
  notifications.show({ message, autoClose: 3000 })
}
