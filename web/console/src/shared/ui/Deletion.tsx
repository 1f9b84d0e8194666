import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'

interface DeletionProps {
  /** The question. */
  title: string
  /** What goes with it. */
  why: string
  isPending: boolean
  onConfirm: () => void
}

/** A button that removes something, once that is confirmed. */
export function Deletion({ title, why, isPending, onConfirm }: DeletionProps) {
  const shared = useWords(common)
  const [isAsked, asked] = useDisclosure()
  return (
    <>
      <Button variant="outline" color="red" onClick={asked.open}>
        {shared.remove}
      </Button>
      <Modal
        opened={isAsked}
        onClose={asked.close}
        title={title}
        closeButtonProps={{ 'aria-label': shared.close }}
        centered
      >
        <Stack gap="sm">
          <Text size="sm">{why}</Text>
          <Group gap="sm">
            <Button color="red" loading={isPending} onClick={onConfirm}>
              {shared.remove}
            </Button>
            <Button variant="default" onClick={asked.close}>
              {shared.cancel}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
