import { Stack, Text } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useMay } from '@/shared/session/session'
import { PageHead } from '@/shared/ui/PageHead'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import { FRESH } from './chains'
import { RecipientForm } from './RecipientForm'
import { ToList } from './ToList'
import { words } from './words'

/** Somebody whose address is known; most are better invited. */
export function NewRecipientPage() {
  const said = useWords(words)
  const shared = useWords(common)
  const mayChange = useMay('admin')
  const navigate = useNavigate()
  return (
    <Stack gap="sm">
      <ToList />
      <PageHead title={said.add} />
      {mayChange ? (
        <RecipientForm initial={FRESH} onSaved={() => void navigate({ to: '/recipients' })} />
      ) : (
        <Text>{shared.notAllowed}</Text>
      )}
    </Stack>
  )
}
