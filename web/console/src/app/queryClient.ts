import { QueryClient } from '@tanstack/react-query'
import { isWorthAnotherTry } from '@/shared/api/problem'

const TRIES = 2

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < TRIES && isWorthAnotherTry(error),
      staleTime: 30_000,
      refetchOnWindowFocus: false, // the feed tells what changes
    },
  },
})
