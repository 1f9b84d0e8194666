import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import { useWords } from '@/shared/words/language'
import { words } from './words'

interface SureButtonProps {
  label: string
  /** What is done, with its name: "Yes, remove Ana". */
  sure: string
  isPending: boolean
  onSure: () => void
}

/** What cannot be taken back asks once more, right where it was asked for. */
export function SureButton({ label, sure, isPending, onSure }: SureButtonProps) {
  const said = useWords(words)
  const [state, setState] = useState<'fresh' | 'asks' | 'answered'>('fresh')
  if (state !== 'asks') {
    return (
      <Button
        size="xs"
        variant="default"
        loading={isPending}
        autoFocus={state === 'answered'}
        onClick={() => setState('asks')}
      >
        {label}
      </Button>
    )
  }
  const answer = (isSure: boolean) => {
    setState('answered')
    if (isSure) onSure()
  }
  return (
    <Group gap={6} role="group" aria-label={label}>
      <Button
        size="xs"
        color="red"
        h="auto"
        mih={30}
        styles={{ label: { whiteSpace: 'normal' } }}
        onClick={() => answer(true)}
      >
        {sure}
      </Button>
      <Button size="xs" variant="default" autoFocus onClick={() => answer(false)}>
        {said.no}
      </Button>
    </Group>
  )
}
