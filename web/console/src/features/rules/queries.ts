import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, ask, type View } from '@/shared/api/client'
import { camerasOptions, recipientsOptions, rulesOptions } from '@/shared/api/names'
import { words as scheduleWords } from '@/shared/schedule/words'
import { tell, useTellError } from '@/shared/ui/notify'
import { useLanguage, useWords } from '@/shared/words/language'
import { type Rule, type RuleDraft, toDraft } from './draft'
import type { Speaker } from './sentences'
import { words } from './words'

export type Trial = View<'RuleTestView'>

const ruleKey = (id: string) => ['rules', 'one', id] as const

export const ruleOptions = (id: string) =>
  queryOptions({
    queryKey: ruleKey(id),
    queryFn: ({ signal }) => ask(api.GET('/rules/{rule_id}', { params: { path: { rule_id: id } }, signal })),
  })

export const recordOptions = (id: string) =>
  queryOptions({
    queryKey: ['rules', 'record', id],
    queryFn: ({ signal }) => ask(api.GET('/rules/{rule_id}/record', { params: { path: { rule_id: id } }, signal })),
  })

/** Whoever says rules in sentences here: words of the language, names as they are now. */
export function useSpeaker(): Speaker {
  const said = useWords(words)
  const schedule = useWords(scheduleWords)
  const { language } = useLanguage()
  const { data: cameras } = useQuery(camerasOptions)
  const { data: recipients } = useQuery(recipientsOptions)
  return useMemo(
    () => ({ said, schedule, language, cameras: toNames(cameras), recipients: toNames(recipients) }),
    [said, schedule, language, cameras, recipients],
  )
}

function toNames(items: readonly { id: string; name: string }[] | undefined): ReadonlyMap<string, string> {
  return new Map(items?.map(({ id, name }) => [id, name]))
}

/** Write down a new rule, or what a rule is now. */
export function useSaveRule(id: string | undefined) {
  const said = useWords(words)
  const client = useQueryClient()
  return useMutation({
    mutationFn: (draft: RuleDraft) =>
      id === undefined
        ? ask(api.POST('/rules', { body: draft }))
        : ask(api.PUT('/rules/{rule_id}', { params: { path: { rule_id: id } }, body: draft })),
    onSuccess: (rule) => {
      tell(said.saved)
      client.setQueryData(ruleKey(rule.id), rule)
      return client.invalidateQueries({ queryKey: rulesOptions.queryKey })
    },
  })
}

export function useSwitchRule(rule: Rule) {
  const client = useQueryClient()
  const onError = useTellError()
  return useMutation({
    mutationFn: (enabled: boolean) => {
      const body = { ...toDraft(rule), enabled }
      return ask(api.PUT('/rules/{rule_id}', { params: { path: { rule_id: rule.id } }, body }))
    },
    onSuccess: () => client.invalidateQueries({ queryKey: rulesOptions.queryKey }),
    onError,
  })
}

export function useDeleteRule(id: string) {
  const said = useWords(words)
  const client = useQueryClient()
  const onError = useTellError()
  return useMutation({
    mutationFn: () => ask(api.DELETE('/rules/{rule_id}', { params: { path: { rule_id: id } } })),
    onSuccess: () => {
      tell(said.deleted)
      client.removeQueries({ queryKey: ruleKey(id) })
      void client.invalidateQueries({ queryKey: rulesOptions.queryKey, exact: true })
    },
    onError,
  })
}

/** What a rule would have come to in the last seven days. */
export function useTrial() {
  return useMutation({
    mutationFn: (rule: RuleDraft) => ask(api.POST('/rules/test', { body: { rule } })),
  })
}
