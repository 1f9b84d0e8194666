import { Alert, Loader, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useMay } from '@/shared/session/session'
import { formatShare } from '@/shared/time/format'
import { Deletion } from '@/shared/ui/Deletion'
import { Failure } from '@/shared/ui/Failure'
import { BackLink } from '@/shared/ui/links'
import { PageHead } from '@/shared/ui/PageHead'
import { common } from '@/shared/words/common'
import { useLanguage, useWords } from '@/shared/words/language'
import { type Rule, toDraft } from './draft'
import { recordOptions, ruleOptions, useDeleteRule } from './queries'
import { RuleEditor, Sentence } from './RuleEditor'
import { TrialPanel } from './TrialPanel'
import { words } from './words'

const route = getRouteApi('/shell/rules/$ruleId')

/** One rule: changed by those who may, read and tried by the others. */
export function RulePage() {
  const { ruleId } = route.useParams()
  const { data: rule, error, refetch } = useQuery({ ...ruleOptions(ruleId), refetchOnWindowFocus: false })
  return (
    <Stack gap="sm">
      <ToList />
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {!rule && !error && <Loader aria-hidden />}
      {rule && <Opened key={rule.id} rule={rule} />}
    </Stack>
  )
}

export function ToList() {
  const said = useWords(words)
  return <BackLink to="/rules">{said.toList}</BackLink>
}

function Opened({ rule }: { rule: Rule }) {
  const mayChange = useMay('admin')
  const navigate = useNavigate()
  const draft = toDraft(rule)
  return (
    <>
      <PageHead title={rule.name} />
      {rule.warning && (
        <Alert color="orange" variant="light">
          {rule.warning}
        </Alert>
      )}
      <Record rule={rule} />
      {mayChange ? (
        <RuleEditor id={rule.id} initial={draft} onSaved={() => void navigate({ to: '/rules' })}>
          <Remove rule={rule} />
        </RuleEditor>
      ) : (
        <Reading rule={rule} />
      )}
    </>
  )
}

function Reading({ rule }: { rule: Rule }) {
  const shared = useWords(common)
  const draft = toDraft(rule)
  return (
    <>
      <Sentence draft={draft} />
      <Text size="sm">{shared.notAllowed}</Text>
      <TrialPanel draft={draft} />
    </>
  )
}

function Record({ rule }: { rule: Rule }) {
  const said = useWords(words)
  const { language } = useLanguage()
  const { data } = useQuery(recordOptions(rule.id))
  const raised = data?.cameras.reduce((sum, each) => sum + each.raised, 0) ?? 0
  if (!data || raised === 0) return null
  const right = data.cameras.reduce((sum, each) => sum + each.acknowledged, 0)
  const wrong = data.cameras.reduce((sum, each) => sum + each.dismissed, 0)
  const { proposal } = data
  return (
    <Text size="sm">
      {`${said.record}. ${said.recordOf(raised, right, wrong)}`}
      {proposal && ` ${said.proposal(formatShare(proposal.needed, language), proposal.spared, proposal.lost)}`}
    </Text>
  )
}

function Remove({ rule }: { rule: Rule }) {
  const said = useWords(words)
  const navigate = useNavigate()
  const remove = useDeleteRule(rule.id)
  return (
    <Deletion
      title={said.askDelete(rule.name)}
      why={said.deleteWhy}
      isPending={remove.isPending}
      onConfirm={() => remove.mutate(undefined, { onSuccess: () => void navigate({ to: '/rules' }) })}
    />
  )
}
