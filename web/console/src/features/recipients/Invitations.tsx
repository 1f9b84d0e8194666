import { Button, Group, Text, Title } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNow, When } from '@/shared/time/When'
import rows from '@/shared/ui/rows.module.css'
import { useWords } from '@/shared/words/language'
import { invitationsOptions, useWithdraw } from './queries'
import { words } from './words'

/** Invitations that still open something. */
export function Invitations() {
  const said = useWords(words)
  const now = useNow()
  const withdraw = useWithdraw()
  const { data } = useQuery({ ...invitationsOptions, refetchInterval: false })
  const open = data?.filter((each) => !each.used_at && Date.parse(each.expires_at) > now) ?? []
  if (open.length === 0) return null
  return (
    <section>
      <Title order={2} size="h5" mt="lg">
        {said.waiting}
      </Title>
      <ul className={rows.list}>
        {open.map((each) => (
          <li key={each.id} className={rows.row}>
            <Text size="sm">
              {`${each.name} · ${said.channel[each.channel]} · ${said.until} `}
              <When at={each.expires_at} exact />
            </Text>
            <Group>
              <Button
                size="sm"
                variant="default"
                aria-label={said.withdraw(each.name)}
                onClick={() => withdraw.mutate(each.id)}
              >
                <IconTrash size={16} aria-hidden />
              </Button>
            </Group>
          </li>
        ))}
      </ul>
    </section>
  )
}
