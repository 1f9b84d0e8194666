import { Anchor, Button, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { View } from '@/shared/api/client'
import type { Step } from '@/shared/session/setupSteps'
import { When } from '@/shared/time/When'
import { Choice } from '@/shared/ui/Choice'
import { Failure } from '@/shared/ui/Failure'
import { useTellError } from '@/shared/ui/notify'
import { QrCode } from '@/shared/ui/QrCode'
import { useLanguage, useWords } from '@/shared/words/language'
import { invitationsOptions, useInvite, useWithdraw } from './queries'
import classes from './start.module.css'
import { words } from './words'

const CHANNELS = ['messenger', 'telegram'] as const
const LOOK_AGAIN_MS = 3000

type Made = View<'MadeInvitationView'>

/** Somebody who says themselves, on their own phone, that they want to be told. */
export function PersonStep({ next }: { next: Step | undefined }) {
  const said = useWords(words)
  const [made, setMade] = useState<Made>()
  const { data } = useQuery({ ...invitationsOptions, refetchInterval: made ? LOOK_AGAIN_MS : false })
  const accepted = made && data?.find((each) => each.id === made.id && each.used_at !== null)
  if (accepted) {
    return (
      <>
        <Text role="status">{said.accepted(accepted.name)}</Text>
        {next && (
          <Button renderRoot={(props) => <Link to="/start" search={{ step: next }} {...props} />}>
            {said.goOn(said.step[next])}
          </Button>
        )}
      </>
    )
  }
  if (made) return <Opens made={made} onAnother={() => setMade(undefined)} />
  const now = Date.now()
  const waiting = data?.filter((each) => each.used_at === null && Date.parse(each.expires_at) > now) ?? []
  return (
    <>
      <Text size="sm">{said.personWhy}</Text>
      {waiting.map((each) => (
        <Waiting key={each.id} invitation={each} onMade={setMade} />
      ))}
      <InviteForm onMade={setMade} />
      <Text size="sm">
        {`${said.orHere} `}
        <Anchor component={Link} to="/account" inherit>
          {said.thisBrowser}
        </Anchor>
      </Text>
    </>
  )
}

function InviteForm({ onMade }: { onMade: (made: Made) => void }) {
  const said = useWords(words)
  const { language } = useLanguage()
  const [channel, setChannel] = useState<(typeof CHANNELS)[number]>('messenger')
  const invite = useInvite()
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const name = String(new FormData(event.currentTarget).get('name') ?? '').trim()
    invite.mutate({ name, channel, language }, { onSuccess: onMade })
  }
  return (
    <form className={classes.form} onSubmit={send}>
      <TextInput name="name" label={said.nameOfPerson} autoComplete="off" required maxLength={120} />
      <Choice
        label={said.channel}
        value={channel}
        onChoose={setChannel}
        choices={CHANNELS.map((each) => ({ value: each, label: said.channels[each] }))}
      />
      {invite.error && <Failure error={invite.error} />}
      <Button type="submit" loading={invite.isPending}>
        {said.invite}
      </Button>
    </form>
  )
}

/** One who was invited before: what opens the invitation is not to be had again, so another takes its place. */
function Waiting({ invitation, onMade }: { invitation: View<'InvitationView'>; onMade: (made: Made) => void }) {
  const said = useWords(words)
  const onError = useTellError()
  const withdraw = useWithdraw()
  const invite = useInvite()
  const { id, name, channel, language } = invitation
  const again = async () => {
    await withdraw.mutateAsync(id)
    onMade(await invite.mutateAsync({ name, channel: channel === 'telegram' ? channel : 'messenger', language }))
  }
  return (
    <div>
      <Text size="sm">
        {`${said.waits(name)} `}
        <When at={invitation.created_at} />
      </Text>
      <Button
        size="xs"
        variant="default"
        loading={withdraw.isPending || invite.isPending}
        onClick={() => void again().catch(onError)}
      >
        {said.showAnother(name)}
      </Button>
    </div>
  )
}

function Opens({ made, onAnother }: { made: Made; onAnother: () => void }) {
  const said = useWords(words)
  const channel = made.channel === 'telegram' ? 'telegram' : 'messenger'
  return (
    <>
      <Text>{said.scan(made.name)}</Text>
      <QrCode value={made.url} label={said.qr(made.name)} />
      <Anchor href={made.url} target="_blank" rel="noreferrer" size="sm">
        {made.url}
      </Anchor>
      <Text size="sm">{said.orCode(said.channels[channel])}</Text>
      <Text className={classes.code} data-code>
        {made.code}
      </Text>
      <Text size="sm" role="status">
        {said.waitingFor(made.name)}
      </Text>
      <Button size="xs" variant="default" onClick={onAnother}>
        {said.inviteAnother}
      </Button>
    </>
  )
}
