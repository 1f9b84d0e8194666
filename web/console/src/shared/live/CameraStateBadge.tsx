import { Badge } from '@mantine/core'
import { IconCircleCheck, IconLoader2, IconPlayerPause, IconPlugConnectedX, IconVideoOff } from '@tabler/icons-react'
import type { View } from '@/shared/api/client'
import { useWords } from '@/shared/words/language'
import { words } from './words'

const STATES = {
  live: { color: 'green', Icon: IconCircleCheck },
  connecting: { color: 'orange', Icon: IconLoader2 },
  lost: { color: 'red', Icon: IconPlugConnectedX },
  idle: { color: 'gray', Icon: IconVideoOff },
  stopped: { color: 'gray', Icon: IconPlayerPause },
} as const

/** How the watching of a camera stands: by word, sign and colour. */
export function CameraStateBadge({ state }: { state: View<'CameraState'> }) {
  const said = useWords(words)
  const { color, Icon } = STATES[state]
  return (
    <Badge
      variant="outline"
      color={color}
      tt="none"
      leftSection={<Icon size={12} aria-hidden />}
      data-camera-state={state}
    >
      {said.state[state]}
    </Badge>
  )
}
