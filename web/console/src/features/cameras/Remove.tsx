import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Failure } from '@/shared/ui/Failure'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import { type Camera, useRemove } from './queries'
import { Section } from './Section'
import { words } from './words'

/** Deletes a camera, after it was asked for once more. */
export function Remove({ camera }: { camera: Camera }) {
  const said = useWords(words)
  const shared = useWords(common)
  const navigate = useNavigate()
  const remove = useRemove()
  const [isAsking, setAsking] = useState(false)
  const close = () => {
    setAsking(false)
    remove.reset()
  }
  return (
    <Section title={said.remove}>
      <Text size="sm" mb="xs">
        {said.removeHint}
      </Text>
      <Button color="red" variant="outline" onClick={() => setAsking(true)}>
        {said.removeCamera}
      </Button>
      <Modal
        opened={isAsking}
        onClose={close}
        title={said.removeAsk(camera.name)}
        closeButtonProps={{ 'aria-label': shared.close }}
      >
        <Stack gap="sm">
          <Text size="sm">{said.removeHint}</Text>
          {remove.error && <Failure error={remove.error} />}
          <Group>
            <Button
              color="red"
              loading={remove.isPending}
              onClick={() => remove.mutate(camera.id, { onSuccess: () => void navigate({ to: '/cameras' }) })}
            >
              {shared.remove}
            </Button>
            <Button variant="default" onClick={close}>
              {shared.cancel}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Section>
  )
}
