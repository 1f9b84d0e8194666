import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Failure } from '@/shared/ui/Failure'
import { useWords } from '@/shared/words/language'
import classes from './cameras.module.css'
import { type Camera, keptOptions, retentionOptions } from './queries'
import { Section } from './Section'
import { words } from './words'

const KINDS = ['evidence', 'alerts', 'pictures', 'events', 'transcripts', 'minutes'] as const

/** How long what a camera saw is kept, and how much there is of it. */
export function Kept({ camera, mayAsk }: { camera: Camera; mayAsk: boolean }) {
  const said = useWords(words)
  const { data: retention, error } = useQuery(retentionOptions)
  const { data: kept } = useQuery({ ...keptOptions(camera.id), enabled: mayAsk })
  const days = new Map(retention?.kinds.map((each) => [each.kind, each.keep_days]))
  const counts: Readonly<Record<string, number>> = kept?.counts ?? {}
  return (
    <Section title={said.kept}>
      {error && <Failure error={error} />}
      <dl className={classes.facts}>
        {KINDS.map((kind) => (
          <div key={kind} data-kept={kind}>
            <dt>{said.keptKind[kind]}</dt>
            <dd>
              {days.has(kind) && sayDays(days.get(kind) ?? null, said)}
              {counts[kind] !== undefined && ` · ${said.now(counts[kind])}`}
            </dd>
          </div>
        ))}
      </dl>
      {mayAsk && (
        <Text size="sm">
          <Anchor href={`/cameras/${camera.id}/export.zip`} download>
            {said.download}
          </Anchor>
        </Text>
      )}
    </Section>
  )
}

function sayDays(days: number | null, said: (typeof words)['en']): string {
  return days === null ? said.forGood : said.days(days)
}
