import { Button, Loader, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { bundlesOptions } from '@/shared/api/capabilities'
import type { View } from '@/shared/api/client'
import { Empty } from '@/shared/ui/Empty'
import { Failure } from '@/shared/ui/Failure'
import { useWords } from '@/shared/words/language'
import { Markdown } from './Markdown'
import { cardOptions } from './queries'
import classes from './system.module.css'
import { words } from './words'

type Bundle = View<'BundleView'>

/** The models in use, what they can say, and what is written about how good they are. */
export function Models() {
  const said = useWords(words)
  const { data, error, refetch } = useQuery(bundlesOptions)
  if (error) return <Failure error={error} onRetry={() => void refetch()} />
  if (!data) return <Loader aria-hidden />
  if (data.bundles.length === 0) return <Empty title={said.noModels} />
  return (
    <ul className={classes.list} aria-label={said.tab.models}>
      {data.bundles.map((bundle) => (
        <li key={bundle.kind}>
          <Model bundle={bundle} />
        </li>
      ))}
    </ul>
  )
}

function Model({ bundle }: { bundle: Bundle }) {
  const said = useWords(words)
  const [isOpen, setIsOpen] = useState(false)
  return (
    <>
      <div className={classes.row}>
        <div>
          <Text size="sm" fw={600}>
            {`${said.model[bundle.kind]}: ${bundle.name} ${bundle.version}`}
          </Text>
          {bundle.concepts.length > 0 && <Text size="sm">{said.concepts(bundle.concepts.join(', '))}</Text>}
          {bundle.labels.length > 0 && <Text size="sm">{said.labels(bundle.labels.join(', '))}</Text>}
        </div>
        <Button size="xs" variant="default" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          {isOpen ? said.closeCard : said.card}
        </Button>
      </div>
      {isOpen && <Card kind={bundle.kind} />}
    </>
  )
}

function Card({ kind }: { kind: Bundle['kind'] }) {
  const said = useWords(words)
  const { data, error, refetch } = useQuery(cardOptions(kind))
  if (error) return <Failure error={error} onRetry={() => void refetch()} />
  if (data === undefined) return <Loader aria-hidden />
  return (
    <article className={classes.card} lang="en" aria-label={said.card}>
      <Markdown text={data} />
    </article>
  )
}
