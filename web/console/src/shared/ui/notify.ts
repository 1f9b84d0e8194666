import { notifications } from '@mantine/notifications'
import { useCallback } from 'react'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import { describeError, problemWords } from '@/shared/words/problems'

/** What the button that takes a message away is called, in the language of the page. */
function nameClosing() {
  const { close } = document.documentElement.lang === 'fr' ? common.fr : common.en
  return { 'aria-label': close }
}

/** Tell of something that failed, where no place on the page says it: `onError: useTellError()`. */
export function useTellError(): (error: unknown) => void {
  const words = useWords(problemWords)
  return useCallback(
    (error) => {
      const said = describeError(error, words)
      const message = said.detail ?? ''
      notifications.show({
        color: 'red',
        title: said.summary,
        message,
        role: 'alert',
        autoClose: 8000,
        closeButtonProps: nameClosing(),
      })
    },
    [words],
  )
}

/** Say shortly that something was done. */
export function tell(message: string): void {
  notifications.show({ message, autoClose: 3000, closeButtonProps: nameClosing() })
}
