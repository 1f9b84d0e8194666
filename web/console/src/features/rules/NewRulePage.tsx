import { Loader, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { templatesOptions } from '@/shared/api/capabilities'
import type { View } from '@/shared/api/client'
import { rulesOptions } from '@/shared/api/names'
import { useMay } from '@/shared/session/session'
import { Failure } from '@/shared/ui/Failure'
import { PageHead } from '@/shared/ui/PageHead'
import { common } from '@/shared/words/common'
import { useLanguage, useWords } from '@/shared/words/language'
import { beginFromWords, findFreeName, type RuleDraft } from './draft'
import { useSpeaker } from './queries'
import { RuleEditor } from './RuleEditor'
import { ToList } from './RulePage'
import classes from './rules.module.css'
import { sayRule } from './sentences'
import { words } from './words'

const route = getRouteApi('/shell/rules/new')

type Template = View<'RuleTemplateView'>

/** A new rule: begun with a template, or with words that somebody read. */
export function NewRulePage() {
  const said = useWords(words)
  const shared = useWords(common)
  const mayChange = useMay('admin')
  return (
    <Stack gap="sm">
      <ToList />
      <PageHead title={said.add} />
      {mayChange ? <Beginning /> : <Text>{shared.notAllowed}</Text>}
    </Stack>
  )
}

function Beginning() {
  const { words: given, camera, template: wanted } = route.useSearch()
  const { language } = useLanguage()
  const { data: templates, error, refetch } = useQuery(templatesOptions)
  const { data: rules } = useQuery(rulesOptions)
  if (error) return <Failure error={error} onRetry={() => void refetch()} />
  if (!templates || !rules) return <Loader aria-hidden />
  const taken = rules.map(({ name }) => name)
  const template = templates.find(({ id }) => id === wanted)
  if (given !== undefined) return <New initial={beginFromWords(given, camera)} taken={taken} />
  if (!template) return <Templates templates={templates} camera={camera} />
  const initial = { ...template.rule, name: template.title[language], camera_ids: camera ? [camera] : null }
  return <New key={template.id} initial={initial} taken={taken} />
}

function New({ initial, taken }: { initial: RuleDraft; taken: readonly string[] }) {
  const navigate = useNavigate()
  const named = { ...initial, name: findFreeName(initial.name, taken) }
  return <RuleEditor initial={named} onSaved={() => void navigate({ to: '/rules' })} />
}

function Templates({ templates, camera }: { templates: readonly Template[]; camera: string | undefined }) {
  const said = useWords(words)
  const { language } = useLanguage()
  const speaker = useSpeaker()
  const needs: Readonly<Record<string, string>> = said.needs
  return (
    <>
      <Text>{said.choose}</Text>
      <ul className={classes.templates}>
        {templates.map((template) => (
          <li key={template.id}>
            <Link to="/rules/new" search={{ template: template.id, camera }} className={classes.template}>
              <Text fw={600}>{template.title[language]}</Text>
              <Text size="sm">{sayRule(template.rule, speaker)}</Text>
              <Text size="xs" c="dimmed">
                {needs[template.needs] ?? template.needs}
              </Text>
            </Link>
          </li>
        ))}
      </ul>
    </>
  )
}
