import { Anchor, Loader, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useNews } from '@/shared/news/useNews'
import { May } from '@/shared/session/May'
import { useSession } from '@/shared/session/session'
import { findMissing, STEPS, type Step, setupStepsOptions } from '@/shared/session/setupSteps'
import { Failure } from '@/shared/ui/Failure'
import { PageHead } from '@/shared/ui/PageHead'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import { CameraStep } from './CameraStep'
import { PersonStep } from './PersonStep'
import { RuleStep } from './RuleStep'
import { StepItem } from './StepItem'
import classes from './start.module.css'
import { TestStep } from './TestStep'
import { words } from './words'

const route = getRouteApi('/shell/start')
/** What people do elsewhere, as on Messenger, is no news of the service. */
const LOOK_AGAIN_MS = 3000

/** From nothing to the first alert on somebody's phone, in five steps that wait for one another's time. */
export function StartPage() {
  const said = useWords(words)
  const shared = useWords(common)
  return (
    <Stack maw="44rem" gap="md">
      <PageHead title={said.title} />
      <May scope="admin" otherwise={<Text>{shared.notAllowed}</Text>}>
        <Steps />
      </May>
    </Stack>
  )
}

function Steps() {
  const said = useWords(words)
  const { step } = route.useSearch()
  const client = useQueryClient()
  const { data, error, refetch } = useQuery({
    ...setupStepsOptions,
    staleTime: 0,
    refetchInterval: ({ state }) => state.data && findMissing(state.data).length > 0 && LOOK_AGAIN_MS,
  })
  const lookAgain = () => void client.invalidateQueries({ queryKey: setupStepsOptions.queryKey })
  useNews('camera', lookAgain)
  useNews('delivery', lookAgain)
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />
  if (!data) return <Loader aria-hidden />
  const missing = findMissing(data)
  const open = step ?? missing[0] ?? 'test' // the last stays open: it says what became of the alert
  return (
    <>
      <Text role="status">
        {missing.length > 0 ? said.missing(missing.map((each) => said.step[each])) : said.ready}
      </Text>
      <ol className={classes.steps}>
        {STEPS.map((each, position) => (
          <StepItem
            key={each}
            step={each}
            number={position + 1}
            isDone={!missing.includes(each)}
            isOpen={each === open}
          >
            <StepBody step={each} next={missing.find((other) => other !== each)} />
          </StepItem>
        ))}
      </ol>
      {missing.length === 0 && (
        <Anchor component={Link} to="/alerts">
          {said.toAlerts}
        </Anchor>
      )}
    </>
  )
}

function StepBody({ step, next }: { step: Step; next: Step | undefined }) {
  const bodies: Record<Step, () => ReactNode> = {
    administrator: () => <Administrator />,
    camera: () => <CameraStep />,
    rule: () => <RuleStep />,
    person: () => <PersonStep next={next} />,
    test: () => <TestStep />,
  }
  return bodies[step]()
}

function Administrator() {
  const said = useWords(words)
  const { name } = useSession()
  return <Text size="sm">{said.administrator(name)}</Text>
}
