import { Alert, Button, Group, Loader, Switch, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { rulesOptions } from '@/shared/api/names'
import { May } from '@/shared/session/May'
import { useMay } from '@/shared/session/session'
import { SeverityBadge } from '@/shared/ui/Badges'
import { Empty } from '@/shared/ui/Empty'
import { Failure } from '@/shared/ui/Failure'
import { PageHead } from '@/shared/ui/PageHead'
import rows from '@/shared/ui/rows.module.css'
import { useWords } from '@/shared/words/language'
import { type Rule, toDraft } from './draft'
import { useSpeaker, useSwitchRule } from './queries'
import { sayRule } from './sentences'
import { words } from './words'

/** Every rule as a sentence, on or off. */
export function RulesPage() {
  const said = useWords(words)
  const { data: rules, error, refetch } = useQuery(rulesOptions)
  return (
    <>
      <PageHead title={said.title}>
        <May scope="admin">
          <Button component={Link} to="/rules/new" size="sm" leftSection={<IconPlus size={16} aria-hidden />}>
            {said.add}
          </Button>
        </May>
      </PageHead>
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {!rules && !error && <Loader aria-hidden />}
      {rules?.length === 0 && (
        <Empty title={said.none}>
          <Text>{said.noneWhy}</Text>
        </Empty>
      )}
      {rules && rules.length > 0 && (
        <ul className={rows.list} aria-label={said.title}>
          {rules.map((rule) => (
            <li key={rule.id} data-rule={rule.id} className={rows.row}>
              <RuleRow rule={rule} />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function RuleRow({ rule }: { rule: Rule }) {
  const speaker = useSpeaker()
  return (
    <>
      <div className={rows.text}>
        <Link to="/rules/$ruleId" params={{ ruleId: rule.id }} className={rows.name}>
          {rule.name}
        </Link>
        <Text size="sm">{sayRule(toDraft(rule), speaker)}</Text>
        {rule.warning && (
          <Alert color="orange" variant="light" p="xs" mt={4}>
            {rule.warning}
          </Alert>
        )}
      </div>
      <Group gap="sm">
        <SeverityBadge severity={rule.severity} />
        <OnOff rule={rule} />
      </Group>
    </>
  )
}

function OnOff({ rule }: { rule: Rule }) {
  const said = useWords(words)
  const mayChange = useMay('admin')
  const change = useSwitchRule(rule)
  if (!mayChange) return rule.enabled ? null : <Text size="sm">{said.off}</Text>
  return (
    <Switch
      size="md"
      aria-label={said.isOn(rule.name)}
      checked={change.isPending ? change.variables : rule.enabled}
      disabled={change.isPending}
      onChange={(event) => change.mutate(event.currentTarget.checked)}
    />
  )
}
