import { Chip, Group } from '@mantine/core'

interface ChoiceProps<Value extends string> {
  label: string
  value: Value
  choices: readonly { value: Value; label: string }[]
  onChoose: (value: Value) => void
}

/** One of a few, all of them seen: a filter. It wraps where a phone has no room for a line. */
export function Choice<Value extends string>({ label, value, choices, onChoose }: ChoiceProps<Value>) {
  return (
    <Group role="radiogroup" aria-label={label} gap={6}>
      <Chip.Group value={value} onChange={(chosen) => onChoose(chosen as Value)}>
        {choices.map((each) => (
          <Chip key={each.value} value={each.value} size="sm" variant="outline">
            {each.label}
          </Chip>
        ))}
      </Chip.Group>
    </Group>
  )
}
