import { NativeSelect } from '@mantine/core'
import { useWords } from '@/shared/words/language'
import type { Confirmation } from './draft'
import { AmountInput } from './inputs'
import classes from './rules.module.css'
import { words } from './words'

const FRESH: Record<Confirmation['kind'], Confirmation> = {
  hits: { kind: 'hits', hits: 2, of: 3 },
  duration: { kind: 'duration', at_least_s: 6 },
  mean: { kind: 'mean', over_s: 8 },
}

interface ConfirmationProps {
  value: Confirmation | null
  onChange: (confirmation: Confirmation | null) => void
}

/** What must be seen beyond one window. */
export function ConfirmationFields({ value, onChange }: ConfirmationProps) {
  const said = useWords(words)
  return (
    <div className={classes.fields}>
      <NativeSelect
        label={said.confirmation}
        value={value?.kind ?? 'once'}
        data={(['once', 'hits', 'duration', 'mean'] as const).map((each) => ({
          value: each,
          label: said.confirm[each],
        }))}
        onChange={(event) => {
          const kind = event.currentTarget.value
          onChange(kind === 'once' ? null : FRESH[kind as Confirmation['kind']])
        }}
      />
      {value?.kind === 'hits' && (
        <>
          <AmountInput
            label={said.hits}
            min={1}
            max={value.of}
            value={value.hits}
            onChange={(hits) => onChange({ ...value, hits })}
          />
          <AmountInput
            label={said.ofLast}
            min={1}
            max={100}
            value={value.of}
            onChange={(of) => onChange({ ...value, of })}
          />
        </>
      )}
      {value?.kind === 'duration' && (
        <AmountInput
          label={said.seconds}
          min={1}
          max={600}
          decimals={1}
          value={value.at_least_s}
          onChange={(long) => onChange({ ...value, at_least_s: long })}
        />
      )}
      {value?.kind === 'mean' && (
        <AmountInput
          label={said.seconds}
          min={1}
          max={600}
          decimals={1}
          value={value.over_s}
          onChange={(long) => onChange({ ...value, over_s: long })}
        />
      )}
    </div>
  )
}
