import { Menu, UnstyledButton, useMantineColorScheme } from '@mantine/core'
import { IconUserCircle } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api, ask } from '@/shared/api/client'
import { feed } from '@/shared/news/feed'
import { unsubscribe } from '@/shared/push/push'
import { useSession } from '@/shared/session/session'
import { useTellError } from '@/shared/ui/notify'
import { LANGUAGE_NAMES, LANGUAGES } from '@/shared/words/catalogue'
import { useLanguage, useWords } from '@/shared/words/language'
import { words } from './words'

const SCHEMES = ['light', 'dark', 'auto'] as const

export function AccountMenu() {
  const said = useWords(words)
  const { name } = useSession()
  const { language, choose } = useLanguage()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const onError = useTellError()
  const signOut = useMutation({
    mutationFn: async () => {
      // Who takes over this browser is not told what one's alerts say; whether that works is no reason to stay.
      await unsubscribe().catch(() => undefined)
      return ask(api.DELETE('/session'))
    },
    onSuccess: () => {
      feed.tellSignedOut()
      location.assign('/console/') // nothing that was read stays in this page
    },
    onError,
  })
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <UnstyledButton aria-label={said.account(name)}>
          <IconUserCircle aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{name}</Menu.Label>
        <Menu.Item component={Link} to="/account">
          {said.ownAccount}
        </Menu.Item>
        <Menu.Item onClick={() => signOut.mutate()}>{said.signOut}</Menu.Item>
        <Menu.Divider />
        <Menu.Label>{said.language}</Menu.Label>
        {LANGUAGES.map((each) => (
          <Menu.Item key={each} lang={each} aria-current={each === language} onClick={() => choose(each)}>
            {LANGUAGE_NAMES[each]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{said.colors}</Menu.Label>
        {SCHEMES.map((each) => (
          <Menu.Item key={each} aria-current={each === colorScheme} onClick={() => setColorScheme(each)}>
            {said.scheme[each]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item component="a" href="/docs">
          {said.apiDocs}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
