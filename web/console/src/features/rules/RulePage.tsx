import { Alert, Anchor, Button, Group, Loader, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconArrowLeft } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useMay } from '@/shared/session/session'
import { formatShare } from '@/shared/time/format'
import { Failure } from '@/shared/ui/Failure'
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
  return (
    <Anchor component={Link} to="/rules" size="sm">
      <Group component="span" gap={4} display="inline-flex">
        <IconArrowLeft size={16} aria-hidden />
        {said.toList}
      </Group>
    </Anchor>
  )
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
          <Deletion rule={rule} />
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

function Deletion({ rule }: { rule: Rule }) {
  const said = useWords(words)
  const shared = useWords(common)
  const [isAsked, asked] = useDisclosure()
  const navigate = useNavigate()
  const remove = useDeleteRule(rule.id)
  return (
    <>
      <Button variant="outline" color="red" onClick={asked.open}>
        {shared.remove}
      </Button>
      <Modal
        opened={isAsked}
        onClose={asked.close}
        title={said.askDelete(rule.name)}
        closeButtonProps={{ 'aria-label': shared.close }}
        centered
      >
        <Stack gap="sm">
          <Text size="sm">{said.deleteWhy}</Text>
          <Group gap="sm">
            <Button
              color="red"
              loading={remove.isPending}
              onClick={() => remove.mutate(undefined, { onSuccess: () => void navigate({ to: '/rules' }) })}
            >
              {shared.remove}
            </Button>
            <Button variant="default" onClick={asked.close}>
              {shared.cancel}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
