import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, ask, type View } from '@/shared/api/client'
import { loadAll } from '@/shared/api/lists'
import { camerasOptions, rulesOptions } from '@/shared/api/names'
import { setupStepsOptions } from '@/shared/session/setupSteps'

export type Template = View<'RuleTemplateView'>
export type Invitation = View<'InvitationView'>
export type Source = Pick<View<'CameraDraft'>, 'source' | 'username' | 'password'>

export const invitationsOptions = queryOptions({
  queryKey: ['invitations'],
  queryFn: () => loadAll<Invitation>((after) => ask(api.GET('/invitations', { params: { query: { after } } }))),
})

export const trialOptions = (id: string) =>
  queryOptions({
    queryKey: ['deliveries', 'trial', id],
    queryFn: ({ signal }) => ask(api.GET('/alerts/{alert_id}', { params: { path: { alert_id: id } }, signal })),
  })

/** Reads anew how far the set-up is, and what one of its steps has changed. */
function useGoOn(changed?: readonly string[]) {
  const client = useQueryClient()
  return () => {
    if (changed) void client.invalidateQueries({ queryKey: changed, exact: true })
    return client.invalidateQueries({ queryKey: setupStepsOptions.queryKey })
  }
}

export function useProbe() {
  return useMutation({ mutationFn: (body: Source) => ask(api.POST('/cameras/probe', { body })) })
}

export function useAddCamera() {
  return useMutation({
    mutationFn: (camera: Source & { name: string }) => ask(api.POST('/cameras', { body: { ...PLAIN, ...camera } })),
    onSuccess: useGoOn(camerasOptions.queryKey),
  })
}

const PLAIN = { site: '', enabled: true, sensitivity: 0.5, zones: [], masks: [] }

export function useAddRule() {
  return useMutation({
    mutationFn: (body: View<'RuleDraft'>) => ask(api.POST('/rules', { body })),
    onSuccess: useGoOn(rulesOptions.queryKey),
  })
}

export function useInvite() {
  return useMutation({
    mutationFn: (invited: Pick<View<'InvitationDraft'>, 'name' | 'channel' | 'language'>) =>
      ask(api.POST('/invitations', { body: { ...invited, expires_in_s: 7 * 24 * 3600 } })),
    onSuccess: useGoOn(invitationsOptions.queryKey),
  })
}

/** An invitation shows what opens it once: for whoever has lost that, it goes, and another is made. */
export function useWithdraw() {
  return useMutation({
    mutationFn: (id: string) =>
      ask(api.DELETE('/invitations/{invitation_id}', { params: { path: { invitation_id: id } } })),
    onSuccess: useGoOn(invitationsOptions.queryKey),
  })
}

export function useSendTrial() {
  return useMutation({ mutationFn: () => ask(api.POST('/alerts/test', { body: { recipient_ids: null } })) })
}
