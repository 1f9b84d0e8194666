import { notifications } from '@mantine/notifications'
import { useCallback } from 'react'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import { describeError, problemWords } from '@/shared/words/problems'

/** Tell of something that failed, where no place on the page says it: `onError: useTellError()`. */
export function useTellError(): (error: unknown) => void {
  const words = useWords(problemWords)
  const { close } = useWords(common)
  return useCallback(
    (error) => {
      const said = describeError(error, words)
      const message = said.detail ?? ''
      const closeButtonProps = { 'aria-label': close }
      notifications.show({
        color: 'red',
        title: said.summary,
        message,
        role: 'alert',
        autoClose: 8000,
        closeButtonProps,
      })
    },
    [words, close],
  )
}

/** Say shortly that something was done. */
export function tell(message: string): void {
  notifications.show({ message, autoClose: 3000, withCloseButton: false })
}
