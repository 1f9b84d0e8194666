import { Button, Group, Loader, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useSession } from '@/shared/session/session'
import { When } from '@/shared/time/When'
import { Failure } from '@/shared/ui/Failure'
import { useWords } from '@/shared/words/language'
import { type User, useDropFactor, useRemoveUser, usersOptions } from './queries'
import { SureButton } from './SureButton'
import classes from './system.module.css'
import { UserForm } from './UserForm'
import { words } from './words'

/** Who may sign in, and what they may do then. */
export function Users() {
  const said = useWords(words)
  const { data: users, error, refetch } = useQuery(usersOptions)
  const [adds, setAdds] = useState(false)
  return (
    <>
      {adds ? (
        <UserForm onDone={() => setAdds(false)} />
      ) : (
        <Button mb="md" onClick={() => setAdds(true)}>
          {said.addUser}
        </Button>
      )}
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {!users && !error && <Loader aria-hidden />}
      <ul className={classes.list} aria-label={said.tab.users}>
        {users?.map((user) => (
          <li key={user.id} data-user={user.id}>
            <UserRow user={user} />
          </li>
        ))}
      </ul>
    </>
  )
}

function UserRow({ user }: { user: User }) {
  const said = useWords(words)
  const [changes, setChanges] = useState(false)
  return (
    <>
      <div className={classes.row}>
        <div>
          <Text size="sm" fw={600}>
            {user.name}
          </Text>
          <Text size="sm">
            {said.role[user.role]}
            {user.site_ids !== null && ` · ${said.confined}`}
            {user.has_totp && ` · ${said.hasFactor}`}
            {!user.has_password && ` · ${said.noPassword}`}
          </Text>
          <Text size="xs" c="dimmed">
            {user.signed_in_at ? `${said.signedIn} ` : said.neverSignedIn}
            {user.signed_in_at && <When at={user.signed_in_at} />}
          </Text>
        </div>
        <UserActions user={user} isChanging={changes} onChange={() => setChanges(!changes)} />
      </div>
      {changes && <UserForm user={user} onDone={() => setChanges(false)} />}
    </>
  )
}

interface UserActionsProps {
  user: User
  isChanging: boolean
  onChange: () => void
}

function UserActions({ user, isChanging, onChange }: UserActionsProps) {
  const said = useWords(words)
  const { id: myself } = useSession()
  const remove = useRemoveUser()
  const drop = useDropFactor()
  return (
    <Group gap={6}>
      <Button size="xs" variant="default" aria-expanded={isChanging} onClick={onChange}>
        {said.change}
      </Button>
      {user.has_totp && (
        <SureButton
          label={said.dropFactor}
          sure={said.sureDropFactor(user.name)}
          isPending={drop.isPending}
          onSure={() => drop.mutate(user.id)}
        />
      )}
      {user.id !== myself && (
        <SureButton
          label={said.removeUser}
          sure={said.sureRemove(user.name)}
          isPending={remove.isPending}
          onSure={() => remove.mutate(user.id)}
        />
      )}
    </Group>
  )
}
