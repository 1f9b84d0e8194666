import { Anchor, Button, CopyButton, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect } from 'react'
import { recipientsOptions } from '@/shared/api/names'
import { useMay } from '@/shared/session/session'
import { When } from '@/shared/time/When'
import { Failure } from '@/shared/ui/Failure'
import { PageHead } from '@/shared/ui/PageHead'
import { QrCode } from '@/shared/ui/QrCode'
import { LANGUAGE_NAMES, LANGUAGES } from '@/shared/words/catalogue'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import { invitationsOptions, type MadeInvitation, useInvite } from './queries'
import classes from './recipients.module.css'
import { ToList } from './ToList'
import { words } from './words'

const WEEK_S = 604_800

/** A link, a QR code and six digits by which somebody becomes a recipient themselves. */
export function InvitePage() {
  const said = useWords(words)
  const shared = useWords(common)
  const mayChange = useMay('admin')
  return (
    <Stack gap="sm" className={classes.form}>
      <ToList />
      <PageHead title={said.invite} />
      {mayChange ? <Inviting /> : <Text>{shared.notAllowed}</Text>}
    </Stack>
  )
}

function Inviting() {
  const said = useWords(words)
  const invite = useInvite()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    invite.mutate({
      name: String(given.get('name') ?? '').trim(),
      channel: given.get('channel') === 'telegram' ? 'telegram' : 'messenger',
      language: LANGUAGES.find((each) => each === given.get('language')) ?? null,
      expires_in_s: WEEK_S,
    })
  }
  if (invite.data) return <Made made={invite.data} />
  return (
    <form onSubmit={submit}>
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{said.inviteWhy}</Text>
        <TextInput name="name" label={said.name} maxLength={120} required />
        <NativeSelect
          name="channel"
          label={said.inviteBy}
          data={(['messenger', 'telegram'] as const).map((each) => ({ value: each, label: said.channel[each] }))}
        />
        <NativeSelect
          name="language"
          label={said.language}
          data={[
            { value: '', label: said.byChannel },
            ...LANGUAGES.map((each) => ({ value: each, label: LANGUAGE_NAMES[each] })),
          ]}
        />
        {invite.error && <Failure error={invite.error} />}
        <Button type="submit" loading={invite.isPending}>
          {said.makeInvitation}
        </Button>
      </Stack>
    </form>
  )
}

function Made({ made }: { made: MadeInvitation }) {
  const said = useWords(words)
  const client = useQueryClient()
  const { data: invitations } = useQuery(invitationsOptions)
  const isUsed = Boolean(invitations?.find(({ id }) => id === made.id)?.used_at)
  useEffect(() => {
    if (isUsed) void client.invalidateQueries({ queryKey: recipientsOptions.queryKey })
  }, [isUsed, client])
  if (isUsed) return <Text role="status">{said.used(made.name)}</Text>
  return (
    <Stack gap="sm" align="flex-start">
      <Text role="status">{said.once}</Text>
      <QrCode value={made.url} label={said.scan(made.name)} />
      <Anchor href={made.url} className={classes.url} rel="noreferrer">
        {made.url}
      </Anchor>
      <CopyButton value={made.url}>
        {({ copied, copy }) => (
          <Button variant="default" onClick={copy}>
            {copied ? said.copied : said.copy}
          </Button>
        )}
      </CopyButton>
      <Text size="sm">
        {said.until} <When at={made.expires_at} exact />
      </Text>
      <Text size="sm">{said.orCode}</Text>
      <Text className={classes.code}>{made.code}</Text>
      <Text size="sm">
        {said.codeUntil} <When at={made.code_expires_at} exact />
      </Text>
    </Stack>
  )
}
