import { Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { SeenEvent } from '@/shared/api/events'
import { formatShare } from '@/shared/time/format'
import { useLanguage, useWords } from '@/shared/words/language'
import classes from './events.module.css'
import { countObjects, listConcepts } from './summary'
import { words } from './words'

/** All that is known about an event, with how sure that is. */
export function Facts({ event }: { event: SeenEvent }) {
  const said = useWords(words)
  const others = event.hypotheses.filter((each) => each.text !== event.caption.text)
  const zones = Object.entries(event.zones)
  const objects = countObjects(event)
  return (
    <>
      <Concepts event={event} />
      {objects.length > 0 && (
        <Part title={said.things}>
          {objects.map(({ label, count, score }) => (
            <Share key={label} name={said.objects(label, count)} share={score} />
          ))}
        </Part>
      )}
      <Spoken event={event} />
      {zones.length > 0 && (
        <Part title={said.zones}>
          {zones.map(([name, share]) => (
            <Share key={name} name={name} share={share} />
          ))}
        </Part>
      )}
      {others.length > 0 && (
        <Part title={said.others}>
          {others.map(({ text, probability }) => (
            <Share key={text} name={text} share={probability} />
          ))}
        </Part>
      )}
    </>
  )
}

function Concepts({ event }: { event: SeenEvent }) {
  const said = useWords(words)
  const { language } = useLanguage()
  const concepts = listConcepts(event, 0)
  if (concepts.length === 0) return null
  return (
    <Part title={said.concepts}>
      {concepts.map(({ name, score }) => {
        const before = event.concepts_before[name]
        const more = before === undefined ? undefined : said.before(formatShare(before, language))
        return <Share key={name} name={name} share={score} more={more} />
      })}
    </Part>
  )
}

function Spoken({ event }: { event: SeenEvent }) {
  const said = useWords(words)
  const heard = event.transcript
  if (!heard) return null
  return (
    <section>
      <Title order={3} size="h5" mt="md">
        {said.said}
      </Title>
      <Text size="sm" fs={heard.text ? 'italic' : undefined}>
        {heard.text || said.hearing[heard.hearing]}
      </Text>
      {heard.reason && <Text size="sm">{heard.reason}</Text>}
    </section>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Title order={3} size="h5" mt="md">
        {title}
      </Title>
      <ul className={classes.shares}>{children}</ul>
    </section>
  )
}

function Share({ name, share, more }: { name: string; share: number; more?: string | undefined }) {
  const { language } = useLanguage()
  return (
    <li className={classes.share}>
      <span>{name}</span>
      <span className={classes.bar} aria-hidden="true">
        <span className={classes.fill} style={{ width: `${Math.min(share, 1) * 100}%` }} />
      </span>
      <span>{[formatShare(share, language), more].filter(Boolean).join(', ')}</span>
    </li>
  )
}
