import { Alert, Button, Group, JsonInput, Stack, Text } from '@mantine/core'
import { type FormEvent, type ReactNode, useId, useState } from 'react'
import { ApiProblem } from '@/shared/api/problem'
import { Failure } from '@/shared/ui/Failure'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import { parseDraft, type RuleDraft } from './draft'
import { useSaveRule, useSpeaker } from './queries'
import { RuleFields } from './RuleFields'
import classes from './rules.module.css'
import { sayAfterwards, sayRule } from './sentences'
import { TrialPanel } from './TrialPanel'
import { words } from './words'

interface RuleEditorProps {
  /** Of the rule that is changed; undefined for a new one. */
  id?: string
  initial: RuleDraft
  onSaved: (id: string) => void
  children?: ReactNode
}

/** A rule while it is written: as a sentence, as a form or JSON, and tried on the past before it is saved. */
export function RuleEditor({ id, initial, onSaved, children }: RuleEditorProps) {
  const shared = useWords(common)
  const said = useWords(words)
  const [draft, setDraft] = useState(initial)
  const [json, setJson] = useState<string | null>(null)
  const save = useSaveRule(id)
  const nameError = save.error instanceof ApiProblem ? save.error.findFieldError('name') : undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate(draft, { onSuccess: (rule) => onSaved(rule.id) })
  }
  const isJson = json !== null
  const form = useId()
  const change = (changes: Partial<RuleDraft>) => setDraft((before) => ({ ...before, ...changes }))
  return (
    <div className={classes.editor}>
      <form id={form} onSubmit={submit} noValidate>
        <Stack gap="md">
          {isJson ? (
            <AsJson
              text={json}
              onChange={(text) => {
                setJson(text)
                setDraft((before) => parseDraft(text) ?? before)
              }}
            />
          ) : (
            <RuleFields draft={draft} onChange={change} nameError={nameError} />
          )}
        </Stack>
      </form>
      <aside className={classes.aside}>
        <Sentence draft={draft} />
        <TrialPanel draft={draft} onChange={setDraft} />
      </aside>
      <Stack gap="md" className={classes.ending}>
        {save.error && <Refusal error={save.error} />}
        <Group gap="sm">
          <Button type="submit" form={form} loading={save.isPending} disabled={isJson && !parseDraft(json)}>
            {shared.save}
          </Button>
          <Button variant="default" onClick={() => setJson(isJson ? null : JSON.stringify(draft, null, 2))}>
            {isJson ? said.asForm : said.asJson}
          </Button>
          {children}
        </Group>
      </Stack>
    </div>
  )
}

function AsJson({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const said = useWords(words)
  return (
    <JsonInput
      label={said.json}
      value={text}
      onChange={onChange}
      error={parseDraft(text) ? undefined : said.notJson}
      autosize
      minRows={12}
      maxRows={40}
      spellCheck={false}
    />
  )
}

/** The rule as it stands in the form now, as people will read it. */
export function Sentence({ draft }: { draft: RuleDraft }) {
  const speaker = useSpeaker()
  return (
    <Stack gap={4} mb="md" className={classes.sentence} data-sentence>
      <Text fw={600}>{sayRule(draft, speaker)}</Text>
      <Text size="sm">{sayAfterwards(draft, speaker)}</Text>
    </Stack>
  )
}

/** What the service refuses, field by field. */
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
