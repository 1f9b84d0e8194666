/** What rules can ask for here: by the bundles that are loaded, and by the templates that come of them. */
import { queryOptions } from '@tanstack/react-query'
import { api, ask } from './client'

export const bundlesOptions = queryOptions({
  queryKey: ['bundles'],
  queryFn: ({ signal }) => ask(api.GET('/bundles', { signal })),
})

export const templatesOptions = queryOptions({
  queryKey: ['rules', 'templates'],
  queryFn: ({ signal }) => ask(api.GET('/rules/templates', { signal })),
  staleTime: Number.POSITIVE_INFINITY,
})
