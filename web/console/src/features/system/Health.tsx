import { Badge, Button, Group, Loader, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { View } from '@/shared/api/client'
import { Failure } from '@/shared/ui/Failure'
import { useWords } from '@/shared/words/language'
import { doctorOptions, readinessOptions } from './queries'
import classes from './system.module.css'
import { words } from './words'

type Finding = View<'FindingView'>

const GRADES = {
  broken: { color: 'red', Icon: IconX },
  warning: { color: 'orange', Icon: IconAlertTriangle },
  fine: { color: 'green', Icon: IconCheck },
} as const
type Grade = keyof typeof GRADES

function gradeOf({ problem, is_fatal: isFatal }: Finding): Grade {
  if (problem === null) return 'fine'
  return isFatal ? 'broken' : 'warning'
}

/** What is well and what is not, the worst first. */
export function Health() {
  const said = useWords(words)
  const { data, error, isFetching, refetch } = useQuery(doctorOptions)
  return (
    <Stack gap="md">
      <Ready />
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {isFetching && (
        <Group gap="xs">
          <Loader size="sm" aria-hidden />
          <Text size="sm">{said.examining}</Text>
        </Group>
      )}
      {data && (
        <>
          <ul className={classes.list} aria-label={said.findings}>
            {(Object.keys(GRADES) as Grade[]).flatMap((grade) =>
              data.findings
                .filter((each) => gradeOf(each) === grade)
                .map((each) => <Found key={`${each.what} ${each.detail}`} finding={each} />),
            )}
          </ul>
          <Group gap="sm">
            <Button size="xs" variant="default" disabled={isFetching} onClick={() => void refetch()}>
              {said.lookAgain}
            </Button>
            <Text size="sm">{said.version(data.version)}</Text>
            <Link to="/start">{said.toStart}</Link>
          </Group>
        </>
      )}
    </Stack>
  )
}

function Ready() {
  const said = useWords(words)
  const { data, error } = useQuery(readinessOptions)
  if (error) return <Failure error={error} />
  if (!data) return null
  const broken = Object.entries(data.checks).filter(([, why]) => why !== null)
  return (
    <div>
      <Title order={2} size="h4">
        {said.ready[data.status]}
      </Title>
      {broken.map(([what, why]) => (
        <Text key={what} size="sm">{`${what}: ${why}`}</Text>
      ))}
    </div>
  )
}

function Found({ finding }: { finding: Finding }) {
  const said = useWords(words)
  const grade = gradeOf(finding)
  const { color, Icon } = GRADES[grade]
  return (
    <li className={classes.row}>
      <div>
        <Text fw={600}>{finding.what}</Text>
        {finding.detail && <Text size="sm">{finding.detail}</Text>}
        {finding.problem && <Text size="sm">{finding.problem}</Text>}
      </div>
      <Badge variant="outline" color={color} leftSection={<Icon size={12} aria-hidden />}>
        {said.grade[grade]}
      </Badge>
    </li>
  )
}
