import { Button, Radio, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { bundlesOptions, templatesOptions } from '@/shared/api/capabilities'
import type { View } from '@/shared/api/client'
import { rulesOptions } from '@/shared/api/names'
import { Failure } from '@/shared/ui/Failure'
import { useLanguage, useWords } from '@/shared/words/language'
import { type Template, useAddRule } from './queries'
import { findPhrases, writeRule } from './ruleDraft'
import classes from './start.module.css'
import { words } from './words'

/** Rules that are there, and one more from a template. */
export function RuleStep() {
  const { data: rules } = useQuery(rulesOptions)
  const { data: templates, error, refetch } = useQuery(templatesOptions)
  return (
    <>
      {rules && rules.length > 0 && (
        <ul className={classes.list}>
          {rules.map((rule) => (
            <Existing key={rule.id} rule={rule} />
          ))}
        </ul>
      )}
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {templates && <TemplateForm templates={templates} />}
    </>
  )
}

function Existing({ rule }: { rule: View<'RuleView'> }) {
  const said = useWords(words)
  return (
    <li>
      <Text size="sm">{rule.enabled ? rule.name : said.isOff(rule.name)}</Text>
      {rule.warning && (
        <Text size="sm" c="red">
          {rule.warning}
        </Text>
      )}
    </li>
  )
}

function TemplateForm({ templates }: { templates: readonly Template[] }) {
  const said = useWords(words)
  const { language } = useLanguage()
  const navigate = useNavigate()
  const add = useAddRule()
  const { data: has } = useQuery(bundlesOptions)
  const hasDetector = has?.bundles.some((each) => each.kind === 'detector') ?? false
  const [chosen, choose] = useState(templates[0]?.id ?? '')
  const template = templates.find((each) => each.id === chosen)
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const phrases = findPhrases(String(new FormData(event.currentTarget).get('phrases') ?? ''))
    if (!template) return
    add.mutate(writeRule(template, language, phrases), { onSuccess: () => navigate({ to: '/start', search: {} }) })
  }
  return (
    <form className={classes.form} onSubmit={send}>
      <Radio.Group label={said.tellOf} value={chosen} onChange={choose}>
        <div className={classes.templates}>
          {templates.map((each) => (
            <Radio
              key={each.id}
              value={each.id}
              label={each.title[language]}
              description={each.needs === 'detector' && hasDetector ? undefined : said.needs(each.needs)}
            />
          ))}
        </div>
      </Radio.Group>
      {chosen === 'words' && (
        <TextInput name="phrases" label={said.phrases} description={said.phrasesHint} required autoFocus />
      )}
      {add.error && <Failure error={add.error} />}
      <Button type="submit" loading={add.isPending}>
        {said.addRule}
      </Button>
    </form>
  )
}
