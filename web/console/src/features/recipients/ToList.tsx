import { Anchor, Group } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useWords } from '@/shared/words/language'
import { words } from './words'

export function ToList() {
  const said = useWords(words)
  return (
    <Anchor component={Link} to="/recipients" size="sm">
      <Group component="span" gap={4} display="inline-flex">
        <IconArrowLeft size={16} aria-hidden />
        {said.toList}
      </Group>
    </Anchor>
  )
}
