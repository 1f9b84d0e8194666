import { MultiSelect, NativeSelect, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { camerasOptions, recipientsOptions } from '@/shared/api/names'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import type { RuleDraft } from './draft'
import { AmountInput } from './inputs'
import classes from './rules.module.css'
import { words } from './words'

interface AudienceProps {
  draft: RuleDraft
  onChange: (changes: Partial<RuleDraft>) => void
}

/** Where a rule looks, whom it tells and how loudly. */
export function AudienceFields({ draft, onChange }: AudienceProps) {
  const said = useWords(words)
  const shared = useWords(common)
  const { data: cameras } = useQuery(camerasOptions)
  return (
    <Stack gap="sm">
      <NamesInput
        label={said.cameras}
        items={cameras}
        everything={said.everyCamera}
        value={draft.camera_ids ?? null}
        onChange={(ids) => onChange({ camera_ids: ids })}
      />
      <RecipientsInput
        label={said.recipients}
        value={draft.recipient_ids ?? null}
        onChange={(ids) => onChange({ recipient_ids: ids })}
      />
      <div className={classes.fields}>
        <NativeSelect
          label={said.severity}
          value={draft.severity}
          data={(['info', 'warning', 'critical'] as const).map((each) => ({
            value: each,
            label: shared.severity[each],
          }))}
          onChange={(event) => onChange({ severity: event.currentTarget.value as RuleDraft['severity'] })}
        />
        <AmountInput
          label={said.cooldown}
          max={2_592_000}
          decimals={1}
          value={draft.cooldown_s}
          onChange={(quiet) => onChange({ cooldown_s: quiet })}
        />
      </div>
    </Stack>
  )
}

interface RecipientsProps {
  label: string
  value: string[] | null
  onChange: (ids: string[] | null) => void
}

/** Some recipients; none chosen means everybody. */
export function RecipientsInput({ label, value, onChange }: RecipientsProps) {
  const said = useWords(words)
  const { data } = useQuery(recipientsOptions)
  return <NamesInput label={label} items={data} everything={said.everybody} value={value} onChange={onChange} />
}

interface NamesProps extends RecipientsProps {
  items: readonly { id: string; name: string }[] | undefined
  /** What it means that none is chosen. */
  everything: string
}

function NamesInput({ label, items = [], everything, value, onChange }: NamesProps) {
  const said = useWords(words)
  const known = new Set(items.map(({ id }) => id))
  const gone = value?.filter((id) => !known.has(id)) ?? []
  const choices = [
    ...items.map(({ id, name }) => ({ value: id, label: name })),
    ...gone.map((id) => ({ value: id, label: said.gone })),
  ]
  return (
    <MultiSelect
      label={label}
      placeholder={value ? undefined : everything}
      data={choices}
      value={value ?? []}
      onChange={(ids) => onChange(ids.length > 0 ? ids : null)}
      searchable
      clearable
    />
  )
}
