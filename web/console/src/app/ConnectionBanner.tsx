import { Alert } from '@mantine/core'
import { IconPlugConnectedX } from '@tabler/icons-react'
import { useConnection } from '@/shared/news/useNews'
import { useWords } from '@/shared/words/language'
import { words } from './words'

/** Says that what is shown may be old; there always, so that screen readers hear of it. */
export function ConnectionBanner() {
  const said = useWords(words)
  const isLost = useConnection() === 'lost'
  return (
    <div role="status">
      {isLost && <Alert color="orange" mb="md" icon={<IconPlugConnectedX aria-hidden />} title={said.lost} />}
    </div>
  )
}
