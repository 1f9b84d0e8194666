import { Button, NativeSelect, TextInput } from '@mantine/core'
import { IconFilter, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { camerasOptions } from '@/shared/api/names'
import { formatShare } from '@/shared/time/format'
import { useLanguage, useWords } from '@/shared/words/language'
import classes from './events.module.css'
import { useMarks } from './queries'
import { SCORES, type Sought, USUAL_SCORE } from './sought'
import { words } from './words'

const TYPED_MS = 350
const MOST_LETTERS = 200

interface FiltersProps {
  sought: Sought
  onChange: (changed: Partial<Sought>) => void
}

/** What is looked for: words at once, the rest on a phone one tap away. */
export function Filters({ sought, onChange }: FiltersProps) {
  const said = useWords(words)
  const [isOpen, setIsOpen] = useState(false)
  const set = [sought.camera, sought.concept, sought.label].filter(Boolean).length
  return (
    <search className={classes.filters} data-open={isOpen}>
      <Words looked={sought.q} onChange={onChange} />
      <Button
        className={classes.open}
        variant="default"
        leftSection={<IconFilter size={16} aria-hidden />}
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        {set > 0 ? said.filtersSet(set) : said.filters}
      </Button>
      <Choices sought={sought} onChange={onChange} />
    </search>
  )
}

function Words({ looked, onChange }: { looked: string | undefined; onChange: FiltersProps['onChange'] }) {
  const said = useWords(words)
  const [typed, setTyped] = useState(looked ?? '')
  const sent = useRef(looked)
  useEffect(() => {
    if (looked === sent.current) return
    sent.current = looked // it came from elsewhere: a link, the way back
    setTyped(looked ?? '')
  }, [looked])
  // biome-ignore lint/correctness/useExhaustiveDependencies: typing is waited for, nothing else
  useEffect(() => {
    const q = typed.trim() || undefined
    if (q === sent.current) return
    const timer = setTimeout(() => {
      sent.current = q
      onChange({ q })
    }, TYPED_MS)
    return () => clearTimeout(timer)
  }, [typed])
  return (
    <TextInput
      className={classes.words}
      type="search"
      aria-label={said.look}
      placeholder={said.look}
      leftSection={<IconSearch size={16} aria-hidden />}
      maxLength={MOST_LETTERS}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
    />
  )
}

function Choices({ sought, onChange }: FiltersProps) {
  const said = useWords(words)
  const { language } = useLanguage()
  const { data: cameras = [] } = useQuery(camerasOptions)
  const { concepts, labels } = useMarks()
  const named = cameras.map((each) => ({ value: each.id, label: each.name }))
  const scores = SCORES.map((each) => ({ value: String(each), label: said.atLeast(formatShare(each, language)) }))
  return (
    <>
      <Select
        label={said.camera}
        all={said.allCameras}
        value={sought.camera}
        choices={named}
        name="camera"
        onChange={onChange}
      />
      <Select
        label={said.concept}
        all={said.anyConcept}
        value={sought.concept}
        choices={toChoices(concepts)}
        name="concept"
        onChange={onChange}
      />
      <Select
        label={said.label}
        all={said.anyLabel}
        value={sought.label}
        choices={toChoices(labels)}
        name="label"
        onChange={onChange}
      />
      {(sought.concept || sought.label) && (
        <NativeSelect
          className={classes.choice}
          aria-label={said.score}
          data={scores}
          value={String(sought.score ?? USUAL_SCORE)}
          onChange={(event) => {
            const score = Number(event.currentTarget.value)
            onChange({ score: score === USUAL_SCORE ? undefined : score })
          }}
        />
      )}
    </>
  )
}

interface Choice {
  value: string
  label: string
}

const toChoices = (names: readonly string[]): Choice[] => names.map((each) => ({ value: each, label: each }))

interface SelectProps {
  label: string
  all: string
  value: string | undefined
  choices: readonly Choice[]
  name: 'camera' | 'concept' | 'label'
  onChange: FiltersProps['onChange']
}

/** What an address asks for stays to be seen, even where nothing of that name is left. */
function Select({ label, all, value, choices, name, onChange }: SelectProps) {
  const isKnown = !value || choices.some((each) => each.value === value)
  return (
    <NativeSelect
      className={classes.choice}
      aria-label={label}
      data={[{ value: '', label: all }, ...choices, ...(isKnown ? [] : toChoices([value]))]}
      value={value ?? ''}
      onChange={(event) => onChange({ [name]: event.currentTarget.value || undefined })}
    />
  )
}
