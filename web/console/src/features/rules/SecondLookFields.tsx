import { NativeSelect, Stack, Switch, TextInput } from '@mantine/core'
import type { View } from '@/shared/api/client'
import { useWords } from '@/shared/words/language'
import { words } from './words'

type SecondLook = View<'SecondLookDraft'>

interface SecondLookProps {
  value: SecondLook | null
  onChange: (look: SecondLook | null) => void
}

const MAY = { '': null, yes: true, no: false } as const

/** That another model looks at the pictures of its alerts. */
export function SecondLookFields({ value, onChange }: SecondLookProps) {
  const said = useWords(words)
  const may = Object.entries(MAY).find(([, each]) => each === (value?.may_reject ?? null))?.[0]
  return (
    <Stack gap="sm">
      <Switch
        label={said.secondLook}
        description={said.secondLookWhy}
        checked={value !== null}
        onChange={(event) => onChange(event.currentTarget.checked ? { question: null, may_reject: null } : null)}
      />
      {value && (
        <>
          <TextInput
            label={said.question}
            maxLength={120}
            value={value.question ?? ''}
            onChange={(event) => onChange({ ...value, question: event.currentTarget.value || null })}
          />
          <NativeSelect
            label={said.mayReject}
            value={may ?? ''}
            data={[
              { value: '', label: said.byService },
              { value: 'yes', label: said.yes },
              { value: 'no', label: said.no },
            ]}
            onChange={(event) =>
              onChange({ ...value, may_reject: MAY[event.currentTarget.value as keyof typeof MAY] ?? null })
            }
          />
        </>
      )}
    </Stack>
  )
}
