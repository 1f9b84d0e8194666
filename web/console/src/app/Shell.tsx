import { AppShell, Box, NavLink as SideLink } from '@mantine/core'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { feed } from '@/shared/news/feed'
import { useNewsInCaches } from '@/shared/news/useNews'
import { useSession } from '@/shared/session/session'
import { useWords } from '@/shared/words/language'
import { AccountMenu } from './AccountMenu'
import { BottomBar } from './BottomBar'
import { ConnectionBanner } from './ConnectionBanner'
import { PAGES, type PageEntry } from './pages'
import { SetupHint } from './SetupHint'
import classes from './Shell.module.css'
import { words } from './words'

/** The frame of every page: navigation at the side of a desk's screen, at the bottom of a phone's. */
export function Shell() {
  const said = useWords(words)
  const { scopes } = useSession()
  useNewsInCaches()
  useEffect(() => feed.start(), [])
  useFocusOnPage()
  const pages = PAGES.filter((page) => page.scope === undefined || scopes.includes(page.scope))
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 200, breakpoint: 'sm', collapsed: { mobile: true } }}
      footer={{ height: { base: 'calc(56px + env(safe-area-inset-bottom))', sm: 0 } }}
      padding="md"
    >
      <a className={classes.skip} href="#content">
        {said.skip}
      </a>
      <AppShell.Header className={classes.header}>
        <Link to="/" className={classes.brand}>
          InstantReact
        </Link>
        <SetupHint />
        <AccountMenu />
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={said.navigation}>
        {pages.map((page) => (
          <PageLink key={page.to} page={page} />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        <ConnectionBanner />
        <Outlet />
      </AppShell.Main>
      <AppShell.Footer hiddenFrom="sm" className={classes.footer}>
        <Box component="nav" aria-label={said.navigation}>
          <BottomBar pages={pages} />
        </Box>
      </AppShell.Footer>
    </AppShell>
  )
}

/** Whoever reads by ear or keyboard begins at the top of a page that was just opened. */
function useFocusOnPage() {
  const page = useRouterState({ select: (state) => state.location.pathname.split('/')[1] })
  const before = useRef(page)
  useEffect(() => {
    if (before.current !== page) document.getElementById('content')?.focus({ preventScroll: true })
    before.current = page
  }, [page])
}

function PageLink({ page }: { page: PageEntry }) {
  const said = useWords(words)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const isHere = path.startsWith(page.to)
  return (
    <SideLink
      component={Link}
      to={page.to}
      active={isHere}
      aria-current={isHere ? 'page' : undefined}
      label={said.pages[page.name]}
      leftSection={<page.Icon size={18} aria-hidden />}
    />
  )
}
