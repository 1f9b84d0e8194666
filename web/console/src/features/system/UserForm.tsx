import { Button, Group, NativeSelect, PasswordInput, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import type { View } from '@/shared/api/client'
import { ApiProblem } from '@/shared/api/problem'
import { Failure } from '@/shared/ui/Failure'
import { common } from '@/shared/words/common'
import { useWords } from '@/shared/words/language'
import { type User, useSaveUser } from './queries'
import classes from './system.module.css'
import { words } from './words'

const LEAST_CHARACTERS = 10
const ROLES = ['viewer', 'operator', 'administrator'] as const

/** A new user, or what is to be another way with one. */
export function UserForm({ user, onDone }: { user?: User; onDone: () => void }) {
  const said = useWords(words)
  const shared = useWords(common)
  const save = useSaveUser(user?.id)
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const read = (name: string) => String(given.get(name) ?? '')
    const role = read('role') as View<'Role'>
    const body = { name: read('name'), role, site_ids: user?.site_ids ?? null, password: read('password') || null }
    save.mutate(body, { onSuccess: onDone })
  }
  const find = (field: string) => (save.error instanceof ApiProblem ? save.error.findFieldError(field) : undefined)
  const isSaid = find('name') !== undefined || find('password') !== undefined
  return (
    <form className={classes.form} onSubmit={send}>
      <TextInput
        name="name"
        label={said.userName}
        defaultValue={user?.name}
        autoComplete="off"
        required
        maxLength={120}
        error={find('name')}
      />
      <NativeSelect
        name="role"
        label={said.roleLabel}
        description={said.roleHint}
        defaultValue={user?.role ?? 'operator'}
        data={ROLES.map((each) => ({ value: each, label: said.role[each] }))}
      />
      <PasswordInput
        name="password"
        label={user ? said.newPassword : said.firstPassword}
        description={user ? said.newPasswordHint : said.firstPasswordHint}
        autoComplete="new-password"
        minLength={LEAST_CHARACTERS}
        required={!user}
        error={find('password')}
      />
      {save.isError && !isSaid && <Failure error={save.error} />}
      <Group gap="sm">
        <Button type="submit" loading={save.isPending}>
          {shared.save}
        </Button>
        <Button variant="default" onClick={onDone}>
          {shared.cancel}
        </Button>
      </Group>
    </form>
  )
}
