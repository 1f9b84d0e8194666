import { Text } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { May } from '@/shared/session/May'
import { PageHead } from '@/shared/ui/PageHead'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import { Audit } from './Audit'
import { Health } from './Health'
import { Jobs } from './Jobs'
import { Keys } from './Keys'
import { Models } from './Models'
import { Sessions } from './Sessions'
import { Storage } from './Storage'
import classes from './system.module.css'
import { Users } from './Users'
import { words } from './words'

const route = getRouteApi('/shell/system')

const TABS = {
  health: Health,
  jobs: Jobs,
  storage: Storage,
  keys: Keys,
  users: Users,
  sessions: Sessions,
  audit: Audit,
  models: Models,
} as const
type Tab = keyof typeof TABS

/** What whoever looks after the service looks at. */
export function SystemPage() {
  const said = useWords(words)
  const shared = useWords(common)
  const { tab = 'health' } = route.useSearch()
  const Shown: ComponentType = TABS[tab]
  return (
    <>
      <PageHead title={said.title} />
      <May scope="admin" otherwise={<Text>{shared.notAllowed}</Text>}>
        <nav aria-label={said.tabs} className={classes.tabs}>
          {(Object.keys(TABS) as Tab[]).map((each) => (
            <Link
              key={each}
              to="/system"
              search={{ tab: each }}
              className={classes.tab}
              aria-current={each === tab ? 'page' : undefined}
            >
              {said.tab[each]}
            </Link>
          ))}
        </nav>
        <section aria-label={said.tab[tab]}>
          <Shown />
        </section>
      </May>
    </>
  )
}
