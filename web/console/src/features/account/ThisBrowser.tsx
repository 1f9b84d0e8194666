import { Button, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { canBeNotified, findSubscription, subscribe, unsubscribe } from '@/shared/push/push'
import { May } from '@/shared/session/May'
import { nameBrowser } from '@/shared/session/nameBrowser'
import { useSession } from '@/shared/session/session'
import { Failure } from '@/shared/ui/Failure'
import { useLanguage, useWords } from '@/shared/words/language'
import { words } from './words'

const KEY = ['browsers', 'this']

/** Alerts as notifications of this browser, for those who may answer them. */
export function ThisBrowser() {
  const said = useWords(words)
  return (
    <May scope="operate">
      <Stack component="section" gap="sm" align="flex-start">
        <Title order={2} size="h4">
          {said.browser}
        </Title>
        <Text size="sm">{said.browserWhy}</Text>
        {canBeNotified() ? <Switching /> : <Text size="sm">{said.unsupported}</Text>}
      </Stack>
    </May>
  )
}

function Switching() {
  const said = useWords(words)
  const { name } = useSession()
  const { language } = useLanguage()
  const client = useQueryClient()
  const { data: isOn } = useQuery({ queryKey: KEY, queryFn: async () => (await findSubscription()) !== null })
  const change = useMutation({
    mutationFn: () =>
      isOn ? unsubscribe() : subscribe(`${name}, ${nameBrowser(navigator.userAgent)}`.slice(0, 120), language),
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  })
  const isDenied = change.error instanceof DOMException && change.error.name === 'NotAllowedError'
  return (
    <>
      {isOn && <Text size="sm">{said.isOn}</Text>}
      {change.error && (isDenied ? <Text size="sm">{said.denied}</Text> : <Failure error={change.error} />)}
      <Button variant={isOn ? 'default' : 'filled'} loading={change.isPending} onClick={() => change.mutate()}>
        {isOn ? said.turnOff : said.turnOn}
      </Button>
    </>
  )
}
