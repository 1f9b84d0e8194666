import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { api, ask } from '@/shared/api/client'
import { sessionOptions, setupOptions } from '@/shared/session/session'
import { Failure } from '@/shared/ui/Failure'
import { useWords } from '@/shared/words/language'
import { Entrance } from './Entrance'
import { words } from './words'

const LEAST_CHARACTERS = 10

/** The first administrator, by the code that the service printed at its start. */
export function SetUpPage() {
  const said = useWords(words)
  const setUp = useSetUp()
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const read = (name: string) => String(given.get(name) ?? '')
    setUp.mutate({ code: read('code').trim(), name: read('name'), password: read('password') })
  }
  return (
    <Entrance title={said.setUp}>
      <form onSubmit={send}>
        <Stack>
          <Text>{said.setUpWhy}</Text>
          <TextInput
            name="code"
            label={said.setupCode}
            description={said.setupCodeHint}
            autoComplete="off"
            autoCapitalize="characters"
            required
          />
          <TextInput name="name" label={said.name} autoComplete="username" required maxLength={120} />
          <PasswordInput
            name="password"
            label={said.password}
            description={said.passwordHint}
            autoComplete="new-password"
            minLength={LEAST_CHARACTERS}
            required
          />
          {setUp.error && <Failure error={setUp.error} />}
          <Button type="submit" loading={setUp.isPending}>
            {said.make}
          </Button>
        </Stack>
      </form>
    </Entrance>
  )
}

interface Given {
  code: string
  name: string
  password: string
}

/** Makes the administrator and signs them in, since they have just typed all of that. */
function useSetUp() {
  const client = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: async (body: Given) => {
      await ask(api.POST('/setup', { body }))
      return ask(api.POST('/session', { body: { name: body.name, password: body.password } }))
    },
    onSuccess: async (principal) => {
      client.removeQueries({ queryKey: setupOptions.queryKey })
      client.setQueryData(sessionOptions.queryKey, principal)
      await navigate({ to: '/start' })
    },
  })
}
