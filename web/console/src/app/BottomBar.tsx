import { Menu, UnstyledButton } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { Link, useRouterState } from '@tanstack/react-router'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import type { PageEntry } from './pages'
import classes from './Shell.module.css'
import { words } from './words'

/** A phone's navigation: the main pages within reach of the thumb, the others one tap further. */
export function BottomBar({ pages }: { pages: readonly PageEntry[] }) {
  const said = useWords(words)
  const shared = useWords(common)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const others = pages.filter((page) => !page.isMain)
  return (
    <div className={classes.bar}>
      {pages
        .filter((page) => page.isMain)
        .map(({ to, name, Icon }) => (
          <Link key={to} to={to} className={classes.tab} aria-current={path.startsWith(to) ? 'page' : undefined}>
            <Icon size={22} aria-hidden />
            <span>{said.pages[name]}</span>
          </Link>
        ))}
      {others.length > 0 && (
        <Menu position="top-end">
          <Menu.Target>
            <UnstyledButton className={classes.tab}>
              <IconDots size={22} aria-hidden />
              <span>{shared.more}</span>
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown>
            {others.map(({ to, name, Icon }) => (
              <Menu.Item key={to} component={Link} to={to} leftSection={<Icon size={18} aria-hidden />}>
                {said.pages[name]}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </div>
  )
}
