import { Button, PasswordInput, Stack, TextInput, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { api, ask } from '@/shared/api/client'
import { Failure } from '@/shared/ui/Failure'
import { tell } from '@/shared/ui/notify'
import { useWords } from '@/shared/words/language'
import { words } from './words'

const LEAST_CHARACTERS = 10

export function PasswordForm() {
  const said = useWords(words)
  const change = useMutation({
    mutationFn: (body: { password: string; new_password: string; code: string | null }) =>
      ask(api.PUT('/session/password', { body })),
    onSuccess: () => tell(said.changed),
  })
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const read = (name: string) => String(new FormData(form).get(name) ?? '')
    const body = { password: read('now'), new_password: read('next'), code: read('code').trim() || null }
    change.mutate(body, { onSuccess: () => form.reset() })
  }
  return (
    <form onSubmit={send}>
      <Stack gap="sm">
        <Title order={2} size="h4">
          {said.password}
        </Title>
        <PasswordInput name="now" label={said.now} autoComplete="current-password" required />
        <PasswordInput
          name="next"
          label={said.next}
          description={said.nextHint}
          autoComplete="new-password"
          minLength={LEAST_CHARACTERS}
          required
        />
        <TextInput name="code" label={said.code} description={said.codeHint} autoComplete="one-time-code" />
        {change.error && <Failure error={change.error} />}
        <Button type="submit" loading={change.isPending}>
          {said.change}
        </Button>
      </Stack>
    </form>
  )
}
