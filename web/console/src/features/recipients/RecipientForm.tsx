import { Alert, Autocomplete, Button, Group, NativeSelect, Stack, Switch, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { recipientsOptions } from '@/shared/api/names'
import { ApiProblem } from '@/shared/api/problem'
import { ScheduleField } from '@/shared/schedule/ScheduleField'
import { Failure } from '@/shared/ui/Failure'
import { LANGUAGE_NAMES, LANGUAGES } from '@/shared/words/catalogue'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import type { RecipientDraft } from './chains'
import { useSaveRecipient } from './queries'
import classes from './recipients.module.css'
import { words } from './words'

const CHANNELS = ['messenger', 'telegram', 'webhook', 'apprise', 'mqtt', 'webpush', 'console'] as const

interface FormProps {
  id?: string
  initial: RecipientDraft
  onSaved: () => void
  children?: ReactNode
}

/** Everything that people decide about a recipient. */
export function RecipientForm({ id, initial, onSaved, children }: FormProps) {
  const shared = useWords(common)
  const [draft, setDraft] = useState(initial)
  const save = useSaveRecipient(id)
  const change = (changes: Partial<RecipientDraft>) => setDraft((before) => ({ ...before, ...changes }))
  const refused = save.error instanceof ApiProblem ? save.error : undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate(draft, { onSuccess: onSaved })
  }
  return (
    <form onSubmit={submit} noValidate className={classes.form}>
      <Stack gap="md">
        <Reached draft={draft} onChange={change} refused={refused} />
        <Told id={id} draft={draft} onChange={change} refused={refused} />
        {save.error && <Refusal error={save.error} />}
        <Group gap="sm">
          <Button type="submit" loading={save.isPending}>
            {shared.save}
          </Button>
          {children}
        </Group>
      </Stack>
    </form>
  )
}

interface FieldsProps {
  draft: RecipientDraft
  onChange: (changes: Partial<RecipientDraft>) => void
  refused: ApiProblem | undefined
}

function Reached({ draft, onChange, refused }: FieldsProps) {
  const said = useWords(words)
  return (
    <>
      <TextInput
        label={said.name}
        value={draft.name}
        error={refused?.findFieldError('name')}
        maxLength={120}
        required
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <Switch
        label={said.enabled}
        checked={draft.enabled}
        onChange={(event) => onChange({ enabled: event.currentTarget.checked })}
      />
      <NativeSelect
        label={said.channelLabel}
        value={draft.channel}
        data={CHANNELS.map((each) => ({ value: each, label: said.channel[each] }))}
        onChange={(event) => onChange({ channel: event.currentTarget.value as RecipientDraft['channel'] })}
      />
      <TextInput
        label={said.address}
        description={said.addressHint[draft.channel]}
        value={draft.address}
        error={refused?.findFieldError('address')}
        maxLength={1000}
        required
        autoComplete="off"
        onChange={(event) => onChange({ address: event.currentTarget.value.trim() })}
      />
    </>
  )
}

const ZONES = Intl.supportedValuesOf('timeZone')

function Told({ id, draft, onChange, refused }: FieldsProps & { id: string | undefined }) {
  const said = useWords(words)
  const { data: recipients } = useQuery(recipientsOptions)
  const others = recipients?.filter((each) => each.id !== id) ?? []
  return (
    <>
      <NativeSelect
        label={said.fallback}
        value={draft.fallback_id ?? ''}
        data={[
          { value: '', label: said.nobody },
          ...others.map((each) => ({ value: each.id, label: `${each.name} (${said.channel[each.channel]})` })),
        ]}
        onChange={(event) => onChange({ fallback_id: event.currentTarget.value || null })}
      />
      <NativeSelect
        label={said.language}
        value={draft.language ?? ''}
        data={[
          { value: '', label: said.byChannel },
          ...LANGUAGES.map((each) => ({ value: each, label: LANGUAGE_NAMES[each] })),
        ]}
        onChange={(event) =>
          onChange({ language: LANGUAGES.find((each) => each === event.currentTarget.value) ?? null })
        }
      />
      <Autocomplete
        label={said.zone}
        description={said.zoneHint}
        data={ZONES}
        limit={20}
        value={draft.time_zone ?? ''}
        error={refused?.findFieldError('time_zone')}
        onChange={(zone) => onChange({ time_zone: zone || null })}
      />
      <TextInput
        type="time"
        label={said.reportAt}
        description={said.reportHint}
        value={draft.report_at ?? ''}
        onChange={(event) => onChange({ report_at: event.currentTarget.value || null })}
      />
      <ScheduleField
        label={said.quietLabel}
        unpainted={said.noQuiet}
        value={draft.quiet_hours}
        onChange={(hours) => onChange({ quiet_hours: hours })}
      />
    </>
  )
}

function Refusal({ error }: { error: unknown }) {
  const said = useWords(words)
  const errors = error instanceof ApiProblem ? (error.problem.errors ?? []) : []
  if (errors.length === 0) return <Failure error={error} />
  return (
    <Alert role="alert" color="red" variant="light" title={said.invalid}>
      {errors.map((each) => (
        <Text key={`${each.field} ${each.message}`} size="sm">
          {`${each.field.replace(/^body\./, '')}: ${each.message}`}
        </Text>
      ))}
    </Alert>
  )
}
