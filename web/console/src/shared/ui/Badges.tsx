import { Badge } from '@mantine/core'
import { IconAlertTriangle, IconBell, IconCheck, IconFlame, IconInfoCircle, IconX } from '@tabler/icons-react'
import type { View } from '@/shared/api/client'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'

type Severity = View<'Severity'>
type State = View<'AlertState'>

const SEVERITIES = {
  info: { color: 'blue', Icon: IconInfoCircle },
  warning: { color: 'orange', Icon: IconAlertTriangle },
  critical: { color: 'red', Icon: IconFlame },
} as const
const STATES = {
  raised: { color: 'red', Icon: IconBell },
  acknowledged: { color: 'green', Icon: IconCheck },
  dismissed: { color: 'gray', Icon: IconX },
} as const

/** By word, sign and colour: nobody has to tell red from green. */
export function SeverityBadge({ severity }: { severity: Severity }) {
  const words = useWords(common)
  const { color, Icon } = SEVERITIES[severity]
  return (
    <Badge variant="light" color={color} autoContrast leftSection={<Icon size={12} aria-hidden />}>
      {words.severity[severity]}
    </Badge>
  )
}

export function StateBadge({ state }: { state: State }) {
  const words = useWords(common)
  const { color, Icon } = STATES[state]
  return (
    <Badge variant="outline" color={color} leftSection={<Icon size={12} aria-hidden />}>
      {words.state[state]}
    </Badge>
  )
}
