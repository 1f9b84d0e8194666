import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { formatShare } from '@/shared/time/format'
import { When } from '@/shared/time/When'
import { Failure } from '@/shared/ui/Failure'
import { Picture } from '@/shared/ui/Picture'
import { common } from '@/shared/words/common'
import { useLanguage, useWords } from '@/shared/words/language'
import { type RuleDraft, withScore } from './draft'
import { type Trial, useTrial } from './queries'
import classes from './rules.module.css'
import { words } from './words'

interface TrialPanelProps {
  draft: RuleDraft
  /** Given where the rule can be changed: another score is taken over by a tap. */
  onChange?: (draft: RuleDraft) => void
}

/** What the rule would have come to in the last week, before anybody is told. */
export function TrialPanel({ draft, onChange }: TrialPanelProps) {
  const said = useWords(words)
  const trial = useTrial()
  const isOld = trial.variables !== undefined && trial.variables !== draft
  return (
    <Stack gap="sm" component="section" aria-label={said.test}>
      <Group gap="sm">
        <Button variant="default" loading={trial.isPending} onClick={() => trial.mutate(draft)}>
          {said.test}
        </Button>
        <Text size="sm" c="dimmed">
          {said.testWhy}
        </Text>
      </Group>
      {isOld && (trial.data || trial.error) && <Text size="sm">{said.changed}</Text>}
      {trial.error && <Failure error={trial.error} />}
      {trial.data && (
        <Tried
          trial={trial.data}
          onScore={
            onChange &&
            ((condition, score) => {
              const changed = withScore(draft, condition, score)
              onChange(changed)
              trial.mutate(changed)
            })
          }
        />
      )}
    </Stack>
  )
}

const MOST_SHOWN = 24
const WEEK_MS = 7 * 86_400_000
const HOUR_MS = 3_600_000

interface TriedProps {
  trial: Trial
  onScore: ((condition: number, score: number) => void) | undefined
}

function Tried({ trial, onScore }: TriedProps) {
  const said = useWords(words)
  const { language } = useLanguage()
  const heading = useRef<HTMLParagraphElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is new is shown, on a phone it lies below
  useEffect(() => {
    heading.current?.scrollIntoView({ block: 'nearest' })
  }, [trial])
  const perDay = new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(trial.alerts_a_day)
  const isCut = Date.now() - Date.parse(trial.since) < WEEK_MS - HOUR_MS
  const withheld = Object.entries(trial.withheld).filter(([, number]) => number > 0)
  const reasons: Readonly<Record<string, string>> = said.withheld
  return (
    <Stack gap="sm" role="status">
      <Text ref={heading} fw={600}>
        {said.wouldHave(trial.total)}
      </Text>
      <Text size="sm">
        {said.of(trial.events, perDay)}
        {withheld.length > 0 &&
          ` ${withheld.map(([why, number]) => said.others(number, reasons[why] ?? why)).join(', ')}.`}
        {isCut && (
          <>
            {` ${said.lookedBack} `}
            <When at={trial.since} exact />
          </>
        )}
      </Text>
      <Thresholds trial={trial} onScore={onScore} />
      <TriedAlerts trial={trial} />
    </Stack>
  )
}

function Thresholds({ trial, onScore }: TriedProps) {
  const said = useWords(words)
  const { language } = useLanguage()
  if (trial.thresholds.length === 0) return null
  return (
    <Stack gap={4}>
      <Title order={3} size="h6">
        {said.thresholds}
      </Title>
      <Group gap={6}>
        {trial.thresholds.map(({ condition, needed, alerts, is_asked: isAsked }) => {
          const score = formatShare(needed, language)
          return (
            <Button
              key={`${condition} ${needed}`}
              size="xs"
              variant={isAsked ? 'filled' : 'default'}
              aria-pressed={isAsked}
              aria-label={`${said.threshold(score, alerts)} – ${said.askFor(score, condition + 1)}`}
              disabled={!onScore}
              onClick={() => onScore?.(condition, needed)}
            >
              {said.threshold(score, alerts)}
            </Button>
          )
        })}
      </Group>
    </Stack>
  )
}

function TriedAlerts({ trial }: { trial: Trial }) {
  const said = useWords(words)
  const shared = useWords(common)
  const shown = trial.alerts.slice(0, MOST_SHOWN)
  if (shown.length === 0) return null
  return (
    <>
      <Title order={3} size="h6">
        {said.tried}
      </Title>
      <ul className={classes.tried} aria-label={said.tried}>
        {shown.map((alert) => {
          const evidence = alert.evidence.map((each) => each.quote || each.what).join(', ')
          const event: string = `/events/${alert.event_id}` // the page is another feature's
          return (
            <li key={alert.event_id} data-event={alert.event_id}>
              <Picture src={alert.snapshot} alt={shared.pictureOf(evidence)} fit="cover" />
              <Link to={event} className={classes.moment}>
                <When at={alert.occurred_at} exact />
              </Link>
              <Text size="xs" c="dimmed" lineClamp={2}>
                {evidence}
              </Text>
            </li>
          )
        })}
      </ul>
      {trial.total > shown.length && <Text size="sm">{said.more(trial.total - shown.length)}</Text>}
    </>
  )
}
