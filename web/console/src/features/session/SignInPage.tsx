import { Button, Divider, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { api, ask } from '@/shared/api/client'
import { ApiProblem } from '@/shared/api/problem'
import { sessionOptions, setupOptions } from '@/shared/session/session'
import { Failure } from '@/shared/ui/Failure'
import { useWords } from '@/shared/words/language'
import { Entrance } from './Entrance'
import { words } from './words'

const route = getRouteApi('/sign-in')

export function SignInPage() {
  const said = useWords(words)
  const { next = '/console/' } = route.useSearch()
  const { data: setup } = useQuery(setupOptions)
  const { signIn, asksForCode, error } = useSignIn(next)
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const send = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate({ name, password, ...(asksForCode && { code }) })
  }
  return (
    <Entrance title={said.signIn}>
      <form onSubmit={send}>
        <Stack>
          <TextInput label={said.name} autoComplete="username" required value={name} onChange={write(setName)} />
          <PasswordInput
            label={said.password}
            autoComplete="current-password"
            required
            value={password}
            onChange={write(setPassword)}
          />
          {asksForCode && (
            <TextInput
              label={said.code}
              autoComplete="one-time-code"
              required
              data-autofocus
              value={code}
              onChange={write(setCode)}
            />
          )}
          {error && <Failure error={error} />}
          <Button type="submit" loading={signIn.isPending}>
            {said.signIn}
          </Button>
          {setup?.has_oidc && (
            <>
              <Divider />
              <Button component="a" variant="default" href={`/session/oidc?next=${encodeURIComponent(next)}`}>
                {said.elsewhere}
              </Button>
            </>
          )}
        </Stack>
      </form>
    </Entrance>
  )
}

function write(set: (value: string) => void) {
  return (event: { currentTarget: { value: string } }) => set(event.currentTarget.value)
}

interface Given {
  name: string
  password: string
  code?: string
}

function useSignIn(next: string) {
  const client = useQueryClient()
  const router = useRouter()
  const [asksForCode, setAsksForCode] = useState(false)
  const signIn = useMutation({
    mutationFn: (body: Given) => ask(api.POST('/session', { body })),
    onSuccess: (principal) => {
      client.setQueryData(sessionOptions.queryKey, principal)
      router.history.push(next)
    },
    onError: (error) => {
      if (error instanceof ApiProblem && error.kind === 'code-needed') setAsksForCode(true)
    },
  })
  const isCodeNeeded = signIn.error instanceof ApiProblem && signIn.error.kind === 'code-needed'
  return { signIn, asksForCode, error: isCodeNeeded ? null : signIn.error }
}
