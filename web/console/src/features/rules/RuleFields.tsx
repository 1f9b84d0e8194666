import { Button, NativeSelect, Stack, Switch, TextInput, Title } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { ScheduleField } from '@/shared/schedule/ScheduleField'
import { useWords } from '@/shared/words/language'
import { AudienceFields } from './AudienceFields'
import { ConditionFields } from './ConditionFields'
import { ConfirmationFields } from './ConfirmationFields'
import { begin, canBeConfirmed, type RuleDraft, removeAt, replaceAt } from './draft'
import { EscalationFields } from './EscalationFields'
import { SecondLookFields } from './SecondLookFields'
import { words } from './words'

interface RuleFieldsProps {
  draft: RuleDraft
  onChange: (changes: Partial<RuleDraft>) => void
  nameError: string | undefined
}

/** Everything that people decide about a rule. */
export function RuleFields({ draft, onChange, nameError }: RuleFieldsProps) {
  const said = useWords(words)
  return (
    <Stack gap="md">
      <TextInput
        label={said.name}
        value={draft.name}
        error={nameError}
        maxLength={120}
        required
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <Switch
        label={said.on}
        checked={draft.enabled}
        onChange={(event) => onChange({ enabled: event.currentTarget.checked })}
      />
      <Title order={2} size="h4">
        {said.conditions}
      </Title>
      <Conditions draft={draft} onChange={onChange} />
      <Title order={2} size="h4">
        {said.where}
      </Title>
      <AudienceFields draft={draft} onChange={onChange} />
      <ScheduleField
        label={said.schedule}
        unpainted={said.anyTime}
        value={draft.schedule}
        onChange={(schedule) => onChange({ schedule })}
      />
      <Title order={2} size="h4">
        {said.escalation}
      </Title>
      <EscalationFields steps={draft.escalation ?? []} onChange={(escalation) => onChange({ escalation })} />
      <SecondLookFields value={draft.second_look ?? null} onChange={(look) => onChange({ second_look: look })} />
    </Stack>
  )
}

const MOST_CONDITIONS = 20

function Conditions({ draft, onChange }: Pick<RuleFieldsProps, 'draft' | 'onChange'>) {
  const said = useWords(words)
  const { conditions } = draft
  return (
    <Stack gap="sm">
      {conditions.length > 1 && (
        <NativeSelect
          label={said.combine}
          value={draft.combine}
          data={[
            { value: 'all', label: said.all },
            { value: 'any', label: said.any },
          ]}
          onChange={(event) => onChange({ combine: event.currentTarget.value as RuleDraft['combine'] })}
        />
      )}
      {conditions.map((condition, at) => (
        <ConditionFields
          // biome-ignore lint/suspicious/noArrayIndexKey: a condition is its place; kinds have inputs of their own
          key={`${at} ${condition.kind}`}
          number={at + 1}
          condition={condition}
          cameraIds={draft.camera_ids ?? null}
          onChange={(changed) => onChange({ conditions: replaceAt(conditions, at, changed) })}
          onRemove={conditions.length > 1 ? () => onChange({ conditions: removeAt(conditions, at) }) : undefined}
        />
      ))}
      {conditions.length < MOST_CONDITIONS && (
        <Button
          size="sm"
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => onChange({ conditions: [...conditions, begin('concept')] })}
          style={{ alignSelf: 'start' }}
        >
          {said.addCondition}
        </Button>
      )}
      {(canBeConfirmed(draft) || draft.confirmation) && (
        <ConfirmationFields
          value={draft.confirmation ?? null}
          onChange={(confirmation) => onChange({ confirmation })}
        />
      )}
    </Stack>
  )
}
