import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, ask, type View } from '@/shared/api/client'
import { loadAll } from '@/shared/api/lists'
import { recipientsOptions } from '@/shared/api/names'
import { tell, useTellError } from '@/shared/ui/notify'
import { useWords } from '@/shared/words/language'
import { type Recipient, type RecipientDraft, toDraft } from './chains'
import { words } from './words'

export type Invitation = View<'InvitationView'>
export type MadeInvitation = View<'MadeInvitationView'>

const MOST_TOLD = 20
const INVITATIONS = ['invitations'] as const
const ASKED_AGAIN_MS = 4000

export const recipientOptions = (id: string) =>
  queryOptions({
    queryKey: ['recipients', 'one', id],
    queryFn: ({ signal }) =>
      ask(api.GET('/recipients/{recipient_id}', { params: { path: { recipient_id: id } }, signal })),
  })

/** The newest alerts that somebody was told; news of deliveries moves it. */
export const toldOptions = (id: string) =>
  queryOptions({
    queryKey: ['deliveries', 'told', id],
    queryFn: ({ signal }) => {
      const params = { path: { recipient_id: id }, query: { limit: MOST_TOLD } }
      return ask(api.GET('/recipients/{recipient_id}/deliveries', { params, signal }))
    },
  })

/** A test alert and what became of it; news of deliveries moves it. */
export const testAlertOptions = (id: string) =>
  queryOptions({
    queryKey: ['deliveries', 'test', id],
    queryFn: ({ signal }) => ask(api.GET('/alerts/{alert_id}', { params: { path: { alert_id: id } }, signal })),
  })

/** There is no news of invitations: as long as one is looked at, it is asked for again. */
export const invitationsOptions = queryOptions({
  queryKey: INVITATIONS,
  queryFn: () => loadAll<Invitation>((after) => ask(api.GET('/invitations', { params: { query: { after } } }))),
  refetchInterval: ASKED_AGAIN_MS,
})

export function useSaveRecipient(id: string | undefined) {
  const said = useWords(words)
  const client = useQueryClient()
  return useMutation({
    mutationFn: (draft: RecipientDraft) =>
      id === undefined
        ? ask(api.POST('/recipients', { body: draft }))
        : ask(api.PUT('/recipients/{recipient_id}', { params: { path: { recipient_id: id } }, body: draft })),
    onSuccess: () => {
      tell(said.saved)
      return client.invalidateQueries({ queryKey: recipientsOptions.queryKey })
    },
  })
}

export function useSwitchRecipient(recipient: Recipient) {
  const client = useQueryClient()
  const onError = useTellError()
  return useMutation({
    mutationFn: (enabled: boolean) => {
      const body = { ...toDraft(recipient), enabled }
      return ask(api.PUT('/recipients/{recipient_id}', { params: { path: { recipient_id: recipient.id } }, body }))
    },
    onSuccess: () => client.invalidateQueries({ queryKey: recipientsOptions.queryKey }),
    onError,
  })
}

export function useDeleteRecipient(id: string) {
  const said = useWords(words)
  const client = useQueryClient()
  const onError = useTellError()
  return useMutation({
    mutationFn: () => ask(api.DELETE('/recipients/{recipient_id}', { params: { path: { recipient_id: id } } })),
    onSuccess: () => {
      tell(said.deleted)
      client.removeQueries({ queryKey: recipientOptions(id).queryKey })
      void client.invalidateQueries({ queryKey: recipientsOptions.queryKey, exact: true })
    },
    onError,
  })
}

export function useTestAlert() {
  const onError = useTellError()
  return useMutation({
    mutationFn: (recipientId: string) => ask(api.POST('/alerts/test', { body: { recipient_ids: [recipientId] } })),
    onError,
  })
}

export function useInvite() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: View<'InvitationDraft'>) => ask(api.POST('/invitations', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: INVITATIONS }),
  })
}

export function useWithdraw() {
  const client = useQueryClient()
  const onError = useTellError()
  return useMutation({
    mutationFn: (id: string) =>
      ask(api.DELETE('/invitations/{invitation_id}', { params: { path: { invitation_id: id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: INVITATIONS }),
    onError,
  })
}
