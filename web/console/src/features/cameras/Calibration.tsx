import { Button, Group, Stack, Switch, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { View } from '@/shared/api/client'
import { formatShare } from '@/shared/time/format'
import { When } from '@/shared/time/When'
import { Failure } from '@/shared/ui/Failure'
import { useTellError } from '@/shared/ui/notify'
import { useLanguage, useWords } from '@/shared/words/language'
import classes from './cameras.module.css'
import { type Camera, calibrationOptions, useAdapts, useForget } from './queries'
import { Section } from './Section'
import { words } from './words'

/** What a camera learned from "false alarm", in words, to be undone. */
export function Calibration({ camera, mayChange }: { camera: Camera; mayChange: boolean }) {
  const said = useWords(words)
  const { data, error } = useQuery(calibrationOptions(camera.id))
  const onError = useTellError()
  const adapts = useAdapts(camera.id)
  const forget = useForget(camera.id)
  return (
    <Section title={said.learned}>
      <Text size="sm" mb="xs">
        {said.learnedHint}
      </Text>
      {error && <Failure error={error} />}
      {data && (
        <Stack gap="sm">
          <Switch
            label={said.adapts}
            checked={data.adapts}
            disabled={!mayChange || adapts.isPending}
            onChange={(event) => adapts.mutate(event.currentTarget.checked, { onError })}
          />
          {data.concepts.length === 0 && <Text size="sm">{said.learnedNothing}</Text>}
          {data.concepts.map((concept) => (
            <Learned
              key={concept.concept}
              learned={concept}
              onForget={mayChange ? (id) => forget.mutate(id, { onError }) : undefined}
            />
          ))}
          {mayChange && data.concepts.length > 0 && (
            <Group>
              <Button
                variant="default"
                loading={forget.isPending}
                onClick={() => forget.mutate(undefined, { onError })}
              >
                {said.forgetAll}
              </Button>
            </Group>
          )}
        </Stack>
      )}
    </Section>
  )
}

interface LearnedProps {
  learned: View<'LearnedView'>
  onForget: ((alertId: string) => void) | undefined
}

function Learned({ learned, onForget }: LearnedProps) {
  const said = useWords(words)
  const { language } = useLanguage()
  const share = (value: number) => formatShare(value, language)
  return (
    <div data-concept={learned.concept}>
      <Text fw={600}>{learned.concept}</Text>
      <Text size="sm">{said.answers(learned.false_alarms, learned.confirmed)}</Text>
      <Text size="sm">
        {learned.reads.map((each) => said.reads(share(each.score), share(each.read_as))).join(', ')}
      </Text>
      <ul className={classes.taps}>
        {learned.taps.map((tap) => (
          <li key={tap.alert_id}>
            <Link to="/alerts/$alertId" params={{ alertId: tap.alert_id }}>
              {tap.is_false ? said.falseAlarm : said.confirmed}
            </Link>{' '}
            {said.score(share(tap.score), share(tap.needed))} <When at={tap.at} />
            {onForget && (
              <Button ml="xs" size="xs" variant="default" onClick={() => onForget(tap.alert_id)}>
                {said.forget}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}
