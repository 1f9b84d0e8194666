/** Who is signed in here, and what they may do. The server decides; the page only does not offer what it refuses. */
import { queryOptions, useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { api, ask, type View } from '@/shared/api/client'

export type Principal = View<'PrincipalView'>
export type Scope = Principal['scopes'][number]

export const sessionOptions = queryOptions({
  queryKey: ['session'],
  queryFn: async (): Promise<Principal | null> => {
    // Asked for without `ask`: that nobody is signed in is an answer here.
    const { data, response } = await api.GET('/session')
    if (response.status === 401) return null
    return data ?? ask(Promise.resolve({ response }))
  },
  staleTime: Number.POSITIVE_INFINITY,
})

export const setupOptions = queryOptions({
  queryKey: ['setup'],
  queryFn: () => ask(api.GET('/setup')),
  staleTime: 10_000,
})

/** Below the shell, where somebody is signed in. */
export function useSession(): Principal {
  const { data } = useSuspenseQuery(sessionOptions)
  if (data === null) throw new Error('Nobody is signed in.')
  return data
}

/** Whether whoever is signed in may do this: `useMay('operate')`. */
export function useMay(scope: Scope): boolean {
  const { data } = useQuery(sessionOptions)
  return data?.scopes.includes(scope) ?? false
}
