import { Autocomplete, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { bundlesOptions } from '@/shared/api/capabilities'
import { camerasOptions } from '@/shared/api/names'
import { useWords } from '@/shared/words/language'
import { begin, type Condition, KINDS, type Kind } from './draft'
import { AmountInput, OptionalAmount, PhrasesInput, ShareInput, WordInput } from './inputs'
import classes from './rules.module.css'
import { words } from './words'

interface ConditionProps {
  number: number
  condition: Condition
  /** The cameras of the rule: their zones are offered. */
  cameraIds: readonly string[] | null
  onChange: (condition: Condition) => void
  onRemove: (() => void) | undefined
}

/** One condition, whatever its kind. */
export function ConditionFields({ number, condition, cameraIds, onChange, onRemove }: ConditionProps) {
  const said = useWords(words)
  const isKnown = KINDS.some((kind) => kind === condition.kind)
  return (
    <fieldset className={classes.box} aria-label={said.condition(number)}>
      <Stack gap="sm">
        <Group justify="space-between" align="end" wrap="nowrap">
          {isKnown ? (
            <NativeSelect
              label={said.condition(number)}
              value={condition.kind}
              data={KINDS.map((kind) => ({ value: kind, label: said.kind[kind] }))}
              onChange={(event) => onChange(begin(event.currentTarget.value as Kind))}
            />
          ) : (
            <Text size="sm">{said.unknownKind}</Text>
          )}
          {onRemove && (
            <Button size="sm" variant="default" aria-label={said.removeCondition(number)} onClick={onRemove}>
              <IconTrash size={16} aria-hidden />
            </Button>
          )}
        </Group>
        {isKnown && (
          <div className={classes.fields}>
            <FieldsOf condition={condition} cameraIds={cameraIds} onChange={onChange} />
          </div>
        )}
      </Stack>
    </fieldset>
  )
}

type FieldsProps<Each = Condition> = {
  condition: Each
  cameraIds: readonly string[] | null
  onChange: (condition: Condition) => void
}

function FieldsOf(props: FieldsProps) {
  const { condition } = props
  switch (condition.kind) {
    case 'object':
      return <ObjectFields {...props} condition={condition} />
    case 'absence':
      return <AbsenceFields {...props} condition={condition} />
    case 'passage':
      return <PassageFields {...props} condition={condition} />
    case 'zone':
      return <ZoneFields {...props} condition={condition} />
    default:
      return <WordFields {...props} condition={condition} />
  }
}

type OfKind<Each extends Kind> = Extract<Condition, { kind: Each }>

function WordFields({ condition, onChange }: FieldsProps<OfKind<'concept' | 'caption' | 'speech' | 'meaning'>>) {
  const said = useWords(words)
  if (condition.kind === 'meaning') return <MeaningFields condition={condition} onChange={onChange} />
  if (condition.kind === 'speech') {
    return (
      <>
        <PhrasesInput
          label={said.field.phrases}
          value={condition.phrases}
          onChange={(phrases) => onChange({ ...condition, phrases })}
        />
        <AmountInput
          label={said.field.distance}
          max={10}
          value={condition.max_distance}
          onChange={(distance) => onChange({ ...condition, max_distance: distance })}
        />
      </>
    )
  }
  return (
    <>
      {condition.kind === 'concept' ? (
        <KnownInput
          label={said.field.concept}
          which="concepts"
          value={condition.concept}
          onChange={(concept) => onChange({ ...condition, concept })}
        />
      ) : (
        <PhrasesInput
          label={said.field.phrases}
          value={condition.phrases}
          onChange={(phrases) => onChange({ ...condition, phrases })}
        />
      )}
      <ShareInput
        label={said.field.score}
        value={condition.min_score}
        onChange={(score) => onChange({ ...condition, min_score: score })}
      />
    </>
  )
}

function MeaningFields({ condition, onChange }: Pick<FieldsProps<OfKind<'meaning'>>, 'condition' | 'onChange'>) {
  const said = useWords(words)
  return (
    <>
      <NativeSelect
        label={said.field.meaning}
        value={condition.meaning}
        data={(['intent', 'entity', 'trait'] as const).map((each) => ({ value: each, label: said.meaning[each] }))}
        onChange={(event) =>
          onChange({ ...condition, meaning: event.currentTarget.value as OfKind<'meaning'>['meaning'] })
        }
      />
      <WordInput
        label={said.field.meaningName}
        value={condition.name}
        onChange={(name) => onChange({ ...condition, name })}
      />
      <TextInput
        label={said.field.value}
        value={condition.value ?? ''}
        maxLength={120}
        onChange={(event) => onChange({ ...condition, value: event.currentTarget.value || null })}
      />
      <ShareInput
        label={said.field.score}
        value={condition.min_confidence}
        onChange={(score) => onChange({ ...condition, min_confidence: score })}
      />
    </>
  )
}

function ObjectFields({ condition, cameraIds, onChange }: FieldsProps<OfKind<'object'>>) {
  const said = useWords(words)
  return (
    <>
      <LabelInput value={condition.label} onChange={(label) => onChange({ ...condition, label })} />
      <AmountInput
        label={said.field.atLeast}
        min={1}
        value={condition.min_count}
        onChange={(least) => onChange({ ...condition, min_count: least })}
      />
      <OptionalAmount
        label={said.field.atMost}
        value={condition.max_count}
        onChange={(most) => onChange({ ...condition, max_count: most })}
      />
      <ZoneInput
        cameraIds={cameraIds}
        value={condition.zone ?? null}
        onChange={(zone) => onChange({ ...condition, zone })}
      />
      <AmountInput
        label={said.field.forS}
        decimals={1}
        value={condition.for_s}
        onChange={(long) => onChange({ ...condition, for_s: long })}
      />
      <ThingScore value={condition.min_score} onChange={(score) => onChange({ ...condition, min_score: score })} />
    </>
  )
}

function AbsenceFields({ condition, cameraIds, onChange }: FieldsProps<OfKind<'absence'>>) {
  const said = useWords(words)
  return (
    <>
      <LabelInput value={condition.label} onChange={(label) => onChange({ ...condition, label })} />
      <AmountInput
        label={said.field.forS}
        min={1}
        decimals={1}
        value={condition.for_s}
        onChange={(long) => onChange({ ...condition, for_s: long })}
      />
      <ZoneInput
        cameraIds={cameraIds}
        value={condition.zone ?? null}
        onChange={(zone) => onChange({ ...condition, zone })}
      />
      <ThingScore value={condition.min_score} onChange={(score) => onChange({ ...condition, min_score: score })} />
    </>
  )
}

const ZONE_WAYS = ['enter', 'leave'] as const
const LINE_WAYS = ['right', 'left'] as const

function PassageFields({ condition, cameraIds, onChange }: FieldsProps<OfKind<'passage'>>) {
  const said = useWords(words)
  const ways = condition.line ? LINE_WAYS : ZONE_WAYS
  return (
    <>
      <LabelInput value={condition.label} onChange={(label) => onChange({ ...condition, label })} />
      <NativeSelect
        label={said.field.way}
        value={condition.way ?? ''}
        data={[{ value: '', label: said.way.either }, ...ways.map((each) => ({ value: each, label: said.way[each] }))]}
        onChange={(event) =>
          onChange({ ...condition, way: ways.find((each) => each === event.currentTarget.value) ?? null })
        }
      />
      {condition.line ? (
        <Text size="sm">{said.lineKept}</Text>
      ) : (
        <ZoneInput
          cameraIds={cameraIds}
          isNeeded
          value={condition.zone ?? null}
          onChange={(zone) => onChange({ ...condition, zone })}
        />
      )}
      <AmountInput
        label={said.field.atLeast}
        min={1}
        value={condition.min_count}
        onChange={(least) => onChange({ ...condition, min_count: least })}
      />
      <ThingScore value={condition.min_score} onChange={(score) => onChange({ ...condition, min_score: score })} />
    </>
  )
}

function ZoneFields({ condition, cameraIds, onChange }: FieldsProps<OfKind<'zone'>>) {
  const said = useWords(words)
  return (
    <>
      <ZoneInput
        cameraIds={cameraIds}
        isNeeded
        value={condition.zone}
        onChange={(zone) => onChange({ ...condition, zone: zone ?? '' })}
      />
      <ShareInput
        label={said.field.share}
        value={condition.min_share}
        onChange={(share) => onChange({ ...condition, min_share: share })}
      />
    </>
  )
}

function ThingScore(props: { value: number; onChange: (score: number) => void }) {
  return <ShareInput label={useWords(words).field.score} least={0.05} {...props} />
}

function LabelInput(props: { value: string; onChange: (label: string) => void }) {
  return <KnownInput label={useWords(words).field.label} which="labels" {...props} />
}

interface KnownProps {
  label: string
  which: 'concepts' | 'labels'
  value: string
  onChange: (value: string) => void
}

/** What a loaded bundle knows is offered; the service says what it does not know. */
function KnownInput({ label, which, value, onChange }: KnownProps) {
  const { data } = useQuery(bundlesOptions)
  const known = [...new Set(data?.bundles.flatMap((bundle) => bundle[which]))].sort()
  return <Autocomplete label={label} data={known} value={value} onChange={onChange} maxLength={120} required />
}

interface ZoneProps {
  cameraIds: readonly string[] | null
  value: string | null
  onChange: (zone: string | null) => void
  isNeeded?: boolean
}

function ZoneInput({ cameraIds, value, onChange, isNeeded = false }: ZoneProps) {
  const said = useWords(words)
  const { data } = useQuery(camerasOptions)
  const watched = data?.filter(({ id }) => cameraIds === null || cameraIds.includes(id)) ?? []
  const zones = [...new Set(watched.flatMap((camera) => camera.zones.map(({ name }) => name)))].sort()
  return (
    <Autocomplete
      label={said.field.zone}
      placeholder={isNeeded ? undefined : said.anywhere}
      data={zones}
      value={value ?? ''}
      onChange={(zone) => onChange(zone || null)}
      maxLength={120}
      required={isNeeded}
    />
  )
}
