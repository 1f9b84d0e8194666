import { Button, Menu } from '@mantine/core'
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
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button size="xs" variant="default" loading={isPending}>
          {label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item color="red" onClick={onSure}>
          {sure}
        </Menu.Item>
        <Menu.Item>{said.no}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
