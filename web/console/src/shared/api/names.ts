/** What the service calls its cameras, rules and sites: for pages that only have their ids. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, ask, type View } from './client'
import { loadAll } from './lists'

const MOST = 200

export const camerasOptions = queryOptions({
  queryKey: ['cameras'],
  queryFn: () =>
    loadAll<View<'CameraView'>>((after) => ask(api.GET('/cameras', { params: { query: { after, limit: MOST } } }))),
})

export const rulesOptions = queryOptions({
  queryKey: ['rules'],
  queryFn: () =>
    loadAll<View<'RuleView'>>((after) => ask(api.GET('/rules', { params: { query: { after, limit: MOST } } }))),
})

export const recipientsOptions = queryOptions({
  queryKey: ['recipients'],
  queryFn: () =>
    loadAll<View<'RecipientView'>>((after) =>
      ask(api.GET('/recipients', { params: { query: { after, limit: MOST } } })),
    ),
})

/** The name of a camera by its id; undefined while unknown, or where it is gone. */
export function useCameraName(id: string | null | undefined): string | undefined {
  const { data } = useQuery({ ...camerasOptions, enabled: Boolean(id) })
  return data?.find((camera) => camera.id === id)?.name
}

export function useRuleName(id: string | null | undefined): string | undefined {
  const { data } = useQuery({ ...rulesOptions, enabled: Boolean(id) })
  return data?.find((rule) => rule.id === id)?.name
}
