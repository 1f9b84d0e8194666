import { NumberInput, TagsInput, TextInput } from '@mantine/core'
import { useWords } from '@/shared/words/language'
import { words } from './words'

interface InputProps<Value> {
  label: string
  value: Value
  onChange: (value: Value) => void
}

const PERCENT = 100

/** A share of one, typed as a percentage. */
export function ShareInput({ label, value, onChange, least = 0 }: InputProps<number> & { least?: number }) {
  return (
    <NumberInput
      label={label}
      min={least * PERCENT}
      max={PERCENT}
      step={5}
      decimalScale={1}
      value={Number((value * PERCENT).toFixed(2))}
      onChange={(given) => typeof given === 'number' && onChange(Number((given / PERCENT).toFixed(4)))}
    />
  )
}

type AmountProps = InputProps<number> & { min?: number; max?: number; decimals?: number }

export function AmountInput({ label, value, onChange, min = 0, max, decimals = 0 }: AmountProps) {
  return (
    <NumberInput
      label={label}
      min={min}
      max={max}
      decimalScale={decimals}
      value={value}
      onChange={(given) => typeof given === 'number' && onChange(given)}
    />
  )
}

/** An amount that may be left out. */
export function OptionalAmount({ label, value, onChange }: InputProps<number | null | undefined>) {
  return (
    <NumberInput
      label={label}
      min={1}
      decimalScale={0}
      value={value ?? ''}
      onChange={(given) => onChange(typeof given === 'number' ? given : null)}
    />
  )
}

export function PhrasesInput({ label, value, onChange }: InputProps<string[]>) {
  const said = useWords(words)
  return (
    <TagsInput
      label={label}
      description={said.phrasesHint}
      value={value}
      onChange={onChange}
      acceptValueOnBlur
      splitChars={[',', ';']}
      maxTags={50}
    />
  )
}

export function WordInput({ label, value, onChange }: InputProps<string>) {
  return (
    <TextInput
      label={label}
      value={value}
      maxLength={120}
      onChange={(event) => onChange(event.currentTarget.value)}
      required
    />
  )
}
