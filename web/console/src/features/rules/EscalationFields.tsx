import { Button, Group, Stack, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { View } from '@/shared/api/client'
import { recipientsOptions } from '@/shared/api/names'
import { useWords } from '@/shared/words/language'
import { RecipientsInput } from './AudienceFields'
import { removeAt, replaceAt } from './draft'
import { AmountInput } from './inputs'
import classes from './rules.module.css'
import { words } from './words'

type Step = View<'EscalationStepDraft'>

const MINUTE_S = 60
const FIRST_S = 300

interface EscalationProps {
  steps: readonly Step[]
  onChange: (steps: Step[]) => void
}

/** Who is told besides while nobody has answered, step by step. */
export function EscalationFields({ steps, onChange }: EscalationProps) {
  const said = useWords(words)
  const { data: recipients } = useQuery(recipientsOptions)
  const add = () => {
    const after = (steps.at(-1)?.after_s ?? 0) + FIRST_S
    onChange([...steps, { after_s: after, recipient_ids: recipients?.slice(0, 1).map(({ id }) => id) ?? [] }])
  }
  return (
    <Stack gap="sm">
      {steps.map((step, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
        <fieldset key={at} className={classes.box} aria-label={said.step(at + 1)}>
          <StepFields
            step={step}
            number={at + 1}
            onChange={(changed) => onChange(replaceAt(steps, at, changed))}
            onRemove={() => onChange(removeAt(steps, at))}
          />
        </fieldset>
      ))}
      <Button
        size="sm"
        variant="default"
        leftSection={<IconPlus size={16} aria-hidden />}
        disabled={!recipients?.length}
        onClick={add}
        style={{ alignSelf: 'start' }}
      >
        {said.addStep}
      </Button>
    </Stack>
  )
}

interface StepProps {
  step: Step
  number: number
  onChange: (step: Step) => void
  onRemove: () => void
}

function StepFields({ step, number, onChange, onRemove }: StepProps) {
  const said = useWords(words)
  return (
    <Group gap="sm" align="end">
      <div className={classes.fields} style={{ flex: 1 }}>
        <AmountInput
          label={said.afterMin}
          min={0.2}
          max={10_080}
          decimals={2}
          value={step.after_s / MINUTE_S}
          onChange={(minutes) => onChange({ ...step, after_s: Math.round(minutes * MINUTE_S) })}
        />
        <RecipientsInput
          label={said.alsoTell}
          value={step.recipient_ids}
          onChange={(ids) => onChange({ ...step, recipient_ids: ids ?? [] })}
        />
        <TextInput
          type="date"
          label={said.onCall}
          description={said.onCallHint}
          value={step.on_call_since ?? ''}
          onChange={(event) => onChange({ ...step, on_call_since: event.currentTarget.value || null })}
        />
      </div>
      <Button size="sm" variant="default" aria-label={said.removeStep(number)} onClick={onRemove}>
        <IconTrash size={16} aria-hidden />
      </Button>
    </Group>
  )
}
