import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, ask, type View } from '@/shared/api/client'
import { camerasOptions } from '@/shared/api/names'

export type Camera = View<'CameraView'>
export type CameraDraft = View<'CameraDraft'>

const byId = (id: string) => ({ params: { path: { camera_id: id } } })

export const cameraOptions = (id: string) =>
  queryOptions({
    queryKey: ['cameras', 'one', id],
    queryFn: ({ signal }) => ask(api.GET('/cameras/{camera_id}', { ...byId(id), signal })),
  })

export const dayOptions = (id: string, date: string | undefined) =>
  queryOptions({
    queryKey: ['days', id, date ?? 'today'],
    queryFn: ({ signal }) =>
      ask(api.GET('/cameras/{camera_id}/day', { params: { path: { camera_id: id }, query: { date } }, signal })),
    refetchInterval: 60_000, // it is kept by the minute
  })

export const keptOptions = (id: string) =>
  queryOptions({
    queryKey: ['kept', id],
    queryFn: ({ signal }) => ask(api.GET('/cameras/{camera_id}/kept', { ...byId(id), signal })),
  })

export const retentionOptions = queryOptions({
  queryKey: ['retention'],
  queryFn: ({ signal }) => ask(api.GET('/retention', { signal })),
})

export const calibrationOptions = (id: string) =>
  queryOptions({
    queryKey: ['calibrations', id],
    queryFn: ({ signal }) => ask(api.GET('/cameras/{camera_id}/calibration', { ...byId(id), signal })),
  })

/** A camera as it is, to be sent back with what somebody changed: what it hides of its address stays. */
export function toDraft(camera: Camera): CameraDraft {
  const { name, site, source, enabled, speech, sensitivity, zones, masks } = camera
  return { name, site, source, enabled, speech, sensitivity, zones, masks, username: null, password: null }
}

export const NEW_CAMERA: CameraDraft = {
  name: '',
  site: '',
  source: '',
  username: null,
  password: null,
  enabled: true,
  speech: null,
  sensitivity: 0.5,
  zones: [],
  masks: [],
}

/** Sends a camera with what is changed of it, all other things as they are stored now. */
export function useChange(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (change: Partial<CameraDraft>) => {
      const stored = await ask(api.GET('/cameras/{camera_id}', byId(id)))
      return ask(api.PUT('/cameras/{camera_id}', { ...byId(id), body: { ...toDraft(stored), ...change } }))
    },
    onSuccess: (camera) => {
      client.setQueryData(cameraOptions(id).queryKey, camera)
      void client.invalidateQueries({ queryKey: camerasOptions.queryKey })
    },
  })
}

export function useAdd() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (draft: CameraDraft) => ask(api.POST('/cameras', { body: draft })),
    onSuccess: () => client.invalidateQueries({ queryKey: camerasOptions.queryKey }),
  })
}

export function useProbe() {
  return useMutation({ mutationFn: (body: View<'ProbeDraft'>) => ask(api.POST('/cameras/probe', { body })) })
}

export function useRemove() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => ask(api.DELETE('/cameras/{camera_id}', byId(id))),
    onSuccess: (_, id) => {
      client.removeQueries({ queryKey: cameraOptions(id).queryKey })
      return client.invalidateQueries({ queryKey: camerasOptions.queryKey, exact: true })
    },
  })
}

/** Shows the new order at once, and the stored one again where it was refused. */
export function useOrder() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (ids: string[]) => ask(api.PUT('/cameras/order', { body: { camera_ids: ids } })),
    onMutate: (ids) => {
      client.setQueryData<Camera[]>(camerasOptions.queryKey, (before) =>
        before?.map((camera) => ({ ...camera, position: ids.indexOf(camera.id) + 1 || null })),
      )
    },
    onSettled: () => client.invalidateQueries({ queryKey: camerasOptions.queryKey }),
  })
}

export function useAdapts(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (adapts: boolean) =>
      ask(api.PUT('/cameras/{camera_id}/calibration', { ...byId(id), body: { adapts } })),
    onSuccess: (calibration) => client.setQueryData(calibrationOptions(id).queryKey, calibration),
  })
}

/** Forgets what was answered to one alert, or all of it. */
export function useForget(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (alertId: string | undefined) =>
      ask(
        api.DELETE('/cameras/{camera_id}/calibration', {
          params: { path: { camera_id: id }, query: { alert_id: alertId } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: calibrationOptions(id).queryKey }),
  })
}
