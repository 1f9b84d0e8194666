import { Stack } from '@mantine/core'
import { PageHead } from '@/shared/ui/PageHead'
import { useWords } from '@/shared/words/language'
import { PasswordForm } from './PasswordForm'
import { SecondFactor } from './SecondFactor'
import { Sessions } from './Sessions'
import { ThisBrowser } from './ThisBrowser'
import { words } from './words'

/** What people do about themselves. */
export function AccountPage() {
  const said = useWords(words)
  return (
    <Stack maw="36rem" gap="xl">
      <PageHead title={said.title} />
      <ThisBrowser />
      <PasswordForm />
      <SecondFactor />
      <Sessions />
    </Stack>
  )
}
