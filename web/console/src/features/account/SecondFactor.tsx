import { Button, Code, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { api, ask, type View } from '@/shared/api/client'
import { Failure } from '@/shared/ui/Failure'
import { QrCode } from '@/shared/ui/QrCode'
import { useWords } from '@/shared/words/language'
import { words } from './words'

function read(event: FormEvent<HTMLFormElement>, name: string): string {
  event.preventDefault()
  return String(new FormData(event.currentTarget).get(name) ?? '').trim()
}

/** An app that shows codes: begun with the password, confirmed with a code of it. */
export function SecondFactor() {
  const said = useWords(words)
  const begin = useMutation({
    mutationFn: (body: { password: string; code: string | null }) => ask(api.POST('/session/totp', { body })),
  })
  return (
    <Stack component="section" gap="sm">
      <Title order={2} size="h4">
        {said.factor}
      </Title>
      <Text size="sm">{said.factorWhy}</Text>
      {begin.data ? (
        <Confirm totp={begin.data} />
      ) : (
        <form
          onSubmit={(event) => begin.mutate({ password: read(event, 'password'), code: read(event, 'code') || null })}
        >
          <Stack gap="sm">
            <PasswordInput name="password" label={said.now} autoComplete="current-password" required />
            <TextInput name="code" label={said.code} description={said.codeHint} autoComplete="one-time-code" />
            {begin.error && <Failure error={begin.error} />}
            <Button type="submit" variant="default" loading={begin.isPending}>
              {said.begin}
            </Button>
          </Stack>
        </form>
      )}
    </Stack>
  )
}

function Confirm({ totp }: { totp: View<'TotpView'> }) {
  const said = useWords(words)
  const confirm = useMutation({
    mutationFn: (code: string) => ask(api.POST('/session/totp/confirm', { body: { code } })),
  })
  if (confirm.data) {
    return (
      <Stack gap="xs" role="status">
        <Text>{said.recovery}</Text>
        <Code block>{confirm.data.recovery_codes.join('\n')}</Code>
      </Stack>
    )
  }
  return (
    <form onSubmit={(event) => confirm.mutate(read(event, 'code'))}>
      <Stack gap="sm" align="flex-start">
        <Text>{said.scan}</Text>
        <QrCode value={totp.uri} label={said.qr} />
        <Code>{totp.secret}</Code>
        <TextInput name="code" label={said.code} autoComplete="one-time-code" inputMode="numeric" required />
        {confirm.error && <Failure error={confirm.error} />}
        <Button type="submit" loading={confirm.isPending}>
          {said.confirm}
        </Button>
      </Stack>
    </form>
  )
}
